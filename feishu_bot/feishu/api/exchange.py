"""One request and its answer on a pooled connection, for the short calls of the API.

A card is drawn by such calls, several a second, and urllib3 and http.client spend ten times the
work on each that the exchange itself needs: headers are put together and parsed for any server
there is. So connections are opened, checked and kept by urllib3's pool, and only the bytes of
an ordinary exchange are written and read here; an answer of another kind is left to http.client.
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, NamedTuple

from typing_extensions import override
from urllib3 import HTTPConnectionPool, HTTPHeaderDict

# Bytes: an answer of the API is smaller, and what a longer buffer leaves splits the heap.
_READ_BYTES = 8_192
# Bytes: the longest head, and the longest answer with its head. Documents are the longest.
_LONGEST_HEAD = 65_536
_LONGEST_ANSWER = 16 * 1024 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_KEPT = "keep-alive"
# Python refuses to read a number of thousands of digits; what is cut off here is too long anyway.
_MOST_DIGITS = 20
# What may stand before the answer, and the head of one that has a body of its own. Anything that
# could be read in two ways is left to http.client.
_INTERIM = re.compile(rb"HTTP/1\.1 1(?!01)[0-9]{2}[^0-9]")
_ORDINARY = re.compile(
    rb"HTTP/1\.1 (?!204)([24][0-9]{2})(?: [^\r\n\0]*)?(?:\r\n[!-9;-~]+:[^\r\n\0]*)*"
)
_LENGTH = re.compile(r"[0-9]+")
_TARGET = re.compile(r"/[!-~]*")


class Answer(NamedTuple):
    """The answer to a request, read to its end."""

    status: int
    headers: HTTPHeaderDict
    data: bytes


def exchange(
    pool: HTTPConnectionPool,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    timeout: float,
) -> Answer:
    """Send a request for `target`, path and query, once.

    `timeout`, in seconds, is that of connecting, of each write, and of the whole answer. Raises
    OSError, http.client.HTTPException, or what urllib3 raises of a connection that can't be opened.

    A connection on which there is more than the answer isn't used again: the next caller would
    take it for theirs.
    """
    connection = pool._get_conn()  # noqa: SLF001
    try:
        connection.timeout = timeout
        if not connection.is_closed and _is_decrypted(connection.sock):  # type: ignore[attr-defined]
            # Something was sent after the last answer, as a body after that to a HEAD.
            connection.close()
        if connection.is_closed:
            if pool.proxy is not None:
                pool._prepare_proxy(connection)  # noqa: SLF001
            else:
                connection.connect()
        sock = connection.sock  # type: ignore[attr-defined]
        sock.settimeout(timeout)
        sock.sendall(_request(pool, method, target, headers, body))
        answer, is_kept = _read_answer(_Incoming(sock, timeout), method)
    except BaseException:
        connection.close()
        pool._put_conn(None)  # noqa: SLF001
        raise
    if is_kept:
        sock.settimeout(timeout)
    else:
        connection.close()
    pool._put_conn(connection)  # noqa: SLF001
    return answer


def _request(
    pool: HTTPConnectionPool,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
) -> bytes:
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    if pool.port not in (None, 80 if pool.scheme == "http" else 443):
        host = f"{host}:{pool.port}"
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {host}",
        "Accept-Encoding: identity",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if body is not None or method != "GET":
        lines.append(f"Content-Length: {len(body or b'')}")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise HTTPException("a header with a line break")
    if not _TARGET.fullmatch(target) or not head.isascii():
        raise HTTPException("a request with characters that have no place in it")
    return head.encode() + _END_OF_HEAD + (body or b"")


def _read_answer(incoming: _Incoming, method: str) -> tuple[Answer, bool]:
    """The answer, and whether the connection can be used again."""
    received = b""
    while True:
        while (end := received.find(_END_OF_HEAD)) < 0:
            piece = incoming.receive()
            received += piece
            if not piece or len(received) > _LONGEST_HEAD:
                return _read_any(incoming, method, received)
        if not _INTERIM.match(received):
            break
        received = received[end + len(_END_OF_HEAD) :]
    found = _ORDINARY.fullmatch(received, 0, end)
    if not found:
        return _read_any(incoming, method, received)
    headers = HTTPHeaderDict()
    for line in received[:end].decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        headers.add(name, value.strip(" \t"))
    length = headers.get("Content-Length", "")
    is_ordinary = (
        _LENGTH.fullmatch(length)
        and "Transfer-Encoding" not in headers
        and headers.get("Connection", _KEPT).lower() == _KEPT
    )
    if not is_ordinary:
        return _read_any(incoming, method, received)
    pieces, missing = [received[end + len(_END_OF_HEAD) :]], int(length[:_MOST_DIGITS])
    _check_length(missing)
    missing -= len(pieces[0])
    while missing > 0:
        piece = incoming.receive()
        if not piece:
            raise HTTPException("the answer broke off")
        pieces.append(piece)
        missing -= len(piece)
    if missing < 0:
        raise HTTPException("more than the answer")
    return Answer(int(found[1]), headers, b"".join(pieces)), not incoming.has_more()


def _read_any(incoming: _Incoming, method: str, received: bytes) -> tuple[Answer, bool]:
    """The same for any answer that HTTP allows."""
    incoming.put_back(received)
    response = HTTPResponse(incoming, method=method)  # type: ignore[arg-type]
    response.begin()
    if response.status < 200:
        raise HTTPException("no answer, but something before it")
    lengths = response.headers.get_all("Content-Length", [])
    data = response.read()
    # Two servers on the way may differ about where an answer ends that says it in two ways.
    is_clear = response.chunked != bool(lengths) and len(lengths) < 2
    if response.status in (204, 304):
        is_clear = not lengths and not response.chunked
    is_kept = is_clear and not response.will_close and not incoming.has_more()
    return Answer(response.status, HTTPHeaderDict(response.getheaders()), data), is_kept


def _check_length(length: int) -> None:
    if length > _LONGEST_ANSWER:
        raise HTTPException("an answer that is too long")


def _is_decrypted(sock: socket.socket) -> bool:
    """Whether TLS has decrypted what nobody has read yet: the network doesn't show it."""
    pending = getattr(sock, "pending", None)
    return bool(pending and pending())


