"""The attempts at one answer: with which key, and whether another one may help."""

from __future__ import annotations

import random
from collections.abc import Callable

from feishu_bot.errors import ModelError
from feishu_bot.llm.error_kinds import OTHER_KEY_ONLY, TRANSIENT
from feishu_bot.llm.keys import KeyRing

MAX_ATTEMPTS = 3


def backoff_for(attempt: int) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1): about 0.4, then 0.8."""
    return 0.4 * 2.0 ** (attempt - 1) * random.uniform(0.75, 1.25)


class Attempts:
    """Three at most, each with a key that was not tried yet, where there is one."""

    def __init__(self, ring: KeyRing, backoff: Callable[[int], float]) -> None:
        self._ring = ring
        self._backoff = backoff
        self._tried: set[str] = set()
        self._failed = 0

    def next_key(self) -> str:
        """The key to ask with."""
        key = self._ring.take(avoid=self._tried)
        self._tried.add(key)
        return key

    def wait_after(self, failure: ModelError) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        self._failed += 1
        if self._failed == MAX_ATTEMPTS:
            return None
        if failure.kind in OTHER_KEY_ONLY:
            return 0.0 if len(self._tried) < len(self._ring.keys) else None
        return self._backoff(self._failed) if failure.kind in TRANSIENT else None
