"""Calls that are given up after a while, whatever they wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


class TookTooLong(Exception):
    """The call has not ended in time. What it does may still happen."""


class TimeLimit:
    """Runs calls in threads of its own, each for `seconds` at most. Thread-safe.

    A call that is given up goes on until it ends by itself; nothing can end it from outside. Where
    all `threads` are held by such calls, further ones are given up at once: they would wait for
    nothing. The threads are started when they are first needed, so after a fork.
    """

    def __init__(self, seconds: float, *, threads: int) -> None:
        self._seconds = seconds
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="delivery")
        self._lock = threading.Lock()
        self._given_up = 0

    def run(self, call: Callable[[], T]) -> T:
        """What the call returns or raises. Raises TookTooLong."""
        if self._given_up >= self._threads:
            raise TookTooLong
        running = self._pool.submit(call)
        done, _ = wait((running,), self._seconds)
        if done:
            return running.result()
        if not running.cancel():
            with self._lock:
                self._given_up += 1
            running.add_done_callback(self._has_ended)
        raise TookTooLong

    def close(self) -> None:
        """Begin no further call."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _has_ended(self, _running: Future[T]) -> None:
        with self._lock:
            self._given_up -= 1
