"""PowerPoint presentations (.pptx), slide by slide with the speaker's notes, by python-pptx."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from feishu_bot.errors import MediaError
from feishu_bot.media.documents.pages import Pages
from feishu_bot.media.documents.tables import markdown_table

_DEEPEST = 8


def read_slides(data: bytes) -> Pages:
    """The words of each slide, its notes behind them. Raises MediaError."""
    from lxml.etree import LxmlError
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    broken = (PythonPptxError, LxmlError, zipfile.BadZipFile, ValueError, KeyError, AttributeError)
    try:
        slides = list(Presentation(io.BytesIO(data)).slides)
    except broken as exc:
        raise MediaError("media_broken", "PowerPoint") from exc

    def read(number: int) -> tuple[str, str]:
        slide = slides[number - 1]
        try:
            lines = list(_words(slide.shapes, 0))
            if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame):
                lines += [f"> {line}" for line in frame.text.splitlines() if line.strip()]
        except broken:
            # One broken slide shall not hide the others.
            return "", ""
        return "", "\n".join(lines)

    return Pages("slide", len(slides), read)


def _words(shapes: Iterable[Any], depth: int) -> Iterator[str]:
    for shape in shapes:
        if shape.has_text_frame:
            yield from filter(None, (line.strip() for line in shape.text_frame.text.splitlines()))
        elif getattr(shape, "has_table", False):
            rows = shape.table.rows
            yield markdown_table([cell.text for cell in row.cells] for row in rows)
        elif hasattr(shape, "shapes") and depth < _DEEPEST:
            yield from _words(shape.shapes, depth + 1)
