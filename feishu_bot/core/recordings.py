"""Recordings: what they are by their bytes, and how long they last."""

from __future__ import annotations

import struct
from typing import Final, Literal

# "other" is what none of these is.
AudioFormat = Literal["opus", "mp3", "wav", "flac", "m4a", "mp4", "aac", "ogg", "webm", "other"]
# Those that are, or may be, videos.
VIDEOS: Final = frozenset({"mp4", "webm"})

# Opus always counts 48,000 samples a second, whatever it was recorded at (RFC 7845, section 4).
OPUS_RATE = 48_000
_PAGE = b"OggS"
# What cameras and phones keep in the same container as videos.
_PICTURES = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis", b"crx "})
# An Ogg page is 65,307 bytes at most (RFC 3533, section 6).
_LAST_PAGE = 65_307 * 2


def audio_format(data: bytes) -> AudioFormat:
    """The format of a recording by its first bytes; "opus" is Opus in Ogg, as Feishu plays it."""
    if data.startswith(_PAGE):
        return "opus" if b"OpusHead" in data[:128] else "ogg"
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "wav"
    if data.startswith(b"fLaC"):
        return "flac"
    if data[4:8] == b"ftyp":
        if data[8:12] in _PICTURES:
            return "other"
        return "m4a" if data[8:11] in (b"M4A", b"M4B") else "mp4"
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm"
    if data.startswith(b"ID3"):
        return "mp3"
    # A frame begins with eleven set bits; the layer is 0 in ADTS, and 1 in MP3. The mark that
    # begins a text in UTF-16 has another one.
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        if data[1] & 0xF6 == 0xF0:
            return "aac"
        return "mp3" if data[1] & 0x06 == 0x02 else "other"
    return "other"


def opus_milliseconds(data: bytes) -> int:
    """How long an Ogg/Opus recording lasts, by the last page's position; 0 when it isn't one."""
    if audio_format(data) != "opus":
        return 0
    head = data.index(b"OpusHead")
    last = data.rfind(_PAGE, max(0, len(data) - _LAST_PAGE))
    try:
        skipped = int(struct.unpack_from("<H", data, head + 10)[0])
        position = int(struct.unpack_from("<q", data, last + 6)[0])
    except struct.error:
        return 0
    return max(0, position - skipped) * 1000 // OPUS_RATE
