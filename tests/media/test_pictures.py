"""Pictures become small, upright JPEGs or PNGs, whatever they say they are."""

from __future__ import annotations

import contextlib
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from feishu_bot.errors import MediaError
from feishu_bot.media.images import MAX_SIDE, MOST_BYTES, prepare_picture
from feishu_bot.media.scans import page_pictures
from tests.media import files


def refusal(data: bytes) -> str:
    with pytest.raises(MediaError) as caught:
        prepare_picture(data)
    return caught.value.kind


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_usual_format_becomes_a_jpeg_of_its_size(kind: str) -> None:
    made = prepare_picture(files.picture(40, 30, kind=kind))
    assert (made.media_type, made.width, made.height) == ("image/jpeg", 40, 30)
    assert Image.open(io.BytesIO(made.data)).format == "JPEG"


def test_a_transparent_picture_stays_png() -> None:
    made = prepare_picture(files.picture(colour=(1, 2, 3, 100)))
    assert made.media_type == "image/png"


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_that_compresses_badly_is_no_burden_either(mode: str) -> None:
    noise = random.Random(1).randbytes(1500 * 1500 * len(mode))
    buffer = io.BytesIO()
    Image.frombytes(mode, (1500, 1500), noise).save(buffer, "PNG", compress_level=0)

    made = prepare_picture(buffer.getvalue())

    assert made.media_type == "image/jpeg"
    assert len(made.data) <= MOST_BYTES
    assert made.width == 1500


def test_a_large_picture_is_made_smaller_and_keeps_its_shape() -> None:
    made = prepare_picture(files.picture(6000, 3000, kind="JPEG"))
    assert (made.width, made.height) == (MAX_SIDE, MAX_SIDE // 2)


def test_a_photo_is_turned_as_its_camera_was_held_and_tells_nothing_more() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "camera"
    made = prepare_picture(files.picture(40, 30, kind="JPEG", exif=exif))
    assert (made.width, made.height) == (30, 40)
    assert not Image.open(io.BytesIO(made.data)).getexif()


def test_an_animation_is_seen_by_its_first_frame() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    made = Image.open(io.BytesIO(prepare_picture(buffer.getvalue()).data))
    red, _, blue = made.getpixel((4, 4))  # type: ignore[misc]
    assert red > 200 > 50 > blue


def test_a_bomb_is_too_large() -> None:
    assert refusal(files.png_bomb()) == "media_too_large"


def test_a_picture_just_above_the_limit_is_too_large_as_well() -> None:
    assert refusal(files.png_bomb(side=8_000)) == "media_too_large"


def test_what_is_no_picture_is_said_so() -> None:
    assert refusal(b"%PDF-1.7") == "media_unsupported"
    assert refusal(files.picture(300, 300, kind="JPEG")[:200]) == "media_broken"


# Some bytes make a large picture, which takes a while.
@given(st.binary(max_size=300), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_any_bytes_are_a_picture_or_a_media_error(
    noise: bytes, kind: str, draw: st.DataObject
) -> None:
    data = bytearray(files.picture(kind=kind))
    at = draw.draw(st.integers(0, len(data)))
    data[at : at + len(noise)] = noise
    with contextlib.suppress(MediaError):
        assert prepare_picture(bytes(data)).data


def test_pages_of_a_scan_are_seen() -> None:
    pictures = page_pictures(files.pdf(["a", "b", "c"]), [2, 3, 4])
    assert len(pictures) == 2
    assert all(picture.media_type == "image/jpeg" for picture in pictures)
    assert pictures[0].width > pictures[0].height


def test_a_locked_scan_is_locked() -> None:
    with pytest.raises(MediaError, match="media_locked"):
        page_pictures(files.locked_pdf("geheim"), [1])
