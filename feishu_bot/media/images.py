"""Pictures as a model takes them: upright, not too large, JPEG or PNG; by Pillow."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from feishu_bot.core.pictures import Picture
from feishu_bot.errors import MediaError

if TYPE_CHECKING:
    from PIL.Image import Image as OpenPicture

# The longest side, in pixels: models scale larger ones down themselves, and count what was sent.
MAX_SIDE = 2048
# So many pixels have room in the reading process: each takes 4 bytes while a picture is open. A
# JPEG is opened at a fraction of its size, unless it is progressive: then all of it is kept, as
# numbers of 2 bytes. WebP is unpacked before it is opened.
MAX_PIXELS = 60_000_000
MAX_PIXELS_OF: Mapping[str, int] = {"JPEG": MAX_PIXELS, "WEBP": 10_000_000}
MAX_PIXELS_PROGRESSIVE = 24_000_000
MAX_PIXELS_OTHERS = 24_000_000
# Tried one after the other until the picture has no more than MOST_BYTES; noise compresses badly,
# and a service takes only so much in one request.
JPEG_QUALITIES = (85, 70, 50)
MOST_BYTES = 1_500_000
# The formats that are opened: with few exceptions the others are rare, and their code is old.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "ICO")


def prepare_picture(data: bytes, *, max_side: int = MAX_SIDE) -> Picture:
    """The first frame, turned as its camera was held, its longest side at most `max_side`.

    What it is decides its bytes, not its name. Transparent pictures stay PNG unless that is large,
    all others become JPEG; what says where and by whom it was taken is left out. Raises MediaError.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            # Up to twice as many pixels it would only warn.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
        with opened:
            if opened.width * opened.height > _most_pixels(opened):
                raise MediaError("media_too_large", "pixels")
            # JPEG is decoded at a fraction of its size where that is enough.
            opened.draft("RGB", (max_side, max_side))
            # Made smaller first: turned at its full size it would be in memory twice.
            opened.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
            picture = ImageOps.exif_transpose(opened)
            is_transparent = picture.has_transparency_data
            picture = picture.convert("RGBA" if is_transparent else "RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise MediaError("media_too_large", "pixels") from exc
    except UnidentifiedImageError as exc:
        raise MediaError("media_unsupported", "picture") from exc
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError) as exc:
        raise MediaError("media_broken", "picture") from exc
    kind, written = _written(picture)
    return Picture(
        data=written,
        media_type=f"image/{kind.lower()}",
        width=picture.width,
        height=picture.height,
    )


def _most_pixels(opened: OpenPicture) -> int:
    if opened.info.get("progressive"):
        return MAX_PIXELS_PROGRESSIVE
    return MAX_PIXELS_OF.get(opened.format or "", MAX_PIXELS_OTHERS)


def _written(picture: OpenPicture) -> tuple[str, bytes]:
    """The format of a picture, and its bytes."""
    from PIL import Image

    buffer = io.BytesIO()
    if picture.mode == "RGBA":
        picture.save(buffer, "PNG", optimize=True)
        if buffer.tell() <= MOST_BYTES:
            return "PNG", buffer.getvalue()
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    for quality in JPEG_QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= MOST_BYTES:
            break
    return "JPEG", buffer.getvalue()
