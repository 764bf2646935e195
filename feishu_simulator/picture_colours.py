"""The names of the main colours of a picture."""

from __future__ import annotations

import colorsys
import hashlib
from collections import Counter

from feishu_simulator import jpeg_blocks, png_pixels
from feishu_simulator.png_pixels import Colour

# A colour of a smaller share of the picture isn't named.
SHARE = 0.1
MOST = 3
NAMES: dict[str, tuple[str, Colour]] = {
    "black": ("黑色", (0, 0, 0)),
    "white": ("白色", (255, 255, 255)),
    "grey": ("灰色", (128, 128, 128)),
    "red": ("红色", (220, 40, 40)),
    "orange": ("橙色", (250, 150, 40)),
    "yellow": ("黄色", (250, 220, 60)),
    "green": ("绿色", (50, 170, 80)),
    "cyan": ("青色", (60, 200, 210)),
    "blue": ("蓝色", (50, 110, 250)),
    "purple": ("紫色", (140, 70, 200)),
    "pink": ("粉色", (250, 150, 190)),
    "brown": ("棕色", (130, 80, 40)),
}
# Where the hues end, in degrees.
_HUES = (
    (15, "red"), (45, "orange"), (70, "yellow"), (165, "green"), (195, "cyan"), (255, "blue"),
    (300, "purple"), (345, "pink"), (361, "red"),
)  # fmt: skip


# A conversation sends its pictures again with each question, and reading them takes a while.
_known: dict[bytes, list[str]] = {}
_MOST_KNOWN = 200


def main_colours(data: bytes) -> list[str]:
    """Up to three of `NAMES`, the main one first; none of a picture that isn't understood."""
    digest = hashlib.sha256(data).digest()
    if digest not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[digest] = _main_colours(data)
    return list(_known[digest])


def _main_colours(data: bytes) -> list[str]:
    try:
        if data.startswith(b"\x89PNG"):
            found = png_pixels.pixels(data)
        elif data.startswith(b"\xff\xd8"):
            found = jpeg_blocks.colours(data)
        else:
            return []
    except ValueError:
        return []
    counts = Counter(map(name_of, found))
    return [name for name, count in counts.most_common(MOST) if count >= SHARE * len(found)]


def name_of(colour: Colour) -> str:
    """The name of a colour, in English."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    if value < 0.16:
        return "black"
    if saturation < 0.13:
        return "white" if value > 0.85 else "grey"
    name = next(name for end, name in _HUES if hue * 360 < end)
    if name == "orange" and value < 0.65:
        return "brown"
    return "pink" if name == "red" and saturation < 0.5 and value > 0.8 else name
