"""The attempts at one answer: with which key, and whether another one may help."""

from __future__ import annotations

import random
from collections.abc import Callable

from feishu_bot.errors import ModelError
from feishu_bot.llm.error_kinds import KEY_FAULTS, OTHER_KEY_ONLY, TRANSIENT, ModelErrorKind
from feishu_bot.llm.keys import KeyRing

MAX_ATTEMPTS = 3
# With many keys, no more of them than this are asked in vain.
MAX_KEYS = 10
# Seconds that a reader is let wait because the service asks for it, at once and in all.
LONGEST_WAIT = 30.0


def backoff_for(attempt: int) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1): about 0.4, then 0.8."""
    return 0.4 * 2.0 ** (attempt - 1) * random.uniform(0.75, 1.25)


class Attempts:
    """Three at most, each with a key that was not tried yet, where there is one.

    A key that is at fault doesn't count: the others are good all the same.
    """

    def __init__(self, ring: KeyRing, backoff: Callable[[int], float]) -> None:
        self._ring = ring
        self._backoff = backoff
        self._tried: set[str] = set()
        self._failed = 0
        self._waited = 0.0

    def next_key(self) -> str:
        """The key to ask with."""
        key = self._ring.take(avoid=self._tried)
        self._tried.add(key)
        return key

    def wait_after(self, failure: ModelError) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        has_other = len(self._tried) < len(self._ring.keys)
        if failure.kind in KEY_FAULTS and has_other:
            return 0.0 if len(self._tried) < MAX_KEYS else None
        self._failed += 1
        if self._failed == MAX_ATTEMPTS:
            return None
        if failure.kind in OTHER_KEY_ONLY:
            return 0.0 if has_other else None
        if failure.kind not in TRANSIENT:
            return None
        backoff = self._backoff(self._failed)
        if not failure.retry_after:
            return backoff
        is_of_key = failure.kind == ModelErrorKind.GATEWAY_RATE_LIMITED
        if has_other and (is_of_key or failure.retry_after > LONGEST_WAIT):
            # Each key has a limit of its own.
            return 0.0
        self._waited += failure.retry_after
        return max(failure.retry_after, backoff) if self._waited <= LONGEST_WAIT else None
