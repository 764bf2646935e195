"""Whether the bot can do its work, kept in the background: whoever asks only reads it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from feishu_bot import metrics
from feishu_bot.errors import BotError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# What failed is looked at again soon.
RETRY_SECONDS = 5.0
JOIN_SECONDS = 1.0
# The part that /readyz names until all others were looked at once.
STARTING = "starting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`run` raises, or returns False, when the part doesn't work.

    It is called every `seconds` while all is well.
    """

    name: str
    run: Callable[[], object]
    seconds: float


class Readiness:
    """Runs each check in a thread of its own, so that one that hangs delays no other."""

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self.checks = checks
        self._is_up: dict[str, bool] = {}
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to check."""
        for check in self.checks:
            thread = threading.Thread(
                target=self._run, args=(check,), name=f"check-{check.name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End the threads; one that waits for an answer is left behind."""
        self._closing.set()
        deadline = time.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def failing(self) -> list[str]:
        """The names of what doesn't work, as it was seen last."""
        if len(self._is_up) < len(self.checks):
            return [STARTING]
        return [check.name for check in self.checks if not self._is_up[check.name]]

    def look(self, check: Check) -> bool:
        """Run a check now, and keep its outcome. A change is logged."""
        was_up = self._is_up.get(check.name, True)
        error: object = "-"
        try:
            is_up = check.run() is not False
        except BotError as exc:
            is_up, error = False, exc
        except Exception:
            # A fault of ours. The thread must live on, or what it saw last would be told for ever.
            logger.exception("check failed", part=check.name)
            is_up = False
        if was_up and not is_up:
            logger.warning("not ready", part=check.name, error=error)
        elif is_up and not was_up:
            logger.info("ready again", part=check.name)
        self._is_up[check.name] = is_up
        metrics.READY.labels(part=check.name).set(is_up)
        return is_up

    def _run(self, check: Check) -> None:
        while True:
            pause = check.seconds if self.look(check) else min(RETRY_SECONDS, check.seconds)
            if self._closing.wait(pause):
                return
