"""The mean colour of each block of a JPEG, which is all that is needed to name its colours.

Only the first coefficient of a block is kept (ITU T.81); of a progressive picture, the first scan.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from feishu_simulator.png_pixels import Colour

# Reading bits is slow here; so many blocks are read, from the top.
_MOST_BLOCKS = 30_000


@dataclass(slots=True)
class _Component:
    blocks: int
    table: int
    dc: list[tuple[int, int]] = field(default_factory=list)
    ac: list[tuple[int, int]] = field(default_factory=list)


def colours(data: bytes) -> list[Colour]:
    """The mean colours, in order. Raises ValueError for what isn't understood."""
    try:
        return list(_Picture(data).colours())
    except (struct.error, IndexError, KeyError) as exc:
        raise ValueError("broken JPEG") from exc


class _Picture:
    def __init__(self, data: bytes) -> None:
        self._quantum: dict[int, int] = {}
        self._codes: dict[int, list[tuple[int, int]]] = {}
        self._components: dict[int, _Component] = {}
        self._is_progressive = False
        self._shift = 0
        self._scan = b""
        self._read(data)

    def colours(self) -> Iterator[Colour]:
        """One for each unit of blocks."""
        parts = list(self._components.values())
        if len(parts) not in (1, 3):
            raise ValueError("JPEG of other colours")
        if len(parts) == 1:
            parts[0].blocks = 1
        left = _MOST_BLOCKS
        for interval in re.split(rb"\xff[\xd0-\xd7]", self._scan):
            bits = _Bits(interval.replace(b"\xff\0", b"\xff"))
            before = [0] * len(parts)
            while left > 0 and bits.is_left:
                means = []
                for number, part in enumerate(parts):
                    total = 0
                    for _ in range(part.blocks):
                        before[number] += bits.number(bits.symbol(part.dc))
                        total += before[number] << self._shift
                        if not self._is_progressive:
                            bits.skip_rest(part.ac)
                    means.append(total / part.blocks * self._quantum[part.table] / 8)
                left -= sum(part.blocks for part in parts)
                yield _rgb(means)

    def _read(self, data: bytes) -> None:
        at = 2
        while not self._scan:
            mark, length = struct.unpack_from(">HH", data, at)
            body = data[at + 4 : at + 2 + length]
            match mark:
                case 0xFFDB:
                    self._read_quanta(body)
                case 0xFFC4:
                    self._read_codes(body)
                case 0xFFC0 | 0xFFC1 | 0xFFC2:
                    self._is_progressive = mark == 0xFFC2
                    for n in range(body[5]):
                        name, sampling, table = body[6 + 3 * n : 9 + 3 * n]
                        blocks = (sampling >> 4) * (sampling & 15)
                        self._components[name] = _Component(blocks, table)
                case 0xFFDA:
                    for n in range(body[0]):
                        name, tables = body[1 + 2 * n : 3 + 2 * n]
                        self._components[name].dc = self._codes[tables >> 4]
                        self._components[name].ac = self._codes.get(16 + (tables & 15), [])
                    self._shift = body[-1] & 15
                    rest = data[at + 2 + length :]
                    end = re.search(rb"\xff[^\x00\xd0-\xd7\xff]", rest)
                    self._scan = rest[: end.start() if end else None]
                case _ if not 0xFFC0 <= mark <= 0xFFFE:
                    raise ValueError("no marker")
            at += 2 + length

    def _read_quanta(self, body: bytes) -> None:
        while body:
            is_wide = body[0] >> 4
            self._quantum[body[0] & 15] = int.from_bytes(body[1:3], "big") if is_wide else body[1]
            body = body[129 if is_wide else 65 :]

    def _read_codes(self, body: bytes) -> None:
        """Each table by the next sixteen bits: the length of the code, and what it stands for."""
        while body:
            counts = body[1:17]
            symbols = body[17 : 17 + sum(counts)]
            table: list[tuple[int, int]] = []
            at = 0
            for length, count in enumerate(counts, 1):
                for symbol in symbols[at : at + count]:
                    table += [(length, symbol)] * (1 << 16 - length)
                at += count
            # The last code is never used: it is all ones.
            table += [(16, 0)] * (65_536 - len(table))
            self._codes[body[0]] = table
            body = body[17 + sum(counts) :]


class _Bits:
    """The bits of one interval between restarts."""

    def __init__(self, data: bytes) -> None:
        self._data = data + b"\xff" * 8
        self._bits = len(data) * 8
        self._at = 0

    @property
    def is_left(self) -> bool:
        """Whether there is more than what fills the last byte."""
        return self._at + 8 <= self._bits

    def symbol(self, table: list[tuple[int, int]]) -> int:
        length, symbol = table[self._peek()]
        self._at += length
        return symbol

    def number(self, size: int) -> int:
        """A signed number of so many bits (T.81, F.2.2.1)."""
        if not size:
            return 0
        value = self._peek() >> 16 - size
        self._at += size
        return value if value >> size - 1 else value - (1 << size) + 1

    def skip_rest(self, table: list[tuple[int, int]]) -> None:
        """Leave out the other coefficients of a block."""
        at = 1
        while at < 64:
            symbol = self.symbol(table)
            run, size = symbol >> 4, symbol & 15
            if not size and run != 15:
                return
            self._at += size
            at += run + 1

    def _peek(self) -> int:
        byte, bit = divmod(self._at, 8)
        return int.from_bytes(self._data[byte : byte + 3], "big") >> 8 - bit & 0xFFFF


def _rgb(means: list[float]) -> Colour:
    """From the levels of JFIF, which are around 0."""
    light = means[0] + 128
    blue, red = means[1:] or (0.0, 0.0)
    values = light + 1.402 * red, light - 0.344 * blue - 0.714 * red, light + 1.772 * blue
    r, g, b = (min(255, max(0, round(value))) for value in values)
    return r, g, b
