"""Asks Feishu for something again and again, in the background."""

from __future__ import annotations

from collections.abc import Callable

from feishu_bot.background_thread import BackgroundThread
from feishu_bot.errors import FeishuError
from feishu_bot.feishu.backoff import backoff

# What is asked here matters from the start: after a lost call the next try comes soon.
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0


class Poller:
    """Calls `ask` in a thread of its own, again after as many seconds as it returns; None ends it.

    When it fails, `on_failure` is told and the next try comes after a second, then less often.
    """

    def __init__(
        self, name: str, ask: Callable[[], float | None], on_failure: Callable[[Exception], None]
    ) -> None:
        self._ask = ask
        self._on_failure = on_failure
        self._thread = BackgroundThread(name, lambda: self.run(self._thread.wait))

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def run(self, wait: Callable[[float], bool]) -> None:
        """Ask again and again; `wait` (seconds) returns True when it is time to end."""
        pauses = backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        while True:
            try:
                pause = self._ask()
            except (FeishuError, KeyError, TypeError, ValueError) as exc:
                self._on_failure(exc)
                pause = next(pauses)
            else:
                pauses = backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
            if pause is None or wait(pause):
                return
