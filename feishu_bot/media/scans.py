"""Pages of a PDF as pictures, for those without text; by pypdfium2."""

from __future__ import annotations

import io
from typing import Any

from feishu_bot.core.pictures import Picture
from feishu_bot.errors import MediaError
from feishu_bot.media.images import prepare_picture

# Pixels of the longest side: small print stays readable, a page costs a model about 1,500 tokens.
PAGE_SIDE = 1568


def page_pictures(data: bytes, *, first: int, most: int) -> tuple[Picture, ...]:
    """The pages from `first` (1 is the first) on, `most` of them. Raises MediaError."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        locked = getattr(exc, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
        raise MediaError("media_locked" if locked else "media_broken", "PDF") from exc
    numbers = range(max(first, 1) - 1, min(max(first, 1) - 1 + most, len(document)))
    if not numbers:
        raise MediaError("media_empty")
    try:
        return tuple(_picture(document[number]) for number in numbers)
    except pypdfium2.PdfiumError as exc:
        raise MediaError("media_broken", "PDF") from exc


def _picture(page: Any) -> Picture:
    width, height = page.get_size()
    scale = PAGE_SIDE / max(width, height, 1.0)
    image = page.render(scale=scale, may_draw_forms=False).to_pil()
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "BMP")
    return prepare_picture(buffer.getvalue(), max_side=PAGE_SIDE)
