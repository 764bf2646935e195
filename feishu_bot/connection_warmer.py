"""Keeps a connection open through quiet times: a question that comes then waits for none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from feishu_bot.background_thread import BackgroundThread
from feishu_bot.errors import BotError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Many servers close a connection that was idle for a minute.
IDLE_SECONDS = 45.0
# Nobody has asked anything for so long: they have gone home.
KEPT_SECONDS = 2 * 3600.0
# What came in may be a question: then its own calls open the connection, and as soon.
PAUSE_SECONDS = 0.3
JOIN_SECONDS = 0.5


class ConnectionWarmer:
    """Calls `warm`, in a thread of its own, where nothing was called for a while.

    `idle` tells for how many seconds that is, without what `warm` itself calls. It goes on for two
    hours after the last call, and begins again when somebody is about to ask. A BotError
    that `warm` raises is of no interest: the question will tell. `timer` is monotonic.
    """

    def __init__(
        self,
        name: str,
        warm: Callable[[], None],
        idle: Callable[[], float],
        *,
        seconds: float = IDLE_SECONDS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._warm = warm
        self._idle = idle
        self._seconds = seconds
        self._timer = timer
        self._warmed_at = float("-inf")
        self._wanted = threading.Event()
        self._thread = BackgroundThread(
            f"warm-{name}", self._run, wake=self._wanted.set, join_seconds=JOIN_SECONDS
        )

    def start(self) -> None:
        """Begin to keep one open."""
        self._thread.start()

    def stop(self) -> None:
        """Open no more."""
        self._thread.stop()

    def expect(self) -> None:
        """Somebody may be about to ask. Never waits; while there are many it does nothing."""
        if self._cold_in() <= 0:
            self._wanted.set()

    def _cold_in(self) -> float:
        """Seconds until the connection may have been closed."""
        return self._seconds - min(self._idle(), self._timer() - self._warmed_at)

    def _run(self) -> None:
        while not self._thread.is_closing():
            is_kept = self._idle() < KEPT_SECONDS
            is_wanted = self._wanted.wait(
                max(self._cold_in(), PAUSE_SECONDS) if is_kept else self._seconds
            )
            self._wanted.clear()
            if is_wanted and self._thread.wait(PAUSE_SECONDS):
                return
            if self._cold_in() <= 0 and (is_wanted or self._idle() < KEPT_SECONDS):
                self._warmed_at = self._timer()
                with suppress(BotError):
                    self._warm()
                    logger.debug("connection opened", to=self._name)
