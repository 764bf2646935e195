"""A gateway on loopback that sends exactly the bytes, and makes exactly the faults, it is told."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DONE = b"data: [DONE]\n\n"


@dataclass
class Request:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any

    @property
    def key(self) -> str:
        return self.headers["authorization"].removeprefix("Bearer ")


# Answers one request on the socket; False closes the connection.
Script = Callable[[socket.socket, Request], bool]


@dataclass
class FaultServer:
    """Answers requests with its scripts in turn; the last one goes on for ever."""

    url: str
    scripts: list[Script] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    def will(self, *scripts: Script) -> None:
        self.scripts[:] = scripts

    @property
    def keys(self) -> list[str]:
        return [request.key for request in self.requests]

    def next_script(self) -> Script:
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 400
    server: FaultServer


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        fault_server: FaultServer = self.server.fault_server  # type: ignore[attr-defined]
        fault_server.connections += 1
        try:
            while request := self._read():
                fault_server.requests.append(request)
                if not fault_server.next_script()(self.connection, request):
                    return
        except OSError:
            pass
        finally:
            fault_server.closed.set()

    def _read(self) -> Request | None:
        line = self.rfile.readline().decode()
        if not line.strip():
            return None
        method, path, _ = line.split()
        headers = {}
        while header := self.rfile.readline().strip().decode():
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        data = self.rfile.read(int(headers.get("content-length", 0)))
        is_form = headers.get("content-type", "").startswith("multipart/")
        body = data if is_form else json.loads(data) if data else None
        return Request(method, path, headers, body)


def start() -> tuple[FaultServer, Callable[[], None]]:
    """A running server and what stops it."""
    listener = _Listener(("127.0.0.1", 0), _Connection)
    fault_server = FaultServer(f"http://127.0.0.1:{listener.server_address[1]}")
    listener.fault_server = fault_server  # type: ignore[attr-defined]
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
    thread.start()

    def stop() -> None:
        listener.shutdown()
        listener.server_close()
        thread.join()

    return fault_server, stop


def event(data: Any) -> bytes:
    """A server-sent event; bytes are sent as they are."""
    text = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return b"data: " + text + b"\n\n"


def delta(text: Any = None, *, finish: str | None = None, **fields: Any) -> bytes:
    """An event with a piece of the answer."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": content | fields, "finish_reason": finish}
    return event({"id": "1", "model": "served-model", "choices": [choice]})


def usage(prompt: int, completion: int) -> bytes:
    """The event with the figures, as the gateways send it before [DONE]."""
    figures = {"prompt_tokens": prompt, "completion_tokens": completion}
    return event({"model": "served-model", "choices": [], "usage": figures})


def answer(*texts: str) -> Script:
    """A whole and sound answer."""
    return stream(*map(delta, texts), delta(finish="stop"), usage(11, 7), DONE)


def send_head(sock: socket.socket, status: int, headers: dict[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    sock.sendall("\r\n".join([*lines, "", ""]).encode())


def stream(
    *parts: bytes | threading.Event,
    content_type: str = "text/event-stream",
    cut: bool = False,
    reset: bool = False,
) -> Script:
    """A chunked response; an Event among the parts is waited for.

    `cut` closes the connection in the middle of the body, `reset` does so with a RST.
    """

    def script(sock: socket.socket, request: Request) -> bool:
        headers = {
            "Content-Type": content_type,
            "Transfer-Encoding": "chunked",
            "X-Oneapi-Request-Id": "req-1",
        }
        send_head(sock, 200, headers)
        for part in parts:
            if isinstance(part, threading.Event):
                part.wait(10)
            else:
                sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if not cut and not reset:
            sock.sendall(b"0\r\n\r\n")
        return not cut and not reset

    return script


def until_closed(*parts: bytes) -> Script:
    """A response that ends with the connection, as some proxies send it."""

    def script(sock: socket.socket, request: Request) -> bool:
        send_head(sock, 200, {"Content-Type": "text/event-stream", "Connection": "close"})
        for part in parts:
            sock.sendall(part)
        return False

    return script


def pings(ping: bytes, *before: bytes, every: float) -> Script:
    """`before`, then one comment after the other until the client has had enough."""

    def script(sock: socket.socket, request: Request) -> bool:
        stream(*before, cut=True)(sock, request)
        gap = threading.Event()
        while not gap.wait(every):
            sock.sendall(b"%x\r\n%s\r\n" % (len(ping), ping))
        return False

    return script


def trickling_head(every: float) -> Script:
    """A head that grows by a byte at a time, for ever."""

    def script(sock: socket.socket, request: Request) -> bool:
        sock.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        gap = threading.Event()
        while not gap.wait(every):
            sock.sendall(b"x")
        return False

    return script


def reply(
    status: int,
    body: Any = b"",
    *,
    content_type: str = "application/json",
    by_gateway: bool = True,
    **headers: str,
) -> Script:
    """A plain response."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    request_id = {"X-Oneapi-Request-Id": "req-1"} if by_gateway else {}

    def script(sock: socket.socket, request: Request) -> bool:
        length = {"Content-Type": content_type, "Content-Length": str(len(data))}
        send_head(sock, status, length | request_id | headers)
        sock.sendall(data)
        return True

    return script


def error(status: int, message: str, type: str = "", code: str = "", **more: Any) -> Script:
    """A response in the gateways' error envelope."""
    return reply(status, {"error": {"message": message, "type": type, "code": code}}, **more)


def hang_up(sock: socket.socket, request: Request) -> bool:
    """No answer: the connection is closed."""
    return False
