"""One request and its answer, against a server on loopback that says what it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException

import pytest
import urllib3

from feishu_bot.feishu.api.exchange import Answer, _Incoming, _read_answer, exchange

ORDINARY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
Exchange = Callable[..., Answer]


class Server:
    """Answers each request on each connection with the next pieces; None closes."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.answers: list[list[bytes | None]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # Whoever reads an answer that is none hangs up in the middle.
        with connection, contextlib.suppress(OSError):
            while request := connection.recv(65_536):
                self.requests.append(request)
                for piece in self.answers.pop(0):
                    if piece is None:
                        return
                    connection.sendall(piece)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def ask(server: Server) -> Iterator[Exchange]:
    manager = urllib3.PoolManager()
    pool = manager.connection_from_url(server.url)

    def ask(
        *pieces: bytes | None, method: str = "PUT", body: bytes | None = b"{}", **headers: str
    ) -> Answer:
        server.answers.append(list(pieces))
        return exchange(pool, method, "/x?y=1", headers=headers, body=body, timeout=5.0)

    yield ask
    manager.clear()


def test_the_request_has_all_that_a_server_needs(ask: Exchange, server: Server) -> None:
    assert ask(ORDINARY, Authorization="Bearer t") == (200, ask(ORDINARY).headers, b"{}")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")

    host = server.url.removeprefix("http://").encode()
    assert head.split(b"\r\n") == [
        b"PUT /x?y=1 HTTP/1.1",
        b"Host: " + host,
        b"Accept-Encoding: identity",
        b"Authorization: Bearer t",
        b"Content-Length: 2",
    ]
    assert body == b"{}"


def test_a_question_without_a_body_has_no_length(ask: Exchange, server: Server) -> None:
    ask(ORDINARY, method="GET", body=None)

    assert b"Content-Length" not in server.requests[0]


@pytest.mark.parametrize(
    "pieces",
    [
        [ORDINARY],
        [ORDINARY[:9], ORDINARY[9:60], ORDINARY[60:-1], ORDINARY[-1:]],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", ORDINARY],
        [b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", ORDINARY],
        [b"HTTP/1.1 200 OK\r\ncontent-length:2\r\nConnection: Keep-Alive\r\n\r\n{}"],
    ],
    ids=["at once", "in pieces", "chunked", "continued", "early hints", "kept"],
)
def test_a_connection_is_used_again(
    ask: Exchange, server: Server, pieces: list[bytes | None]
) -> None:
    assert [ask(*pieces).data, ask(*pieces).data] == [b"{}", b"{}"]
    assert server.connections == 1


@pytest.mark.parametrize(
    "pieces",
    [
        [ORDINARY.replace(b"Content-Length: 2", b"Connection: close"), None],
        [ORDINARY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), None],
        [b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", None],
    ],
    ids=["no length", "said", "an old server"],
)
def test_a_connection_that_ends_is_not_used_again(
    ask: Exchange, server: Server, pieces: list[bytes | None]
) -> None:
    assert [ask(*pieces).data, ask(*pieces).data] == [b"{}", b"{}"]
    assert server.connections == 2


@pytest.mark.parametrize(
    "pieces",
    [
        [None],
        [ORDINARY[:-1], None],
        [b"SSH-2.0-OpenSSH\r\n\r\n", None],
        [ORDINARY + b"{}"],
        [b"x" * 70_000, None],
        [ORDINARY.replace(b": 2", b": " + b"9" * 5000)],
        [ORDINARY.replace(b": 2", b": " + b"9" * 9)],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n{"],
        [b"HTTP/1.1 2xx OK\r\nContent-Length: 2\r\n\r\n{}", None],
        [b"HTTP/1.1 101 Switching Protocols\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 1_000_000] * 17, None],
    ],
    ids=[
        "nothing",
        "half a body",
        "another protocol",
        "too much",
        "no end",
        "a length of 5,000 digits",
        "a gigabyte",
        "a huge chunk",
        "no status",
        "another protocol",
        "no end of a body",
    ],
)
def test_what_is_no_answer_is_refused_and_ends_the_connection(
    ask: Exchange, server: Server, pieces: list[bytes | None]
) -> None:
    with pytest.raises((OSError, HTTPException)):
        ask(*pieces)

    assert ask(ORDINARY).data == b"{}"
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + ORDINARY,
        b"HTTP/1.1 204 No Content\r\n\r\n" + ORDINARY,
        b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}" + ORDINARY,
        b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}" + ORDINARY,
    ],
    ids=[
        "after chunks", "after none", "none with a body", "unchanged with a length", "two lengths",
        "a length and chunks", "an odd length", "after a failure",
    ],
)  # fmt: skip
def test_what_follows_an_answer_is_given_to_nobody(
    ask: Exchange, server: Server, answer: bytes
) -> None:
    own = ORDINARY.replace(b"{}", b"[]")
    ask(answer)

    assert ask(own).data == b"[]"
    assert server.connections == 2


def test_what_tls_has_decrypted_beyond_the_answer_is_given_to_nobody() -> None:
    """A record is decrypted as a whole; the pool, which looks at the network, doesn't see it."""
    ours, theirs = socket.socketpair()

    class Decrypted:
        def __init__(self) -> None:
            self.recv, self.settimeout = ours.recv, ours.settimeout

        def pending(self) -> int:
            return 5

    with ours, theirs:
        theirs.sendall(ORDINARY)
        incoming = _Incoming(Decrypted(), 5.0)  # type: ignore[arg-type]
        answer, is_kept = _read_answer(incoming, "GET")

    assert (answer.data, is_kept) == (b"{}", False)


def test_what_was_left_by_another_request_is_given_to_nobody(server: Server) -> None:
    """The pool is shared with requests that don't go through here."""

    class Tls(socket.socket):
        def pending(self) -> int:
            return 5

    with urllib3.PoolManager() as manager:
        pool = manager.connection_from_url(server.url)
        server.answers += [[ORDINARY], [ORDINARY]]
        exchange(pool, "GET", "/x", headers={}, body=None, timeout=5.0)
        connection = pool._get_conn()
        connection.sock = Tls(fileno=connection.sock.detach())  # type: ignore[attr-defined]
        pool._put_conn(connection)

        exchange(pool, "GET", "/x", headers={}, body=None, timeout=5.0)

    assert server.connections == 2


def test_the_time_is_that_of_the_whole_answer() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(ORDINARY[:9])
        incoming = _Incoming(ours, 0.0)
        with pytest.raises(TimeoutError, match="takes too long"):
            _read_answer(incoming, "GET")


def test_a_header_can_not_begin_another(ask: Exchange, server: Server) -> None:
    with pytest.raises(HTTPException, match="line break"):
        ask(ORDINARY, Name="a\r\nX: b")

    assert server.requests == []


@pytest.mark.parametrize("name", ["X", "Authorization"])
def test_what_no_header_may_have_is_no_other_kind_of_error(ask: Exchange, name: str) -> None:
    with pytest.raises(HTTPException, match="no place"):
        ask(ORDINARY, **{name: "\u4e2d"})
