"""The format and the size of a picture, by its first bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAGIC = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"\0\0\1\0": "image/x-icon",
}


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """`width` and `height` in pixels; 0 where the format keeps them elsewhere."""

    mime: str
    width: int = 0
    height: int = 0


def picture_facts(data: bytes) -> PictureFacts | None:
    """What the picture is; None for what is no picture that the platform takes."""
    mime = _mime(data)
    if not mime:
        return None
    try:
        return PictureFacts(mime, *_size(mime, data))
    except struct.error:
        return PictureFacts(mime)


def _mime(data: bytes) -> str:
    for magic, mime in _MAGIC.items():
        if data.startswith(magic):
            return mime
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/heic" if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1") else ""


def _size(mime: str, data: bytes) -> tuple[int, int]:
    match mime:
        case "image/png" if data[12:16] == b"IHDR":
            width, height = struct.unpack_from(">II", data, 16)
        case "image/gif":
            width, height = struct.unpack_from("<HH", data, 6)
        case "image/bmp":
            width, height = struct.unpack_from("<ii", data, 18)
        case "image/jpeg":
            return _jpeg_size(data)
        case "image/webp":
            return _webp_size(data)
        case _:
            return 0, 0
    return width, abs(height)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From the first frame header (ITU T.81, B.2.2)."""
    at = 2
    while True:
        mark, kind, length = struct.unpack_from(">BBH", data, at)
        if mark == 0xFF and 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length


def _webp_size(data: bytes) -> tuple[int, int]:
    match data[12:16]:
        case b"VP8X":
            low, high = data[24:27], data[27:30]
            return int.from_bytes(low, "little") + 1, int.from_bytes(high, "little") + 1
        case b"VP8L":
            bits = struct.unpack_from("<I", data, 21)[0]
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
