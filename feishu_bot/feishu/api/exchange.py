"""One request and its answer on a pooled connection, for the short calls of the API.

A card is drawn by such calls, several a second, and urllib3 and http.client spend ten times the
work on each that the exchange itself needs: headers are put together and parsed for any server
there is. So connections are opened, checked and kept by urllib3's pool, and only the bytes of
an ordinary exchange are written and read here; an answer of another kind is left to http.client.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, NamedTuple

from typing_extensions import override
from urllib3 import HTTPConnectionPool, HTTPHeaderDict

# Bytes: an answer of the API is smaller, and what a longer buffer leaves splits the heap.
_READ_BYTES = 8_192
# Bytes: the longest head that is read here.
_LONGEST_HEAD = 65_536
_END_OF_HEAD = b"\r\n\r\n"
_KEPT = "keep-alive"


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

    `timeout`, in seconds, is that of connecting and of each read and write. Raises OSError,
    http.client.HTTPException, or what urllib3 raises of a connection that can't be opened.
    """
    connection = pool._get_conn()  # noqa: SLF001
    try:
        connection.timeout = timeout
        if connection.is_closed:
            if pool.proxy is not None:
                pool._prepare_proxy(connection)  # noqa: SLF001
            else:
                connection.connect()
        sock = connection.sock  # type: ignore[attr-defined]
        sock.settimeout(timeout)
        sock.sendall(_request(pool, method, target, headers, body))
        answer, is_kept = _read_answer(sock, method)
    except BaseException:
        connection.close()
        pool._put_conn(None)  # noqa: SLF001
        raise
    if not is_kept:
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
    return head.encode("latin-1") + _END_OF_HEAD + (body or b"")


def _read_answer(sock: socket.socket, method: str) -> tuple[Answer, bool]:
    """The answer, and whether the connection can be used again."""
    received = b""
    while (end := received.find(_END_OF_HEAD)) < 0:
        piece = sock.recv(_READ_BYTES)
        received += piece
        if not piece or len(received) > _LONGEST_HEAD:
            return _read_any(sock, method, received)
    status_line, *lines = received[:end].decode("latin-1").split("\r\n")
    headers = HTTPHeaderDict()
    for line in lines:
        name, _, value = line.partition(":")
        headers.add(name, value.strip(" \t"))
    length = headers.get("Content-Length", "")
    is_ordinary = (
        status_line.startswith(("HTTP/1.1 2", "HTTP/1.1 4"))
        and length.isdecimal()
        and "Transfer-Encoding" not in headers
        and headers.get("Connection", _KEPT).lower() == _KEPT
    )
    if not is_ordinary:
        return _read_any(sock, method, received)
    body = received[end + len(_END_OF_HEAD) :]
    while len(body) < int(length):
        piece = sock.recv(_READ_BYTES)
        if not piece:
            raise HTTPException("the answer broke off")
        body += piece
    if len(body) > int(length):
        raise HTTPException("more than the answer")
    return Answer(int(status_line[9:12]), headers, body), True


def _read_any(sock: socket.socket, method: str, received: bytes) -> tuple[Answer, bool]:
    """The same for any answer that HTTP allows."""
    response = HTTPResponse(_Received(sock, received), method=method)  # type: ignore[arg-type]
    response.begin()
    data = response.read()
    headers = HTTPHeaderDict(response.getheaders())
    return Answer(response.status, headers, data), not response.will_close


class _Received(io.RawIOBase):
    """A socket whose first bytes were read already."""

    def __init__(self, sock: socket.socket, received: bytes) -> None:
        self._sock = sock
        self._received = received

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        if not self._received:
            return self._sock.recv_into(buffer)
        taken, self._received = self._received[: len(buffer)], self._received[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)
