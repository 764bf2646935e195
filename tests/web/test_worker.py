"""gunicorn's worker as we run it, in a thread, with real connections."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import threading
import time
from contextlib import ExitStack, suppress

import pytest
from flask import Flask, request
from gunicorn.config import Config
from gunicorn.http.errors import ParseException

from feishu_bot.web import worker as web_worker
from feishu_bot.web.worker import WebWorker
from tests.polling import eventually
from tests.samples import counted

PING = b"GET /ping HTTP/1.1\r\nHost: bot\r\n\r\n"
DELIVERY = b"POST /webhook/event HTTP/1.1\r\nHost: bot\r\nX-Lark-Signature: abc\r\n"


class Log(logging.Logger):
    def access(self, *_args):
        pass


class _Loop(WebWorker):
    def wait_for_and_dispatch_events(self, timeout):
        super().wait_for_and_dispatch_events(min(timeout, 0.02))

    def notify(self):
        pass


class Web:
    """A worker with an application that tells what it was given."""

    def __init__(self, *, threads: int = 2, connections: int = 50) -> None:
        self.wait = threading.Event()
        self.wait.set()
        self.bodies: list[bytes] = []
        self._stack, self._clients = ExitStack(), ExitStack()
        listener = self._stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=2000))
        self.port = listener.getsockname()[1]
        config = Config()
        config.set("threads", threads)
        config.set("worker_connections", connections)
        config.set("keepalive", 75)
        self.worker = _Loop(1, os.getppid(), [listener], None, 60, config, Log("gunicorn"))
        self.worker.tpool = self.worker.get_thread_pool()
        self.worker.poller = web_worker.selectors.DefaultSelector()
        self.worker.method_queue.init()
        self.worker.wsgi = self._app()
        self._thread = threading.Thread(target=self.worker.run, daemon=True)

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.post("/webhook/event")
        def event():
            self.wait.wait(5)
            try:
                self.bodies.append(request.stream.read(2_000_000))
            except ParseException:
                return "unreadable", 401
            return "taken"

        @app.get("/admin")
        def admin():
            self.wait.wait(5)
            return "page"

        @app.get("/ping")
        def ping():
            return "pong"

        return app

    def __enter__(self) -> Web:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.wait.set()
        self._clients.close()
        self.worker.alive = False
        self._thread.join(5)
        self._stack.close()
        self.worker.tmp.close()
        assert not self._thread.is_alive()

    def connect(self, *pieces: bytes) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        self._clients.callback(client.close)
        for piece in pieces:
            client.sendall(piece)
        return client

    def ask(self, *pieces: bytes) -> bytes:
        return answer_to(self.connect(*pieces))


def answer_to(client: socket.socket) -> bytes:
    """Status, a blank and the body of the next answer; its status alone where it is cut off."""
    response = http.client.HTTPResponse(client)
    response.begin()
    return f"{response.status} ".encode() + response.read()


@pytest.fixture
def web():
    with Web() as web:
        yield web


def is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_requests_on_one_connection_are_answered_one_after_the_other(web):
    client = web.connect(PING + PING[:20])
    assert answer_to(client).endswith(b"pong")

    client.sendall(PING[20:])
    assert answer_to(client).endswith(b"pong")

    client.sendall(DELIVERY + b"Content-Length: 2\r\n\r\n{")
    client.sendall(b"}")
    assert answer_to(client).endswith(b"taken")
    assert web.bodies == [b"{}"]


def test_a_delivery_in_chunks_is_taken_in(web):
    head = DELIVERY + b"Transfer-Encoding: chunked\r\n\r\n"

    answer = web.ask(head, b"1\r\n{\r\n", b"1\r\n}\r\n0\r\n", b"\r\n")

    assert answer.endswith(b"taken")
    assert web.bodies == [b"{}"]


@pytest.mark.parametrize(
    "pieces",
    [
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",),
        (b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",),
    ],
)
def test_chunks_that_are_none_reach_the_application_as_what_cannot_be_read(web, pieces):
    client = web.connect(DELIVERY, *pieces)

    assert answer_to(client).startswith(b"401 ")
    eventually(lambda: is_closed(client))


def test_an_unsigned_body_beyond_an_address_check_is_answered_and_not_read(web):
    client = web.connect(
        b"POST /webhook/event HTTP/1.1\r\nHost: bot\r\nContent-Length: 900000\r\n\r\n"
    )

    assert answer_to(client)
    eventually(lambda: is_closed(client))


def test_a_client_that_asks_before_it_sends_its_body_is_told_to(web):
    client = web.connect(DELIVERY + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"

    client.sendall(b"{}")
    assert answer_to(client).startswith(b"200 ")


def test_nobody_who_dawdles_holds_a_thread(web):
    for _ in range(10):
        web.connect()
        web.connect(PING[:-1])
        web.connect(DELIVERY + b"Content-Length: 100\r\n\r\n{")

    assert web.ask(PING).endswith(b"pong")
    assert web.ask(DELIVERY + b"Content-Length: 2\r\n\r\n{}").endswith(b"taken")


def test_head_and_body_have_one_deadline_however_many_bytes_come(monkeypatch):
    monkeypatch.setattr(web_worker, "REQUEST_SECONDS", 0.3)
    with Web() as web, counted("feishu_bot_closed_connections_total", reason="slow") as slow:
        silent, client = web.connect(), web.connect(DELIVERY + b"Content-Length: 1000\r\n\r\n")
        started = time.monotonic()

        def dawdle():
            try:
                client.sendall(b"x")
            except OSError:
                return True
            time.sleep(0.02)
            return False

        eventually(dawdle, timeout=5)
        eventually(lambda: is_closed(silent))

    assert time.monotonic() - started < 3
    assert slow == [2]


def test_where_no_more_fit_those_that_waited_longest_make_room():
    with Web(connections=20) as web:
        strangers = [web.connect(PING[:5]) for _ in range(60)]

        assert web.ask(PING).endswith(b"pong")
        eventually(lambda: is_closed(strangers[0]))
        assert not is_closed(strangers[-1])


def test_connections_that_are_kept_make_room_too():
    with Web(connections=20) as web:
        kept = []
        for _ in range(30):
            kept.append(web.connect(PING))
            assert answer_to(kept[-1]) == b"200 pong"

        assert web.ask(PING).endswith(b"pong")
        eventually(lambda: sum(map(is_closed, kept)) >= 10)


def test_all_that_unfinished_requests_hold_is_bounded(monkeypatch):
    monkeypatch.setattr(web_worker, "MAX_BUFFERED", 200_000)
    with Web() as web:
        head = DELIVERY + b"Content-Length: 1000000\r\n\r\n"
        small, large = web.connect(head), web.connect(head)
        with suppress(OSError):
            large.sendall(b"x" * 900_000)

        eventually(lambda: is_closed(large))
        assert not is_closed(small)


def test_ping_is_answered_while_all_deliveries_wait(web):
    web.wait.clear()
    waiting = [web.connect(DELIVERY + b"Content-Length: 2\r\n\r\n{}") for _ in range(10)]

    assert web.ask(PING).endswith(b"pong")

    web.wait.set()
    assert all(answer_to(client).endswith(b"taken") for client in waiting)


def test_ping_and_deliveries_are_answered_while_the_administrators_page_is_slow(web):
    web.wait.clear()
    page = b"GET /admin HTTP/1.1\r\nHost: bot\r\n\r\n"
    waiting = [web.connect(page) for _ in range(10)]

    assert web.ask(PING).endswith(b"pong")
    delivered = web.connect(DELIVERY + b"Content-Length: 2\r\n\r\n{}")

    web.wait.set()
    assert answer_to(delivered).endswith(b"taken")
    assert all(answer_to(client).endswith(b"page") for client in waiting)


def test_who_does_not_close_after_the_last_answer_delays_nobody(web, monkeypatch):
    monkeypatch.setattr(web_worker, "LINGER_SECONDS", 0.5)
    last = PING[:-2] + b"Connection: close\r\n\r\n"
    lingering = [web.connect(last) for _ in range(10)]

    started = time.monotonic()
    assert web.ask(PING).endswith(b"pong")
    # One after the other they would be waited for for five seconds.
    assert time.monotonic() - started < 4
    for client in lingering:
        assert answer_to(client) == b"200 pong"
    eventually(lambda: web.worker.nr_conns <= 1)


def test_bytes_that_are_no_request_are_answered_alike_and_hardly_logged(web, caplog, monkeypatch):
    monkeypatch.setattr(
        web_worker, "strangers", web_worker.get_limited_logger("feishu_bot.web.worker")
    )
    for line in (
        b"\x1b[31m\x00",
        b"GET",
        b"GET / HTTP/9.9",
        b"A B C D",
        b"GET / HTTP/1.1\r\nA\x00: b",
    ):
        for _ in range(4):
            assert web.ask(line + b"\r\n\r\n") == b"400 "

    records = [record for record in caplog.records if "malformed" in record.message]
    assert len(records) == 5
    assert not any(record.exc_info for record in caplog.records)


def test_descriptors_that_run_out_end_waiting_connections_and_not_the_worker(web, monkeypatch):
    accepted = []
    accept = socket.socket.accept

    def crowded(listener):
        accepted.append(1)
        if len(accepted) % 3 == 2:
            raise OSError(24, "Too many open files")
        return accept(listener)

    first = web.connect(PING[:4])
    eventually(lambda: web.worker.nr_conns == 1)
    monkeypatch.setattr(socket.socket, "accept", crowded)

    # It goes once it has had the time that everybody has.
    eventually(lambda: web.ask(PING).endswith(b"pong") and is_closed(first))
