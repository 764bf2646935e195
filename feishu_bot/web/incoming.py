"""A request as its bytes arrive: where it ends, and how much of it is read."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

MAX_HEAD = 16 * 1024
# An address check is all that may come without a signature.
MAX_UNSIGNED_BODY = 4096
MAX_SIGNED_BODY = 1024 * 1024
# A form of the administrator's page, from a browser that says it is logged in. Whether it is, the
# page finds out before it reads any of it.
MAX_FORM = 64 * 1024
FORM_COOKIE = b"feishu_bot_admin="
# The line before a chunk has a number, and extensions that nobody uses.
MAX_CHUNK_LINE = 256

_HEAD_END = b"\r\n\r\n"
# Of a request's target, what stands before its path: an address of whatever scheme.
_ORIGIN = re.compile(rb"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?]*")
_ADMIN = re.compile(rb"/+admin(?:[/?#]|\Z)")
_EXPECT = re.compile(rb"\r\nexpect:[^\r\n]*", re.IGNORECASE)


class IncomingRequest:
    """Collects one request; `is_whole` as soon as there is something to be said to it.

    That is its end, or the place from which on it isn't read: a body larger than may come, or bytes
    that are no HTTP. Then the boundary to the next request is unknown, and `must_close` is set.
    Whether a request is valid is for the HTTP parser to say.
    """

    __slots__ = (
        "_body_at",
        "_chunk_at",
        "_end",
        "_limit",
        "_received",
        "expects_continue",
        "is_admin",
        "is_delivery",
        "is_whole",
        "must_close",
    )

    def __init__(self) -> None:
        self._received = bytearray()
        self._body_at = 0
        # Where the body ends; unknown while it comes in chunks.
        self._end: int | None = None
        # Where the line of the next chunk begins.
        self._chunk_at = 0
        self._limit = 0
        self.is_whole = False
        self.must_close = False
        self.is_delivery = False
        self.is_admin = False
        self.expects_continue = False

    def __len__(self) -> int:
        return len(self._received)

    def add(self, piece: bytes) -> None:
        """Take in what has arrived."""
        searched = max(0, len(self._received) - len(_HEAD_END))
        self._received += piece
        if not self._body_at:
            end = self._received.find(_HEAD_END, searched)
            if end >= 0:
                self._read_head(end)
            elif len(self._received) > MAX_HEAD:
                self._give_up()
        if self._body_at and not self.is_whole:
            self._look_for_end()

    def take(self) -> tuple[bytes, bytes]:
        """The bytes of the request, and those that came after it."""
        end = len(self._received) if self._end is None else self._end
        return bytes(self._received[:end]), bytes(self._received[end:])

    def _read_head(self, end: int) -> None:
        self._body_at = self._chunk_at = end + len(_HEAD_END)
        line, *lines = bytes(self._received[:end]).split(b"\r\n")
        fields: dict[bytes, list[bytes]] = {}
        for field in lines:
            name, _, value = field.partition(b":")
            fields.setdefault(name.strip().lower(), []).append(value.strip())
        self.is_delivery = line.startswith(b"POST /webhook/")
        self.is_admin = _is_admin(line)
        self._limit = self._limit_of(fields)
        self._read_length(fields.get(b"content-length"), fields.get(b"transfer-encoding"))
        expects = b"100-continue" in (value.lower() for value in fields.get(b"expect", ()))
        if expects and not self.is_whole and len(self._received) == self._body_at != self._end:
            self.expects_continue = True
            self._drop_expect(end)

    def _limit_of(self, fields: dict[bytes, list[bytes]]) -> int:
        """How long the body may be, by what the head says of it."""
        if self.is_delivery and any(fields.get(b"x-lark-signature", ())):
            return MAX_SIGNED_BODY
        if self.is_admin and any(FORM_COOKIE in value for value in fields.get(b"cookie", ())):
            return MAX_FORM
        return MAX_UNSIGNED_BODY

    def _read_length(self, lengths: list[bytes] | None, codings: list[bytes] | None) -> None:
        if codings:
            if lengths or [coding.lower() for coding in codings] != [b"chunked"]:
                self._give_up()
        elif lengths:
            is_number = len(lengths) == 1 and re.fullmatch(rb"[0-9]{1,18}", lengths[0])
            if is_number and int(lengths[0]) <= self._limit:
                self._end = self._body_at + int(lengths[0])
            else:
                self._give_up()
        else:
            self._end = self._body_at

    def _drop_expect(self, end: int) -> None:
        """Whoever reads the head later must not answer it once more."""
        head = _EXPECT.sub(b"", bytes(self._received[:end]))
        removed = end - len(head)
        self._received[:end] = head
        self._body_at -= removed
        self._chunk_at -= removed
        if self._end is not None:
            self._end -= removed

    def _look_for_end(self) -> None:
        if self._end is not None:
            self.is_whole = len(self._received) >= self._end
            return
        while (line_end := self._received.find(b"\r\n", self._chunk_at)) >= 0:
            size = bytes(self._received[self._chunk_at : line_end]).partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", size):
                self._give_up()
                return
            if int(size, 16) == 0:
                self._look_for_trailer(line_end)
                return
            self._chunk_at = line_end + 2 + int(size, 16) + 2
            if self._chunk_at - self._body_at > 2 * self._limit:
                self._give_up()
                return
        waits_for_line = len(self._received) - self._chunk_at
        if waits_for_line > MAX_CHUNK_LINE or len(self) - self._body_at > 2 * self._limit:
            self._give_up()

    def _look_for_trailer(self, line_end: int) -> None:
        """After the last chunk there may be further fields; an empty line ends them."""
        end = self._received.find(_HEAD_END, line_end)
        if end >= 0:
            self._end = end + len(_HEAD_END)
            self.is_whole = True
        elif len(self._received) - line_end > MAX_HEAD:
            self._give_up()

    def _give_up(self) -> None:
        self._end = None
        self.is_whole = True
        self.must_close = True


def _is_admin(line: bytes) -> bool:
    """Whether it is for the administrator's page, however its address is written."""
    target = line.partition(b" ")[2].partition(b" ")[0]
    path = _ORIGIN.sub(b"", target, count=1) if target[:1] != b"/" else target
    return _ADMIN.match(unquote_to_bytes(path)) is not None
