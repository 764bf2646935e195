"""The frames of a long connection: protobuf messages of a handful of fields, coded by hand.

`pbbp2.proto` of Feishu's SDKs (proto2) says what they look like:

    Frame { 1 uint64 SeqID, 2 uint64 LogID, 3 int32 service, 4 int32 method, all four required;
            5 repeated Header { 1 string key, 2 string value, both required };
            6 string payload_encoding; 7 string payload_type; 8 bytes payload; 9 string LogIDNew }
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from feishu_bot.errors import Unreadable

CONTROL = 0
DATA = 1
# Of either kind a frame has four to six.
MOST_HEADERS = 64

_VARINT, _FIXED64, _LENGTH = 0, 1, 2
_UINT64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message of the WebSocket. Headers keep their order; no text is empty by mistake."""

    seq_id: int = 0
    log_id: int = 0
    service: int = 0
    method: int = CONTROL
    headers: tuple[tuple[str, str], ...] = ()
    payload_encoding: str = ""
    payload_type: str = ""
    payload: bytes = b""
    log_id_new: str = ""

    def header(self, key: str) -> str:
        """The first header of this name; empty where there is none."""
        return next((value for name, value in self.headers if name == key), "")

    def answered(self, payload: bytes, **more: str) -> Frame:
        """The same frame with another payload and further headers: that is how one is answered."""
        return replace(self, payload=payload, headers=(*self.headers, *more.items()))


def ping(service: int) -> Frame:
    """Asks the other end whether it is there."""
    return Frame(service=service, headers=(("type", "ping"),))


def encode(frame: Frame) -> bytes:
    """The bytes of a frame. Raises ValueError for a number that has no place in its field."""
    numbers = (frame.seq_id, frame.log_id, frame.service, frame.method)
    parts = [_tag(field, _VARINT) + _varint(number) for field, number in enumerate(numbers, 1)]
    for key, value in frame.headers:
        header = _bytes_field(1, key.encode()) + _bytes_field(2, value.encode())
        parts.append(_bytes_field(5, header))
    optional: Mapping[int, bytes] = {
        6: frame.payload_encoding.encode(),
        7: frame.payload_type.encode(),
        8: frame.payload,
        9: frame.log_id_new.encode(),
    }
    parts += [_bytes_field(field, value) for field, value in optional.items() if value]
    return b"".join(parts)


def decode(data: bytes) -> Frame:
    """Read a frame; unknown fields are left out. Raises Unreadable."""
    numbers: dict[int, int] = {}
    texts: dict[int, bytes] = {}
    headers: list[tuple[str, str]] = []
    for field, value in _fields(data):
        if isinstance(value, int):
            numbers[field] = value
        elif field == 5:
            headers.append(_header(value))
            if len(headers) > MOST_HEADERS:
                raise Unreadable("a frame with too many headers")
        else:
            texts[field] = value
    if not {1, 2, 3, 4} <= numbers.keys():
        raise Unreadable("a frame without its required fields")
    return Frame(
        seq_id=numbers[1],
        log_id=numbers[2],
        service=_int32(numbers[3]),
        method=_int32(numbers[4]),
        headers=tuple(headers),
        payload_encoding=_text(texts.get(6, b"")),
        payload_type=_text(texts.get(7, b"")),
        payload=texts.get(8, b""),
        log_id_new=_text(texts.get(9, b"")),
    )


def _header(data: bytes) -> tuple[str, str]:
    found = {field: value for field, value in _fields(data) if isinstance(value, bytes)}
    if not {1, 2} <= found.keys():
        raise Unreadable("a header without key or value")
    return _text(found[1]), _text(found[2])


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field; fixed ones, which no frame has, are skipped."""
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        field, kind = tag >> 3, tag & 7
        if field == 0:
            raise Unreadable("a field without a number")
        match kind:
            case 0:
                number, at = _read_varint(data, at)
                yield field, number
            case 2:
                length, at = _read_varint(data, at)
                yield field, _slice(data, at, length)
                at += length
            case 1 | 5:
                size = 8 if kind == _FIXED64 else 4
                _slice(data, at, size)
                at += size
            case _:
                raise Unreadable("a field of an unknown kind")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at this place, of 64 bits at most, and the place behind it."""
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Unreadable("a number that doesn't end")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number & _UINT64, at


def _slice(data: bytes, at: int, length: int) -> bytes:
    if length > len(data) - at:
        raise Unreadable("a frame that is cut off")
    return data[at : at + length]


def _int32(number: int) -> int:
    """A negative one is written as 64 bits; of more than 32 the lower ones count."""
    low = number & 0xFFFFFFFF
    return low - (1 << 32) if low & 0x80000000 else low


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Unreadable("a text that isn't UTF-8") from None


def _tag(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _bytes_field(field: int, value: bytes) -> bytes:
    return _tag(field, _LENGTH) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    if not -(1 << 63) <= number <= _UINT64:
        raise ValueError("a number of more than 64 bits")
    number &= _UINT64
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
