"""Pictures that people send, as a model can see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

# OpenAI, "Images and vision", calculating costs: a picture is scaled to fit into the first square,
# then its shorter side to the second, and counted in tiles. Other makers' figures are alike.
_SQUARE = 2048
_SHORT_SIDE = 768
_TILE = 512
_TOKENS = 85
_TOKENS_PER_TILE = 170


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in the form that models take; `width` and `height` in pixels."""

    data: bytes
    media_type: str
    width: int
    height: int

    @property
    def tokens(self) -> int:
        """What the picture costs a model, estimated by its size."""
        return picture_tokens(self.width, self.height)


def picture_tokens(width: int, height: int) -> int:
    """Tokens of a picture of so many pixels."""
    scale = min(1.0, _SQUARE / max(width, height, 1))
    scale = min(scale, _SHORT_SIDE / max(min(width, height), 1))
    tiles = math.ceil(width * scale / _TILE) * math.ceil(height * scale / _TILE)
    return _TOKENS + _TOKENS_PER_TILE * tiles


# Pixels of the longest side of a page: small print stays readable.
PAGE_SIDE: Final = 1568
# A page costs about as much as one of A4.
PAGE_TOKENS: Final = picture_tokens(PAGE_SIDE * 210 // 297, PAGE_SIDE)


class PictureReader(Protocol):
    """Turns files into pictures."""

    def picture(self, data: bytes) -> Picture:
        """The picture, upright and small enough for a model. Raises MediaError."""

    def pages(self, data: bytes, numbers: Sequence[int]) -> tuple[Picture, ...]:
        """Pages of a PDF as they look, by their numbers from 1 on, each longest side PAGE_SIDE.

        Numbers that it doesn't have are left out. Raises MediaError.
        """
