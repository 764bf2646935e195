"""Word documents (.docx), in the order in which they are read, by python-docx."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from feishu_bot.errors import MediaError
from feishu_bot.media.documents.pages import Pages, flow_pages
from feishu_bot.media.documents.tables import markdown_table

if TYPE_CHECKING:
    from docx.blkcntnr import BlockItemContainer
    from docx.document import Document

_HEADING = re.compile(r"(?:Heading|标题) ?(\d)", re.IGNORECASE)
# Tables in tables in tables: nobody writes them so deep by hand.
_DEEPEST = 4


def read_word(data: bytes) -> Pages:
    """Headings, paragraphs, lists and tables as Markdown, cut into parts. Raises MediaError."""
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    try:
        document = docx.Document(io.BytesIO(data))
        return flow_pages("\n\n".join(_blocks(document, 0, {})))
    except (OpcError, LxmlError, zipfile.BadZipFile, ValueError, KeyError, AttributeError) as exc:
        raise MediaError("media_broken", "Word") from exc


def _blocks(
    container: BlockItemContainer | Document, depth: int, styles: dict[str | None, str]
) -> Iterator[str]:
    """`styles` has the names of those that were met, by their ids: looking one up is slow."""
    from docx.table import Table

    for block in container.iter_inner_content():
        if isinstance(block, Table):
            if depth < _DEEPEST:
                yield markdown_table(
                    ["\n".join(_blocks(cell, depth + 1, styles)) for cell in row.cells]
                    for row in block.rows
                )
        elif text := block.text.strip():
            style = block._p.style  # noqa: SLF001 (the id alone has no public name)
            if style not in styles:
                styles[style] = (block.style and block.style.name) or ""
            yield _marked(text, styles[style])


def _marked(text: str, style: str) -> str:
    heading = _HEADING.match(style)
    if heading:
        return f"{'#' * min(int(heading[1]) or 1, 6)} {text}"
    if style == "Title":
        return f"# {text}"
    return f"- {text}" if style.startswith(("List", "列表")) else text
