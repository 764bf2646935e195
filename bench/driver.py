"""Posts events to the bot at a fixed rate, whatever it answers: `drive` starts it as a process.

One thread with a selector, so that measuring costs little and no answer delays the next event.
"""

from __future__ import annotations

import base64
import gc
import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

from bench.places import ROOT, environment

CONNECTIONS = 32
MOST_CONNECTIONS = 512
# Feishu gives up after three seconds; a later answer is measured all the same.
PATIENCE = 10.0
START_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Post:
    """One event as it was posted: the monotonic time, seconds to the answer, its status.

    Status 0 means that no answer came; `late` is how far behind the schedule it was sent.
    """

    at: float
    seconds: float
    status: int
    late: float


def drive(port: int, requests: list[bytes], rate: float) -> list[Post]:
    """Post them in a process of its own, `rate` a second, and wait for the answers."""
    given = {
        "port": port,
        "rate": rate,
        "requests": [base64.b64encode(request).decode() for request in requests],
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.driver"],
        cwd=ROOT,
        env=environment(),
        input=json.dumps(given),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=len(requests) / rate + PATIENCE + 30,
    )
    return [Post(**post) for post in json.loads(done.stdout)]


def raw_request(port: int, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection:
    """A kept-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = 0
        self.at = 0.0
        self._received = b""

    def send(self, number: int, request: bytes) -> None:
        self.number, self._received = number, b""
        self.at = time.monotonic()
        self.socket.sendall(request)

    def ping(self) -> None:
        """Ask for something cheap and wait for the answer."""
        self.send(0, b"GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while self.receive() is None:
            continue

    def receive(self) -> int | None:
        """The status once the whole answer is there, 0 when the server has hung up."""
        try:
            data = self.socket.recv(65536)
        except OSError:
            return 0
        if not data:
            return 0
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return None
        headers = head.lower().split(b"\r\n")
        length = next((int(h[15:]) for h in headers if h.startswith(b"content-length:")), 0)
        return int(head[9:12]) if len(body) >= length else None

    @property
    def is_last(self) -> bool:
        """Whether the server wants to hang up after the answer it has sent."""
        return b"connection: close" in self._received.lower()


class _Driver:
    def __init__(self, port: int, requests: list[bytes], rate: float) -> None:
        self._port = port
        self._requests = requests
        self._rate = rate
        self._selector = selectors.DefaultSelector()
        self._open = 0
        self._free: list[_Connection] = []
        self._posts: dict[int, Post] = {}
        self._late: dict[int, float] = {}
        self._sent_at: dict[int, float] = {}

    def run(self) -> list[Post]:
        count = len(self._requests)
        for _ in range(min(CONNECTIONS, count)):
            self._free.append(self._connect())
            # As those of a reverse proxy, they have been used before: gunicorn lets a thread wait
            # for the first request of a new connection.
            self._free[-1].ping()
        began = time.monotonic() + START_SECONDS
        ends = began + count / self._rate + PATIENCE
        sent = 0
        while len(self._posts) < count and (now := time.monotonic()) < ends:
            due = began + sent / self._rate
            if sent < count and now >= due and (connection := self._take()):
                connection.send(sent, self._requests[sent])
                self._sent_at[sent] = connection.at
                self._late[sent] = connection.at - due
                sent += 1
                continue
            until = due if sent < count and now < due else now + 0.01
            self._receive(max(0.0, min(until, ends) - now))
        return [self._posts.get(number) or self._unanswered(number) for number in range(count)]

    def _unanswered(self, number: int) -> Post:
        at = self._sent_at.get(number, time.monotonic())
        return Post(at, PATIENCE, 0, self._late.get(number, 0.0))

    def _connect(self) -> _Connection:
        connection = _Connection(self._port)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._open += 1
        return connection

    def _take(self) -> _Connection | None:
        if self._free:
            return self._free.pop()
        return self._connect() if self._open < MOST_CONNECTIONS else None

    def _receive(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            connection: _Connection = key.data
            is_free = connection in self._free
            status = connection.receive()
            if status is None:
                continue
            took = time.monotonic() - connection.at
            if not is_free:
                number = connection.number
                self._posts[number] = Post(connection.at, took, status, self._late[number])
            if status == 0 or connection.is_last or is_free:
                if is_free:
                    self._free.remove(connection)
                self._selector.unregister(connection.socket)
                connection.socket.close()
                self._open -= 1
            else:
                self._free.append(connection)


def main() -> None:
    """Read what to post from the standard input, write how it went to the standard output."""
    given = json.load(sys.stdin)
    requests = [base64.b64decode(request) for request in given["requests"]]
    gc.disable()
    posts = _Driver(given["port"], requests, given["rate"]).run()
    json.dump([{"at": p.at, "seconds": p.seconds, "status": p.status, "late": p.late}
               for p in posts], sys.stdout)  # fmt: skip


if __name__ == "__main__":
    main()
