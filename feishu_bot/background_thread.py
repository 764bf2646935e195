"""Threads that go on beside the answers until the process ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

from feishu_bot.logs import get_logger

logger = get_logger(__name__)

JOIN_SECONDS = 2.0


def nothing() -> None:
    """There is nothing to be woken from."""


class BackgroundThread:
    """Runs `run` in a thread of its own, from `start` to `stop`. A `runtime.Part`.

    `run` returns soon after `is_closing`, which `wait` tells as well. `wake` ends whatever else it
    waits for. `stop` waits `join_seconds` for it, and leaves it behind after that. No thread
    exists before `start`, so that it may be built before a fork.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[], None],
        *,
        wake: Callable[[], None] = nothing,
        join_seconds: float = JOIN_SECONDS,
    ) -> None:
        self._name = name
        self._run = run
        self._wake = wake
        self._join_seconds = join_seconds
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Have it end, without waiting for that."""
        self._closing.set()
        self._wake()

    def stop(self) -> None:
        """Have it end, and wait for that."""
        self.close()
        if self._thread:
            self._thread.join(self._join_seconds)

    def is_closing(self) -> bool:
        """Whether it is to end."""
        return self._closing.is_set()

    def is_alive(self) -> bool:
        """Whether it has begun and not ended."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is to end: then True, and at once."""
        return self._closing.wait(seconds)


class PeriodicThread(BackgroundThread):
    """Calls `work` every `seconds`, and goes on after whatever it raises: the log says `failed`.

    The first call comes after `first_seconds`, or as late as the others.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        *,
        seconds: float,
        first_seconds: float | None = None,
        failed: str,
        join_seconds: float = JOIN_SECONDS,
    ) -> None:
        super().__init__(name, self._repeat, join_seconds=join_seconds)
        self._work = work
        self._seconds = seconds
        self._first_seconds = seconds if first_seconds is None else first_seconds
        self._failed = failed

    def _repeat(self) -> None:
        seconds = self._first_seconds
        while not self.wait(seconds):
            seconds = self._seconds
            try:
                self._work()
            except Exception as exc:  # noqa: BLE001 (the next time may go well)
                logger.failure(self._failed, exc)
