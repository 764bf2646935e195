"""gunicorn's threaded worker, with a loop that reads whole requests before a thread sees them.

A thread is given a request only once all of it is here, so idle and trickling connections cost a
descriptor and a few bytes, however many there are. Where no more of them fit, those that have
waited longest go first: Feishu sends an event within milliseconds.
"""

from __future__ import annotations

import errno
import selectors
import socket
import struct
import time
from concurrent import futures
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker
from typing_extensions import override

from feishu_bot import metrics
from feishu_bot.logs import get_limited_logger
from feishu_bot.web.incoming import IncomingRequest

# For the whole of a request, head and body; Feishu itself gives up after three.
REQUEST_SECONDS = 5.0
# By then a request that is honest has come, and its connection goes before one that was kept.
PROMPT_SECONDS = 0.5
# However many come: what it takes until the second packet of a request is here.
LEAST_SECONDS = 0.05
# How long a client may take to accept a piece of an answer.
SEND_SECONDS = 5
# After an answer that ends a connection, for the client to read it and close.
LINGER_SECONDS = 1.0
LINGER_BYTES = 64 * 1024
READ_BYTES = 64 * 1024
# What unfinished requests may take in all; beyond it the largest of them goes.
MAX_BUFFERED = 32 * 1024 * 1024
ACCEPTS_AT_ONCE = 64
# For everything but deliveries: what those wait for must not delay /ping.
OTHER_THREADS = 4
# For the administrator's page, whose reports may take a second: neither deliveries nor /ping wait.
ADMIN_THREADS = 2

_SEND_TIMEOUT = struct.pack("ll", SEND_SECONDS, 0)
_CROWDED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NOT_NOW = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED, errno.EINTR})

strangers = get_limited_logger(__name__)