class _Incoming(io.RawIOBase):
    """What comes through a socket, within bounds of time and bytes; http.client reads it, too."""

    def __init__(self, sock: socket.socket, timeout: float) -> None:
        self._sock = sock
        self._ends_at = time.monotonic() + timeout
        self._bytes = 0
        self._given_back = b""
        self._reader: _Reader | None = None
        self._is_over = False

    def receive(self) -> bytes:
        """The next bytes, none at the end. Raises OSError, and HTTPException beyond the bounds."""
        if self._bytes:
            left = self._ends_at - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer takes too long")
            self._sock.settimeout(left)
        piece = self._sock.recv(_READ_BYTES)
        self._bytes += len(piece)
        _check_length(self._bytes)
        return piece

    def put_back(self, received: bytes) -> None:
        """Have this read once more."""
        self._given_back = received

    def has_more(self) -> bool:
        """Whether something has come after the answer, without a look at the network.

        There urllib3's pool looks before it gives the connection to somebody else.
        """
        is_left = self._given_back or (self._reader and self._reader.left)
        return bool(is_left or _is_decrypted(self._sock))

    def makefile(self, _mode: str) -> io.BufferedReader:
        """For http.client."""
        self._reader = _Reader(self)
        return self._reader

    def end(self) -> None:
        """Read nothing more, as if this were the end."""
        self._is_over = True

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        if self._is_over:
            return 0
        received = self._given_back or self.receive()
        taken, self._given_back = received[: len(buffer)], received[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


class _Reader(io.BufferedReader):
    """Knows, once it is closed, what it had read beyond the answer."""

    def __init__(self, incoming: _Incoming) -> None:
        super().__init__(incoming, _READ_BYTES)
        self._incoming = incoming
        self.left = b""

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        # Room for it would be made before the first byte has come.
        _check_length(size or 0)
        return super().read(size)

    @override
    def close(self) -> None:
        """Look at what is left, and close."""
        if not self.closed:
            self._incoming.end()
            self.left = self.peek(1)
        super().close()
