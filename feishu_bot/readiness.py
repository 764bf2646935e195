"""Whether the bot can do its work, kept in the background: whoever asks only reads it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from feishu_bot import metrics
from feishu_bot.core.languages import Words
from feishu_bot.errors import BotError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# What failed is looked at again soon.
RETRY_SECONDS = 5.0
JOIN_SECONDS = 1.0
# The part that /readyz names until all others were looked at once.
STARTING = "starting"
_UNTITLED = Words("", "")


def _plain(_exc: BotError) -> Words:
    return Words("不能使用", "it can't be used")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`run` raises, or returns False, when the part doesn't work.

    It is called every `seconds` while all is well. `title` is the part's name;
    `explain` says what is wrong and what to do.
    """

    name: str
    run: Callable[[], object]
    seconds: float
    title: Words = _UNTITLED
    explain: Callable[[BotError], Words] = _plain


@dataclass(slots=True)
class _Seen:
    """What was seen of a part, since when (monotonic) it fails, and what was told of that."""

    is_up: bool = True
    since: float = 0.0
    told: set[Words] = field(default_factory=set)


class Readiness:
    """Runs each check in a thread of its own, so that one that hangs delays no other.

    The log has one warning when a part fails, one more for each further cause, and one when the
    part works again.
    """

    def __init__(
        self, checks: tuple[Check, ...], *, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self.checks = checks
        self._timer = timer
        self._seen: dict[str, _Seen] = {}
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
        if len(self._seen) < len(self.checks):
            return [STARTING]
        return [check.name for check in self.checks if not self._seen[check.name].is_up]

    def look(self, check: Check) -> bool:
        """Run a check now, and keep its outcome. A change is logged."""
        failure: BotError | None = None
        try:
            is_up = check.run() is not False
        except BotError as exc:
            is_up, failure = False, exc
        except Exception:
            # A fault of ours. The thread must live on, or what it saw last would be told for ever.
            logger.exception("check failed", part=check.name)
            is_up = False
        seen = self._seen.get(check.name) or _Seen()
        if is_up and not seen.is_up:
            self._tell_recovery(check, seen)
        elif not is_up:
            self._tell_failure(check, seen, failure or BotError("-"))
        seen.is_up = is_up
        # Only now: until each part was looked at, the bot is starting.
        self._seen[check.name] = seen
        metrics.READY.labels(part=check.name).set(is_up)
        return is_up

    def _tell_failure(self, check: Check, seen: _Seen, failure: BotError) -> None:
        if seen.is_up:
            seen.since, seen.told = self._timer(), set()
        words = check.explain(failure)
        if words not in seen.told:
            seen.told.add(words)
            message = f"{check.title.zh}：{words.zh} / {check.title.en}: {words.en}"
            logger.warning(message, part=check.name, ready=False, error=failure)

    def _tell_recovery(self, check: Check, seen: _Seen) -> None:
        message = f"{check.title.zh}恢复正常 / {check.title.en}: it works again"
        seconds = round(self._timer() - seen.since)
        logger.warning(message, part=check.name, ready=True, seconds=seconds)

    def _run(self, check: Check) -> None:
        while True:
            pause = check.seconds if self.look(check) else min(RETRY_SECONDS, check.seconds)
            if self._closing.wait(pause):
                return
