"""Recordings: what they are by their bytes, and how long they last."""

from __future__ import annotations

import struct
from typing import Literal

# "other" is what none of these is.
AudioFormat = Literal["opus", "mp3", "wav", "flac", "m4a", "aac", "ogg", "other"]

# Opus always counts 48,000 samples a second, whatever it was recorded at (RFC 7845, section 4).
OPUS_RATE = 48_000
_PAGE = b"OggS"
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
        return "m4a"
    if data.startswith(b"ID3"):
        return "mp3"
    # A frame begins with eleven set bits; the layer is 0 in ADTS, and never in MPEG audio.
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "aac" if data[1] & 0x06 == 0 else "mp3"
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
