"""Joins the many small chunks of a response body into one for each read of the socket.

A gateway sends each token as a chunk of its own ("chunked transfer coding", RFC 9112, 7.1), and
the HTTP library spends 40 µs of CPU on each, several times what the token itself costs. So the
bytes are put into fewer chunks on their way to it: the body stays the same.
"""

from __future__ import annotations

import re
from typing import Final

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?\r\n")
# Bytes: a line with the size of a chunk is shorter, with any extension that is in use.
_LONGEST_LINE: Final = 1024
_LINE_END: Final = b"\r\n"


class ChunkJoiner:
    """The body of one response. What isn't understood goes on as it came, and so does its end."""

    def __init__(self, beginning: bytes = b"") -> None:
        """`beginning` are the bytes of the body that the library has read already."""
        self._line = b""  # the beginning of a line with a size
        self._left = 0  # bytes of a chunk that are still to come, the end of its line included
        self._given = 0  # of these: bytes that the library awaits as they are
        self._is_as_it_came = False
        self.join(beginning)
        if self._line:
            self._is_as_it_came = True
        self._given, self._line = self._left, b""

    def join(self, received: bytes) -> bytes:
        """The bytes for the library; none when there is nothing whole among them yet."""
        if self._is_as_it_came:
            return received
        given = received[: self._given]
        self._given -= len(given)
        self._left -= len(given)
        rest = self._line + received[len(given) :]
        self._line = b""
        position = 0
        parts: list[bytes] = []
        while position < len(rest):
            if not self._left:
                size = _SIZE.match(rest, position)
                if size is None and self._may_be_size(rest, position):
                    self._line = rest[position:]
                    break
                length = int(size[1], 16) if size else 0
                if size is None or not length:
                    return given + self._give_up(parts, rest[position:])
                end = size.end() + length
                if rest[end : end + len(_LINE_END)] == _LINE_END:
                    parts.append(rest[size.end() : end])
                    position = end + len(_LINE_END)
                    continue
                self._left, position = length + len(_LINE_END), size.end()
                continue
            data = rest[position : position + max(self._left - len(_LINE_END), 0)]
            if data:
                parts.append(data)
                self._left -= len(data)
                position += len(data)
                continue
            if rest[position] != _LINE_END[-self._left]:
                # A chunk that is longer than it says: no size is a sign. The line has its end, or
                # the library would wait for it.
                return given + self._give_up(parts, b"-" + _LINE_END + rest[position:])
            self._left -= 1
            position += 1
        return given + _chunk(parts)

    def end(self) -> bytes:
        """What is held back of a body that broke off."""
        line, self._line = self._line, b""
        return line

    def _may_be_size(self, rest: bytes, position: int) -> bool:
        return len(rest) - position < _LONGEST_LINE and _LINE_END not in rest[position:]

    def _give_up(self, parts: list[bytes], rest: bytes) -> bytes:
        self._is_as_it_came = True
        return _chunk(parts) + rest


def _chunk(parts: list[bytes]) -> bytes:
    data = b"".join(parts)
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
