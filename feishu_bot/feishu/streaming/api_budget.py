"""The budget of one API: how many calls Feishu allows in a second and in a minute.

Feishu counts in sliding windows (50/s and 1,000/min for each API, app and tenant: "Rate limits"),
so we count in sliding windows too: a token bucket that refills while it is full would let twice
the limit through. The windows are a little longer and the limits a little lower than Feishu's,
because calls leave here evenly and arrive there bunched.
"""

from __future__ import annotations

import contextlib
from collections import deque

PER_SECOND = 47
PER_MINUTE = 950
# Kept back for urgent calls: messages, first frames and final ones. With the whole minute spent on
# frames in between, answers that still need their last one would be lost.
RESERVED_PER_SECOND = 5
RESERVED_PER_MINUTE = 150
SECOND = 1.2
MINUTE = 61.0
SLOWEST = 0.05
RECOVERY_PER_SECOND = 0.05


class Window:
    """At most `limit` grants in any `seconds`; times are of one monotonic clock."""

    def __init__(self, limit: float, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._grants: deque[float] = deque()

    def wait(self, now: float, *, reserve: float = 0.0, factor: float = 1.0) -> float:
        """Seconds until one more fits below the limit less its reserve; 0.0 is now."""
        while self._grants and self._grants[0] <= now - self.seconds:
            self._grants.popleft()
        room = max(1, int((self.limit - reserve) * factor))
        if len(self._grants) < room:
            return 0.0
        return self._grants[len(self._grants) - room] + self.seconds - now

    def take(self, now: float) -> None:
        """Count one call."""
        self._grants.append(now)

    def postpone(self, granted: float, now: float) -> None:
        """A call granted then leaves only now."""
        with contextlib.suppress(ValueError):
            self._grants.remove(granted)
            self._grants.append(now)

    def used(self) -> int:
        """How many calls are in the window."""
        return len(self._grants)


class Budget:
    """The two windows of an API, and how far Feishu has made us slow down.

    `factor` is the share of the documented limit in use: halved at each refusal, growing back by
    5 % of the limit a second, so that several replicas find their share without talking.
    """

    def __init__(self, per_second: float = PER_SECOND, per_minute: float = PER_MINUTE) -> None:
        self._second = Window(per_second, SECOND)
        self._minute = Window(per_minute, MINUTE)
        self._reserve = RESERVED_PER_SECOND * per_second / PER_SECOND
        self._minute_reserve = RESERVED_PER_MINUTE * per_minute / PER_MINUTE
        self._factor = 1.0
        self._factor_at = 0.0
        self._cooldown_until = 0.0
        self._last_frame = float("-inf")

    def wait(self, now: float, *, urgent: bool) -> float:
        """Seconds until a call may be made; 0.0 is now."""
        if now < self._cooldown_until:
            return self._cooldown_until - now
        factor = self.factor(now)
        if urgent:
            return max(self._second.wait(now, factor=factor), self._minute.wait(now, factor=factor))
        return max(
            self._last_frame + self._spacing(factor) - now,
            self._second.wait(now, reserve=self._reserve, factor=factor),
            self._minute.wait(now, reserve=self._minute_reserve, factor=factor),
            0.0,
        )

    def take(self, now: float, *, urgent: bool) -> None:
        """Count one call."""
        self._second.take(now)
        self._minute.take(now)
        if not urgent:
            self._last_frame = now

    def postpone(self, granted: float, now: float) -> None:
        """A call granted then leaves only now, and that is when Feishu counts it."""
        self._second.postpone(granted, now)
        self._minute.postpone(granted, now)

    def refused(self, now: float, retry_after: float) -> None:
        """Feishu said that it was too much: make no calls for `retry_after` seconds, then fewer.

        Refusals of calls that were under way together count once.
        """
        if now < self._cooldown_until:
            return
        self._factor = max(SLOWEST, self.factor(now) / 2)
        self._cooldown_until = now + retry_after
        self._factor_at = self._cooldown_until

    def factor(self, now: float) -> float:
        """The share of the documented limit in use, above 0.0 and up to 1.0."""
        grown = max(0.0, now - self._factor_at) * RECOVERY_PER_SECOND
        return min(1.0, self._factor + grown)

    def _spacing(self, factor: float) -> float:
        """Seconds between two frames: even, and wider the more of the minute is used up."""
        frames = self._minute.limit - self._minute_reserve
        left = max(0.02, 1.0 - self._minute.used() / frames)
        per_window = max(1.0, (self._second.limit - self._reserve) * factor)
        return self._second.seconds / (per_window * left)
