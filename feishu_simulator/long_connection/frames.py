"""The frames of a long connection, as `pbbp2.proto` of the platform's SDKs defines them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CONTROL, DATA = 0, 1


@dataclass(frozen=True, slots=True)
class WireFrame:
    """What the platform writes into a frame, and reads of one."""

    method: int
    service: int
    headers: tuple[tuple[str, str], ...]
    payload: bytes = b""
    seq_id: int = 0
    log_id: int = 0

    @property
    def named(self) -> dict[str, str]:
        """The headers by name."""
        return dict(self.headers)


def dump(frame: WireFrame) -> bytes:
    """The message that goes over the WebSocket."""
    out = bytearray()
    for number, value in enumerate((frame.seq_id, frame.log_id, frame.service, frame.method), 1):
        out += bytes([number << 3]) + _number(value)
    for key, text in frame.headers:
        pair = b"".join(_chunk(at, part.encode()) for at, part in ((1, key), (2, text)))
        out += _chunk(5, pair)
    if frame.payload:
        out += _chunk(8, frame.payload)
    return bytes(out)


def load(data: bytes) -> WireFrame:
    """Read a message. Raises ValueError, also for one without its required fields."""
    numbers: dict[int, int] = {}
    headers: list[tuple[str, str]] = []
    payload = b""
    for field, value in _parts(data):
        if isinstance(value, int):
            numbers[field] = value
        elif field == 5:
            pair = {at: part for at, part in _parts(value) if isinstance(part, bytes)}
            if set(pair) != {1, 2}:
                raise ValueError("a header without key or value")
            headers.append((pair[1].decode(), pair[2].decode()))
        elif field == 8:
            payload = value
    missing = {1, 2, 3, 4} - set(numbers)
    if missing:
        raise ValueError(f"required fields {sorted(missing)} are missing")
    return WireFrame(
        numbers[4], numbers[3], tuple(headers), payload, seq_id=numbers[1], log_id=numbers[2]
    )


def _parts(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    rest = iter(data)
    for first in rest:
        tag = _rest_of(first, rest)
        match tag & 7:
            case 0:
                yield tag >> 3, _rest_of(next(rest, 0), rest)
            case 2:
                length = _rest_of(next(rest, 0), rest)
                chunk = bytes(byte for _, byte in zip(range(length), rest, strict=False))
                if len(chunk) < length:
                    raise ValueError("cut off")
                yield tag >> 3, chunk
            case kind:
                raise ValueError(f"wire type {kind}")


def _rest_of(first: int, rest: Iterator[int]) -> int:
    value, shift, byte = first & 0x7F, 7, first
    while byte & 0x80:
        byte = next(rest, 0)
        value |= (byte & 0x7F) << shift
        shift += 7
    return value


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _chunk(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _number(len(value)) + value
