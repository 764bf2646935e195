"""Opens a connection before it is needed: after a quiet hour a question waits for none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Many servers close a connection that was idle for a minute.
IDLE_SECONDS = 45.0
JOIN_SECONDS = 0.5


class ConnectionWarmer:
    """Calls `warm` in a thread of its own, when a question is about to come and nothing was called
    for a while.

    `idle` tells for how many seconds that is. With `is_kept` it does so all the time, so that one
    is open whenever a question comes. What `warm` raises is of no interest: the question will tell.
    """

    def __init__(
        self,
        name: str,
        warm: Callable[[], None],
        idle: Callable[[], float],
        *,
        is_kept: bool = False,
        seconds: float = IDLE_SECONDS,
    ) -> None:
        self._name = name
        self._warm = warm
        self._idle = idle
        self._seconds = seconds
        self._wait = seconds if is_kept else None
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Be ready to open one."""
        self._thread = threading.Thread(target=self._run, name=f"warm-{self._name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Open no more."""
        self._closing.set()
        self._wanted.set()
        if self._thread:
            self._thread.join(JOIN_SECONDS)

    def expect(self) -> None:
        """A question is about to come. Never waits; while there are many it does nothing."""
        if self._idle() >= self._seconds:
            self._wanted.set()

    def _run(self) -> None:
        while True:
            self._wanted.wait(self._wait)
            self._wanted.clear()
            if self._closing.is_set():
                return
            if self._idle() >= self._seconds:
                with suppress(Exception):
                    self._warm()
                    logger.debug("connection opened", to=self._name)
