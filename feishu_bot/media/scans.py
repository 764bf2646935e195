"""Pages of a PDF as pictures, for those without text; by pypdfium2."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from feishu_bot.core.pictures import PAGE_SIDE, Picture
from feishu_bot.errors import MediaError
from feishu_bot.media.images import prepare_picture


def page_pictures(data: bytes, numbers: Sequence[int]) -> tuple[Picture, ...]:
    """The pages with these numbers, from 1 on. Raises MediaError."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        locked = getattr(exc, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
        raise MediaError("media_locked" if locked else "media_broken", "PDF") from exc
    there = [number for number in numbers if 1 <= number <= len(document)]
    if not there:
        raise MediaError("media_empty")
    try:
        return tuple(_picture(document[number - 1]) for number in there)
    except pypdfium2.PdfiumError as exc:
        raise MediaError("media_broken", "PDF") from exc


def _picture(page: Any) -> Picture:
    width, height = page.get_size()
    scale = PAGE_SIDE / max(width, height, 1.0)
    image = page.render(scale=scale, may_draw_forms=False).to_pil()
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "BMP")
    return prepare_picture(buffer.getvalue(), max_side=PAGE_SIDE)
