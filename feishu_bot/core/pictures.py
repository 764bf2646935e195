"""Pictures that people send, as a model can see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in the form that models take; `width` and `height` in pixels."""

    data: bytes
    media_type: str
    width: int
    height: int


class PictureReader(Protocol):
    """Turns files into pictures."""

    def picture(self, data: bytes) -> Picture:
        """The picture, upright and small enough for a model. Raises MediaError."""

    def pages(self, data: bytes, *, first: int, most: int) -> tuple[Picture, ...]:
        """Pages of a PDF as they look, `most` of them from `first` on. Raises MediaError."""
