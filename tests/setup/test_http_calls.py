"""What comes back from an address that somebody has typed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from feishu_bot.setup.exchange import LARGEST
from feishu_bot.setup.http_calls import HttpCalls, NoAnswer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextlib.contextmanager
def answered(pieces: Iterator[bytes]) -> Iterator[str]:
    """The address of a server that answers one request by these pieces."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                for piece in pieces:
                    connection.sendall(piece)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    thread.join(5.0)


def trickle(done: threading.Event) -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 100000\r\n\r\n"
    while not done.wait(0.05):
        yield b" "


def test_an_answer_that_trickles_in_is_given_up() -> None:
    done = threading.Event()
    with answered(trickle(done)) as url:
        with pytest.raises(NoAnswer) as told:
            HttpCalls(timeout=0.2).send("GET", url)
        done.set()

    assert told.value.layer == "timeout"


def test_an_answer_that_is_too_long_is_none() -> None:
    body = b'{"a":"' + b"x" * LARGEST + b'"}'
    with (
        answered(iter([HEAD + b"Content-Length: %d\r\n\r\n" % len(body), body])) as url,
        pytest.raises(NoAnswer),
    ):
        HttpCalls().send("GET", url)
