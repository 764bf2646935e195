"""PDF, page by page, by pypdf."""

from __future__ import annotations

import io
import logging

from feishu_bot.errors import MediaError
from feishu_bot.media.documents.pages import Pages


def read_pdf(data: bytes) -> Pages:
    """The text of each page; a scanned page has none. Raises MediaError."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    # It warns of every oddity of a file, and reads it all the same.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        # Many files are protected against changes only, with an empty password for readers.
        if reader.is_encrypted and not reader.decrypt(""):
            raise MediaError("media_locked")
        total = len(reader.pages)
    except DependencyError as exc:
        raise MediaError("media_locked") from exc
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise MediaError("media_broken", "PDF") from exc

    broken = (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        NotImplementedError,
    )

    def read(number: int) -> tuple[str, str]:
        try:
            return "", reader.pages[number - 1].extract_text()
        except broken:
            # One broken page shall not hide the others.
            return "", ""

    def is_drawn(number: int) -> bool:
        try:
            content = reader.pages[number - 1].get_contents()
            return content is not None and bool(content.get_data().strip())
        except broken:
            return False

    return Pages("page", total, read, is_drawn)
