"""Recordings of a given length, and the length of recordings."""

from __future__ import annotations

import struct
from collections.abc import Iterator

# 20 ms of silence in one channel (RFC 6716: CELT, full band).
_SILENCE = b"\xf8\xff\xfe"
_PACKET_MS = 20
# Opus counts 48,000 samples a second (RFC 7845).
_PER_MS = 48
# Samples at the beginning that aren't heard.
_SKIPPED = 312
_PACKETS_A_PAGE = 50
_POLYNOMIAL = 0x04C11DB7


def ogg_opus(milliseconds: int) -> bytes:
    """Silence of this length as Opus in Ogg, as any player takes it."""
    packets = max(1, -(-(milliseconds * _PER_MS + _SKIPPED) // (_PACKET_MS * _PER_MS)))
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, _SKIPPED, 16_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 9) + b"simulator" + struct.pack("<I", 0)
    pages = [_page(0, 0, [head], 2), _page(1, 0, [tags], 0)]
    for start in range(0, packets, _PACKETS_A_PAGE):
        some = min(_PACKETS_A_PAGE, packets - start)
        is_last = start + some == packets
        position = (start + some) * _PACKET_MS * _PER_MS
        if is_last:
            # The end of the last packet is cut off.
            position = milliseconds * _PER_MS + _SKIPPED
        pages.append(_page(len(pages), position, [_SILENCE] * some, 4 if is_last else 0))
    return b"".join(pages)


def milliseconds_of(data: bytes) -> int | None:
    """How long a recording lasts; None for what is neither Opus in Ogg nor WAV."""
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE" and len(data) > 44:
        (rate,) = struct.unpack_from("<I", data, 28)
        return (len(data) - 44) * 1000 // rate if rate else None
    head = data.find(b"OpusHead")
    if not data.startswith(b"OggS") or head < 0:
        return None
    position = skipped = 0
    for at, found in _pages(data):
        position = max(position, found)
        if at > head:
            (skipped,) = struct.unpack_from("<H", data, head + 10)
    return max(0, position - skipped) // _PER_MS


def _pages(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each page begins, and its position."""
    at = 0
    while data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        (position,) = struct.unpack_from("<q", data, at + 6)
        segments = data[at + 27 : at + 27 + data[at + 26]]
        yield at, position
        at += 27 + len(segments) + sum(segments)


def _page(number: int, position: int, packets: list[bytes], flags: int) -> bytes:
    """A page (RFC 3533, section 6) of packets that are shorter than 255 bytes each."""
    segments = bytes(len(packet) for packet in packets)
    fields = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 1, number, 0)
    page = fields + bytes([len(segments)]) + segments + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(page: bytes) -> int:
    checksum = 0
    for byte in page:
        checksum = (checksum << 8 & 0xFFFFFFFF) ^ _TABLE[checksum >> 24 ^ byte]
    return checksum


def _table() -> list[int]:
    table = []
    for value in range(256):
        rest = value << 24
        for _ in range(8):
            rest = rest << 1 ^ (_POLYNOMIAL if rest & 0x80000000 else 0)
        table.append(rest & 0xFFFFFFFF)
    return table


_TABLE = _table()
