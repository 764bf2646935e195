"""Reads the lines of a streamed body: server-sent events, and JSON that stands there bare.

The rules are those of the HTML standard, "Server-sent events", 9.2.6. Where services break them
the lines are read as they are meant: events without the empty line between them, JSON without
`data:`, a last event that no empty line ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

DONE = "[DONE]"
BOM = b"\xef\xbb\xbf"
# Bytes. A picture of 10 MB in base64 fits, and any text.
LARGEST_BODY = 16 * 1024 * 1024
# A line that is longer is put together once it has ended, and not with every piece of it.
LONG_LINE = 64 * 1024
# So often it is tried whether lines that no empty line ends are whole JSON. Each try reads all of
# them, so that a body of many short lines would take minutes; no service sends so many in vain.
MOST_TRIES = 100
_JSON_MARKS = (b"{", b"[", b"}", b"]")


class NotAStream(ValueError):
    """The body is no stream and no JSON; the argument is its beginning."""


def events(chunks: Iterable[bytes]) -> Iterator[list[str]]:
    """The data of the events that each chunk completes; `DONE` is the last one where it comes.

    Raises NotAStream, or what reading the chunks raises, after what came before it.
    """
    decoder = _Decoder()
    for lines in _lines(chunks):
        found: list[str] = []
        try:
            decoder.read(lines, found)
        except ValueError:  # NotAStream, or bytes that are no UTF-8
            if found:
                yield found
            raise
        if found:
            yield found
            if found[-1] == DONE:
                return
    if rest := decoder.finish():
        yield rest


def is_whole_json(data: str | bytes) -> bool:
    """Whether the text is one complete JSON value."""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


class _Decoder:
    """The event that is being read, and the lines that belong to none."""

    def __init__(self) -> None:
        self.data: list[bytes] = []
        self._bare: list[bytes] = []
        self._bare_size = 0
        self._data_size = 0
        self._tries = 0
        self._has_events = False

    def read(self, lines: Iterable[bytes], found: list[str]) -> None:
        """Add the data of the events that are complete with these lines; none follows DONE."""
        for line in lines:
            # The common lines by far.
            if line[:5] == b"data:" and not self.data:
                self.data.append(line[6:] if line[5:6] == b" " else line[5:])
                continue
            self._feed(line, found)
            if found and found[-1] == DONE:
                return

    def _feed(self, line: bytes, found: list[str]) -> None:
        if not line:
            found += self._dispatch()
        elif line.startswith(b"data:"):
            # By the standard both lines are one event. Servers that forget the empty line mean
            # two, and then the first is complete without the second.
            if self._is_complete():
                found += self._dispatch()
            self.data.append(line[6:] if line[5:6] == b" " else line[5:])
            self._data_size += len(line)
            if self._data_size > LARGEST_BODY:
                raise NotAStream(b"\n".join(self.data)[:500].decode(errors="replace"))
        elif not (
            line.startswith(b":") or line.split(b":", 1)[0] in (b"event", b"id", b"retry", b"data")
        ):
            found += self._feed_bare(line)

    def finish(self) -> list[str]:
        """The data that is left at the end. Raises NotAStream when there never was any."""
        found = self._dispatch()
        if found or self._has_events or not self._bare:
            return found
        body = b"\n".join(self._bare)
        if body.lstrip().startswith(_JSON_MARKS[:2]):
            return [body.decode()]
        raise NotAStream(body[:500].decode(errors="replace"))

    def _feed_bare(self, line: bytes) -> list[str]:
        """A line of JSON, or of a page that was sent in place of a stream."""
        self._bare.append(line)
        self._bare_size += len(line)
        begins_page = len(self._bare) == 1 and line.lstrip().startswith(b"<")
        if begins_page or self._bare_size > LARGEST_BODY:
            raise NotAStream(b"\n".join(self._bare)[:500].decode(errors="replace"))
        # JSON that is laid out over many lines ends with one that is not indented.
        if line.startswith(_JSON_MARKS) and self._is_whole(self._bare):
            body = b"\n".join(self._bare)
            self._bare.clear()
            self._has_events = True
            return [body.decode()]
        return []

    def _is_complete(self) -> bool:
        return self.data == [DONE.encode()] or self._is_whole(self.data)

    def _is_whole(self, lines: list[bytes]) -> bool:
        if not lines or self._tries >= MOST_TRIES:
            return False
        self._tries += 1
        is_whole = is_whole_json(b"\n".join(lines))
        if is_whole:
            self._tries = 0
        return is_whole

    def _dispatch(self) -> list[str]:
        if not self.data:
            return []
        data = b"\n".join(self.data) if len(self.data) > 1 else self.data[0]
        self.data = []
        self._tries = self._data_size = 0
        if not data.strip():
            return []
        self._has_events = True
        return [DONE if data.startswith(DONE.encode()) else data.decode()]


def _lines(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines of each chunk, ended by LF, CRLF or CR; the last one may have no end."""
    rest, after_cr, at_start = b"", False, True
    more: list[bytes] = []  # of a long line
    size = 0
    for piece in chunks:
        received = piece
        if len(rest) > LONG_LINE:
            more.append(received)
            size += len(received)
            if size > LARGEST_BODY:
                raise NotAStream(rest[:500].decode(errors="replace"))
            if b"\n" not in received and b"\r" not in received:
                continue
            received, more, size = b"".join(more), [], 0
        chunk = rest + received
        if at_start:
            # A byte order mark may come in pieces as well.
            if len(chunk) < len(BOM) and BOM.startswith(chunk):
                rest = chunk
                continue
            chunk, at_start = chunk.removeprefix(BOM), False
        if after_cr and not rest and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if b"\r" in chunk:
            after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        elif received:
            after_cr = False
        *lines, rest = chunk.split(b"\n")
        yield lines
        if len(rest) > LARGEST_BODY:
            raise NotAStream(rest[:500].decode(errors="replace"))
    if rest:
        yield [rest + b"".join(more)]
