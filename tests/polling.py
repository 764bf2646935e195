"""Waiting for something to become true, with a deadline and no fixed sleep."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(get: Callable[[], T], *, timeout: float = 10.0) -> T:
    """The first truthy value that `get` gives; fails when there is none in `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not (value := get()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {value!r} after {timeout} s")
        pause.wait(0.01)
    return value


def wait_for_port(port: int, process: subprocess.Popen[bytes], *, timeout: float) -> None:
    """Wait until the process listens on this port of loopback; fails when it ends before."""

    def listens() -> bool:
        assert process.poll() is None, "it ended by itself"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False

    eventually(listens, timeout=timeout)


class Clock:
    """A clock that moves when told to."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds
