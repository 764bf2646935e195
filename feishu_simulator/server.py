"""A threaded loopback HTTP server with keep-alive, and the raw connection under a request."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from typing_extensions import override
else:

    def override(method):
        return method


logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
HOST_NAMES = frozenset([LOOPBACK, "localhost"])
RAW_CONNECTION = "simulator.connection"
Head = tuple[str, list[tuple[str, str]]]


class RawConnection:
    """The connection under one request, for responses that WSGI can't express."""

    def __init__(self, handler: KeepAliveHandler) -> None:
        self._handler = handler
        self._socket: socket.socket = handler.connection
        self.used = False

    @property
    def socket(self) -> socket.socket:
        """The socket itself, for code that writes the whole response by itself."""
        self.used = True
        return self._socket

    def send(self, data: bytes) -> None:
        """Write at once. Raises OSError when the client has gone."""
        self.used = True
        self._socket.sendall(data)

    def close(self, *, reset: bool = False) -> None:
        """Close the connection; with *reset* send RST, as a crashed peer does."""
        self.used = True
        self._handler.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class KeepAliveHandler(WSGIRequestHandler):
    """Reads the whole body before it runs the app, so that the connection can be reused."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @override
    def run_wsgi(self) -> None:
        environ = self.make_environ()
        connection = environ[RAW_CONNECTION] = RawConnection(self)
        self._read_body(environ)
        if not _is_loopback(environ.get("HTTP_HOST", LOOPBACK)):
            self._answer("403 Forbidden", [("Content-Type", "text/plain")], b"wrong host name")
            return
        try:
            head, content = self._run_app(environ)
        except ConnectionError:
            self.close_connection = True
            return
        except Exception:
            logger.exception("request failed path=%s", self.path)
            self.close_connection = True
            head, content = ("500 Internal Server Error", []), b'{"code":2200,"msg":"internal"}'
        if not connection.used:
            self._answer(*head, content)

    def _read_body(self, environ: WSGIEnvironment) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read()
        else:
            body = self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)

    def _run_app(self, environ: WSGIEnvironment) -> tuple[Head, bytes]:
        """Status and headers, and the body. An app that used the raw connection gives neither."""
        heads: list[Head] = [("200 OK", [])]

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: object = None
        ) -> Any:
            heads.append((status, headers))

        result = self.server.app(environ, start_response)
        try:
            return heads[-1], b"".join(result)
        finally:
            if hasattr(result, "close"):
                result.close()

    def _answer(self, status: str, headers: Iterable[tuple[str, str]], content: bytes) -> None:
        lines = [f"HTTP/1.1 {status}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() != "content-length"]
        lines.append(f"Content-Length: {len(content)}")
        head = "\r\n".join(lines) + "\r\n\r\n"
        self.wfile.write(head.encode("latin-1") + (b"" if self.command == "HEAD" else content))

    @override
    def log(self, type: str, message: str, *args: Any) -> None:
        """Log nothing: the simulator records the calls itself."""


def _is_loopback(host: str) -> bool:
    """Whether this is a name of ours: under another one a page wants to read what is here."""
    return host.partition(":")[0] in HOST_NAMES


class LoopbackServer(ThreadedWSGIServer):
    """Serves one WSGI app on 127.0.0.1 and nowhere else, and under no other name.

    A page of another site whose name is made to resolve to 127.0.0.1 (DNS rebinding) could
    otherwise read all messages, and write as the bot.
    """

    request_queue_size = 1024
    daemon_threads = True
    multithread = True

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self.accepted = 0
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        self._threads_left = threading.Condition(self._connections_lock)
        super().__init__(LOOPBACK, port, app, handler=KeepAliveHandler)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @override
    def server_bind(self) -> None:
        """Bind without HTTPServer's lookup of the host name, which may query DNS."""
        if os.name == "posix":
            # Otherwise connections closed just now would block a fixed port for a minute.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        socket.socket.bind(self.socket, (LOOPBACK, self.port))
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, close every connection and wait up to 2 s for their threads."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
        with self._connections_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._threads_left.wait_for(lambda: not self._connections, timeout=2)

    @override
    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
            self.accepted += 1
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._connections_lock:
                self._connections.discard(request)
                self._threads_left.notify_all()

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("connection ended early", exc_info=sys.exception())

    @override
    def log(self, type: str, message: str, *args: Any) -> None:
        """Log nothing, see KeepAliveHandler.log."""