class WebWorker(ThreadWorker):  # type: ignore[misc]
    """The loop holds connections in three ways: a request arrives, none does, the last has gone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By how long they are there, the oldest first; the value is when their time is up.
        self._arriving: dict[TConn, float] = {}
        self._lingering: dict[TConn, float] = {}
        self._buffered = 0
        self._others = futures.ThreadPoolExecutor(OTHER_THREADS)
        self._admins = futures.ThreadPoolExecutor(ADMIN_THREADS)

    @override
    def accept(self, listener: socket.socket) -> None:
        """Take in what waits; connections that bring nothing make room for new ones."""
        for _ in range(ACCEPTS_AT_ONCE):
            if self._is_full and not self._make_room():
                return
            try:
                client, address = listener.accept()
            except OSError as exc:
                if exc.errno in _CROWDED:
                    if not self._make_room():
                        # All are being answered: the next turn of the loop tries again.
                        time.sleep(0.01)
                elif exc.errno not in _NOT_NOW:
                    raise
                return
            self.nr_conns += 1
            with suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)
            conn = TConn(self.cfg, client, address, listener.getsockname())
            self._await_request(conn)
            # What is here already is read before others can crowd it out.
            self._on_readable(conn, client)

    @override
    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Where no more fit, look again as soon as somebody has had their time."""
        super().wait_for_and_dispatch_events(LEAST_SECONDS if self._is_full else timeout)

    @property
    def _is_full(self) -> bool:
        return bool(self.nr_conns >= self.worker_connections)

    @override
    def on_client_socket_readable(self, conn: TConn, client: Any) -> None:
        """The next request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn)
        self._on_readable(conn, client)

    @override
    def enqueue_req(self, conn: TConn) -> None:
        """Hand a whole request to a thread."""
        received, conn.rest = conn.incoming.take()
        conn.must_close = conn.incoming.must_close
        pool = self._pool_of(conn.incoming)
        conn.incoming = None
        # The parser finds all there is, and never waits for more.
        conn.parser = http.get_parser(self.cfg, [received], conn.client)
        conn.initialized = True
        done = pool.submit(self.handle, conn)
        done.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _pool_of(self, incoming: IncomingRequest) -> futures.Executor:
        if incoming.is_delivery:
            pool: futures.Executor = self.tpool
            return pool
        return self._admins if incoming.is_admin else self._others

    @override
    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request, in a thread."""
        if conn.must_close:
            req.force_close()
        return super().handle_request(req, conn)

    @override
    def finish_request(self, conn: TConn, fs: futures.Future[Any]) -> None:
        """The thread is done: wait for the next request, or end the connection."""
        keeps = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        if not keeps or conn.must_close or conn.sock.fileno() < 0:
            self._linger(conn)
        elif conn.rest:
            self._await_request(conn)
            self._take_in(conn, conn.rest)
        else:
            conn.sock.settimeout(0.0)
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            callback = partial(self.on_client_socket_readable, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, callback)

    @override
    def murder_pending(self) -> None:
        """End what has had its time; called with every turn of the loop."""
        now = time.monotonic()
        for conn, until in [*self._arriving.items()]:
            # Who stops doesn't wait for those who dawdle.
            if until <= (now if self.alive else now + REQUEST_SECONDS - PROMPT_SECONDS):
                self._drop(conn, "slow")
        for conn, until in [*self._lingering.items()]:
            if until <= now:
                self._drop(conn)
        if self._is_full:
            self._make_room()

    @override
    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Bytes that are no request are answered alike, and told a few times a minute."""
        if not isinstance(exc, ParseException | NoMoreData):
            super().handle_error(req, client, addr, exc)
            return
        metrics.CLOSED_CONNECTIONS.labels(reason="malformed").inc()
        strangers.warning("malformed request", reason=type(exc).__name__)
        with suppress(OSError):
            client.sendall(
                b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )

    def _await_request(self, conn: TConn) -> None:
        conn.incoming = IncomingRequest()
        conn.sock.settimeout(0.0)
        self._arriving[conn] = time.monotonic() + REQUEST_SECONDS
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn))

    def _on_readable(self, conn: TConn, _socket: Any) -> None:
        # In this turn of the loop it may have made room for another one.
        if conn not in self._arriving:
            return
        piece = _received(conn)
        if piece:
            self._take_in(conn, piece)
        elif piece is not None:
            self._drop(conn)

    def _take_in(self, conn: TConn, piece: bytes) -> None:
        conn.incoming.add(piece)
        self._buffered += len(piece)
        if conn.incoming.expects_continue:
            conn.incoming.expects_continue = False
            with suppress(OSError):
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if conn.incoming.is_whole:
            self._forget(conn)
            self.enqueue_req(conn)
        elif self._buffered > MAX_BUFFERED:
            self._drop(max(self._arriving, key=lambda conn: len(conn.incoming)), "crowded")

    def _linger(self, conn: TConn) -> None:
        """Say that this was all, and let the client read it: closing at once could cut it off."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.settimeout(0.0)
            callback = partial(self._on_leftover, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, callback)
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()
            return
        conn.leftover = LINGER_BYTES
        self._lingering[conn] = time.monotonic() + LINGER_SECONDS

    def _on_leftover(self, conn: TConn, _socket: Any) -> None:
        if conn not in self._lingering:
            return
        piece = _received(conn)
        if piece is None:
            return
        conn.leftover -= len(piece)
        if not piece or conn.leftover <= 0:
            self._drop(conn)

    def _make_room(self) -> bool:
        """End the connection that is missed least; False when none has had its time."""
        oldest, until = next(iter(self._arriving.items()), (None, 0.0))
        waited = REQUEST_SECONDS - (until - time.monotonic())
        if self._lingering:
            self._drop(next(iter(self._lingering)))
        elif oldest and waited > (PROMPT_SECONDS if self.keepalived_conns else LEAST_SECONDS):
            self._drop(oldest, "crowded")
        elif self.keepalived_conns:
            self._close(self.keepalived_conns.popleft())
        else:
            return False
        return True

    def _drop(self, conn: TConn, reason: str = "") -> None:
        if reason:
            metrics.CLOSED_CONNECTIONS.labels(reason=reason).inc()
        if conn in self._arriving:
            self._forget(conn, closes=True)
        else:
            del self._lingering[conn]
            self._close(conn)

    def _forget(self, conn: TConn, *, closes: bool = False) -> None:
        """It is no longer among those whose request arrives."""
        del self._arriving[conn]
        self._buffered -= len(conn.incoming)
        if closes:
            self._close(conn)
        else:
            self.poller.unregister(conn.sock)

    def _close(self, conn: TConn) -> None:
        with suppress(KeyError, ValueError, OSError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()


def _received(conn: TConn) -> bytes | None:
    """What has arrived: empty at the connection's end or failure, None when it is too early."""
    try:
        return bytes(conn.sock.recv(READ_BYTES))
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""
