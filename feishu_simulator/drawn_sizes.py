"""The sizes in which each family of picture models draws, and what is refused of others."""

from __future__ import annotations

import re
from collections.abc import Callable

Size = tuple[int, int]

_SIZE = re.compile(r"(\d{2,5})x(\d{2,5})")
_NAMED = {"1K": 1024, "2K": 2048, "4K": 4096}
_FIXED = frozenset({(1024, 1024), (1536, 1024), (1024, 1536)})
_DALL_E = frozenset({(1024, 1024), (1792, 1024), (1024, 1792)})
# Volcengine, "Image generation": 2560 × 1440 pixels at least, from 4.5 on.
_LEAST_SEEDREAM = 3_686_400
# "Create image", gpt-image-2 and later.
_STEP, _LONGEST, _MOST_PIXELS, _RATIO = 16, 3_840, 3_840 * 2_160, 3


def drawn_size(model: str, size: str) -> Size | None:
    """The pixels of a size by its word; None where the model refuses it.

    `size` is empty or "auto" for the model's own choice.
    """
    own, takes = next(
        ((own, takes) for family, own, takes in _FAMILIES if family.search(model)), _OTHER
    )
    if size in ("", "auto"):
        return own
    if takes is _is_seedream and size in _NAMED:
        return _NAMED[size], _NAMED[size]
    found = _SIZE.fullmatch(size)
    wanted = (int(found[1]), int(found[2])) if found else (0, 0)
    return wanted if takes(wanted) else None


def _is_free(size: Size) -> bool:
    longest, shortest = max(size), min(size)
    fits = 0 < longest <= _LONGEST and size[0] * size[1] <= _MOST_PIXELS
    return fits and longest <= _RATIO * shortest and not any(side % _STEP for side in size)


def _is_seedream(size: Size) -> bool:
    return size[0] * size[1] >= _LEAST_SEEDREAM and max(size) <= 4_096


def _is_any(size: Size) -> bool:
    return 0 < max(size) <= 4_096


_FAMILIES: tuple[tuple[re.Pattern[str], Size, Callable[[Size], bool]], ...] = (
    (re.compile(r"gpt-image-1"), (1024, 1024), _FIXED.__contains__),
    (re.compile(r"gpt-image"), (1024, 1024), _is_free),
    (re.compile(r"dall-e-3"), (1024, 1024), _DALL_E.__contains__),
    (re.compile(r"seedream"), (2048, 2048), _is_seedream),
)
_OTHER: tuple[Size, Callable[[Size], bool]] = (1024, 1024), _is_any
