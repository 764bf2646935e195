"""PNG files for the documents, small enough to look at over a slow line."""

from __future__ import annotations

import io
from collections import Counter

from PIL import Image

MOST_BYTES = 150_000
# The fewest that still look right; a page in few colours, such as a terminal's, starts lower.
PALETTES = (256, 128, 64, 48, 32)


def small_png(drawn: bytes, *, colours: int = PALETTES[0]) -> bytes:
    """The picture with a palette, of as many colours as the size allows."""
    picture = Image.open(io.BytesIO(drawn)).convert("RGB")
    found = drawn
    for most in (one for one in (colours, *PALETTES) if one <= colours):
        out = io.BytesIO()
        reduced = picture.quantize(most, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        _put_true_colours(reduced, picture)
        reduced.save(out, "PNG", optimize=True)
        found = out.getvalue()
        if len(found) <= MOST_BYTES:
            break
    return found


def _put_true_colours(reduced: Image.Image, picture: Image.Image) -> None:
    """Give each colour of the palette the one that it stands for most often.

    The palette has means: a grey background beside much that is coloured would become a tint.
    """
    pairs = Counter(zip(reduced.getdata(), picture.getdata(), strict=True))
    # The most frequent last, so that it stays.
    true = {index: colour for (index, colour), _ in reversed(pairs.most_common())}
    reduced.putpalette(
        [part for index in range(max(true) + 1) for part in true.get(index, (0,) * 3)]
    )
