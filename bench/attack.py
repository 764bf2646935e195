"""Strangers against a bare bot: `python -m bench.attack`, or `make attack`.

Thousands of connections say nothing, or a byte at a time, while Feishu delivers and a probe asks
/ping. What counts is how long those wait. Each connection that the bot ends is opened anew.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import resource
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from bench.running_bot import running_bot
from feishu_simulator import Simulator
from feishu_simulator.encryption import encrypt_and_sign

# What each stranger sends, a piece at a time, for ever.
HEAD = b"POST /webhook/event HTTP/1.1\r\nHost: bot\r\nX-Lark-Signature: 0\r\n"
KINDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "idle": lambda: itertools.repeat(b""),
    "slow heads": lambda: itertools.chain([HEAD], itertools.repeat(b"X")),
    "slow bodies": lambda: itertools.chain(
        [HEAD + b"Content-Length: 100000\r\n\r\n"], itertools.repeat(b"x")
    ),
    "slow chunks": lambda: itertools.chain(
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"1\r\nx\r\n")
    ),
    "kept alive": lambda: itertools.chain(
        [b"GET /ping HTTP/1.1\r\nHost: bot\r\n\r\n"], itertools.repeat(b"")
    ),
}
PIECE_SECONDS = 1.0
PROBE_SECONDS = 0.1
TIMEOUT = 20.0


class Strangers:
    """Keeps so many connections of a kind open, from one thread."""

    def __init__(self, port: int, count: int, kind: str) -> None:
        self._port = port
        self._count = count
        self._pieces = KINDS[kind]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.opened = 0

    def __enter__(self) -> Strangers:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        poller = selectors.DefaultSelector()
        held: dict[socket.socket, tuple[Iterator[bytes], float]] = {}
        while not self._stopped.is_set():
            for _ in range(min(200, self._count - len(held))):
                stranger = self._connect()
                held[stranger] = (self._pieces(), time.monotonic())
                poller.register(stranger, selectors.EVENT_READ)
            now, ended = time.monotonic(), set()
            for stranger, (pieces, at) in held.items():
                if at <= now:
                    held[stranger] = (pieces, now + PIECE_SECONDS)
                    if not _sent(stranger, next(pieces)):
                        ended.add(stranger)
            for key, _ in poller.select(0.02):
                if _is_ended(key.fileobj):
                    ended.add(key.fileobj)
            for stranger in ended:
                poller.unregister(stranger)
                stranger.close()
                del held[stranger]
        for stranger in held:
            stranger.close()

    def _connect(self) -> socket.socket:
        stranger = socket.socket()
        stranger.settimeout(0.0)
        with suppress(BlockingIOError):
            stranger.connect(("127.0.0.1", self._port))
        self.opened += 1
        return stranger


def _sent(stranger: socket.socket, piece: bytes) -> bool:
    """Whether the connection is still there."""
    try:
        if piece:
            stranger.send(piece)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


def _is_ended(stranger: Any) -> bool:
    try:
        return not stranger.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        return True


class Probe:
    """Asks again and again, on a connection of its own each time, and notes how long it took."""

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask = ask
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.seconds: list[float] = []
        self.failed = 0

    def run(self, seconds: float) -> None:
        """One question every tenth of a second, whether the last one was answered or not."""
        threads = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            thread = threading.Thread(target=self._once, daemon=True)
            thread.start()
            threads.append(thread)
            time.sleep(PROBE_SECONDS)
        for thread in threads:
            thread.join()

    def _once(self) -> None:
        started = time.monotonic()
        try:
            is_well = self._ask() == 200
        except OSError:
            is_well = False
        took = time.monotonic() - started
        with self._lock:
            self.seconds.append(took)
            self.failed += not is_well

    def row(self) -> str:
        """Milliseconds at the median, at 99 of 100 and at most; and how many failed."""
        ordered = sorted(self.seconds)
        at = [ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99)]
        return f"{at[0]:7.0f} {at[1]:7.0f} {ordered[-1] * 1000:7.0f} {self.failed:5}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each kind; the exit code is 1 when a delivery or a ping failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.attack", description=__doc__)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--kind", choices=KINDS, action="append")
    given = parser.parse_args(arguments)
    raise_limit(given.connections + 500)
    failed = 0
    with running_bot() as (simulator, port, _):
        print(f"{given.connections} connections          ms: p50     p99     max failed")
        for kind in given.kind or KINDS:
            deliveries = Probe(lambda: deliver(simulator, port))
            pings = Probe(lambda: ask(port, "GET", "/ping"))
            with Strangers(port, given.connections, kind) as strangers:
                time.sleep(1.0)
                other = threading.Thread(target=pings.run, args=(given.seconds,))
                other.start()
                deliveries.run(given.seconds)
                other.join()
            print(f"{kind:12} deliveries {deliveries.row()}   ({strangers.opened} opened)")
            print(f"{'':12} /ping      {pings.row()}", flush=True)
            failed += deliveries.failed + pings.failed
    return 1 if failed else 0


_numbers = itertools.count()


def deliver(simulator: Simulator, port: int) -> int:
    """A recall of a message that nobody knows: it goes through the database, and asks no model."""
    number, credentials = next(_numbers), simulator.credentials
    event = {
        "schema": "2.0",
        "header": {
            "event_id": f"ev_attack_{number}",
            "event_type": "im.message.recalled_v1",
            "token": credentials.verification_token,
            "app_id": credentials.app_id,
        },
        "event": {"message_id": f"om_attack_{number}", "chat_id": "oc_attack"},
    }
    body, headers = encrypt_and_sign(event, credentials)
    return ask(port, "POST", "/webhook/event", body, headers)


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    host: str = "127.0.0.1",
) -> int:
    """The status of the answer, 0 where it makes no sense. Raises OSError without one."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        json.loads(answer.read())
    except (http.client.HTTPException, ValueError):
        return 0
    finally:
        connection.close()
    return answer.status


def raise_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


if __name__ == "__main__":
    raise SystemExit(main())
