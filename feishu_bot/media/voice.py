"""Recordings: what they are by their bytes, and how long they last."""

from __future__ import annotations

import struct

# Opus always counts 48,000 samples a second, whatever it was recorded at (RFC 7845, section 4).
OPUS_RATE = 48_000
_PAGE = b"OggS"
# An Ogg page is 65,307 bytes at most (RFC 3533, section 6).
_LAST_PAGE = 65_307 * 2


def is_ogg_opus(data: bytes) -> bool:
    """Whether this is Opus in Ogg, which Feishu plays as a voice message."""
    return data.startswith(_PAGE) and b"OpusHead" in data[:128]


def opus_milliseconds(data: bytes) -> int:
    """How long an Ogg/Opus recording lasts, by the last page's position; 0 when it isn't one."""
    if not is_ogg_opus(data):
        return 0
    head = data.index(b"OpusHead")
    last = data.rfind(_PAGE, max(0, len(data) - _LAST_PAGE))
    try:
        skipped = int(struct.unpack_from("<H", data, head + 10)[0])
        position = int(struct.unpack_from("<q", data, last + 6)[0])
    except struct.error:
        return 0
    return max(0, position - skipped) * 1000 // OPUS_RATE
