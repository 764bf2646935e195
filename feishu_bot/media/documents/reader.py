"""Any document as text: its format, its reader, and the parts that have room."""

from __future__ import annotations

from feishu_bot.core.documents import Document
from feishu_bot.media.documents.encodings import decode
from feishu_bot.media.documents.formats import format_of
from feishu_bot.media.documents.pages import Pages, flow_pages, take


def read_document(name: str, data: bytes, *, chars: int, first: int = 1) -> Document:
    """See `core.documents.DocumentReader`; to be called inside the reading process only."""
    return take(_pages(name, data), chars=chars, first=first)


def _pages(name: str, data: bytes) -> Pages:
    match format_of(name, data):
        case "pdf":
            from feishu_bot.media.documents.pdf import read_pdf

            return read_pdf(data)
        case "docx":
            from feishu_bot.media.documents.word import read_word

            return read_word(data)
        case "pptx":
            from feishu_bot.media.documents.slides import read_slides

            return read_slides(data)
        case "sheet":
            from feishu_bot.media.documents.sheets import read_sheets

            return read_sheets(data)
        case "html":
            from feishu_bot.media.documents.web_pages import read_html

            return read_html(data)
        case "text":
            return flow_pages(decode(data))
