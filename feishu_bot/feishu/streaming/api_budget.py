"""The budget of one API: how many calls Feishu allows in a second and in a minute.

Feishu counts in sliding windows (50/s and 1,000/min for each API, app and tenant: "Rate limits"),
so we count in sliding windows too: a token bucket that refills while it is full would let twice
the limit through. The windows are a little longer and the limits a little lower than Feishu's,
because calls leave here evenly and arrive there bunched.
"""

from __future__ import annotations

import contextlib
import math
from collections import deque

from feishu_bot.core.call_budget.shares import Calls, Share, Whole

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

WHOLE = Whole(second=PER_SECOND, minute=PER_MINUTE, second_window=SECOND, minute_window=MINUTE)
# Of a process that is alone.
ALL = Share(second=PER_SECOND, minute=PER_MINUTE)


class Window:
    """The calls of the last `seconds`; times are of one monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._grants: deque[float] = deque()

    def wait(self, now: float, room: int, *, since: float = -math.inf) -> float:
        """Seconds until fewer than `room` calls are in the window; 0.0 is now.

        Calls up to `since` don't count.
        """
        if room < 1:
            return math.inf
        self._forget(now)
        if len(self._grants) < room:
            return 0.0
        first = self._grants[len(self._grants) - room]
        return first + self.seconds - now if first > since else 0.0

    def take(self, now: float) -> None:
        """Count one call."""
        self._grants.append(now)

    def postpone(self, granted: float, now: float) -> None:
        """A call granted then leaves only now."""
        with contextlib.suppress(ValueError):
            self._grants.remove(granted)
            self._grants.append(now)

    def give_back(self, granted: float) -> None:
        """The call granted then was never made."""
        with contextlib.suppress(ValueError):
            self._grants.remove(granted)

    def used(self, now: float) -> int:
        """How many calls are in the window."""
        self._forget(now)
        return len(self._grants)

    def _forget(self, now: float) -> None:
        while self._grants and self._grants[0] <= now - self.seconds:
            self._grants.popleft()


class Budget:
    """The two windows of an API, and how far Feishu has made us slow down.

    `share` is what this process may use of the limits. `factor` is the part of it in use: halved
    at each refusal, growing back by 5 % of the limit a second, so that we also find our place
    beside bots that we know nothing of.
    """

    def __init__(self, share: Share = ALL) -> None:
        self.share = share
        self._second = Window(SECOND)
        self._minute = Window(MINUTE)
        self._factor = 1.0
        self._factor_at = 0.0
        self._cooldown_until = 0.0
        self._last_frame = float("-inf")

    def wait(self, now: float, *, urgent: bool) -> float:
        """Seconds until a call may be made; 0.0 is now, infinity when only a new share helps."""
        if now < self._cooldown_until:
            return self._cooldown_until - now
        share, factor = self.share, self.factor(now)
        if now >= share.floor_until:
            return math.inf
        second, ended = share.second, 0.0
        if now >= share.until:
            # Others may take the rest. What was called before the end is counted in their name
            # no more than the lease allowed.
            second = min(second, share.floor.second)
            ended = self._minute.wait(now, share.floor.minute, since=share.until)
        if urgent:
            return max(
                ended,
                self._second.wait(now, _room(second, 0.0, factor)),
                self._minute.wait(now, _room(share.minute, 0.0, factor)),
            )
        reserve = RESERVED_PER_SECOND * second / PER_SECOND
        minute_reserve = RESERVED_PER_MINUTE * share.part
        return max(
            self._last_frame + self._spacing(now, (second - reserve) * factor) - now,
            ended,
            self._second.wait(now, _room(second, reserve, factor)),
            self._minute.wait(now, _room(share.minute, minute_reserve, factor)),
            0.0,
        )

    def room(self, now: float) -> int:
        """How many urgent calls may be made now."""
        if self.wait(now, urgent=True) > 0.0:
            return 0
        second = self.share.floor.second if now >= self.share.until else self.share.second
        used, factor = self.used(now), self.factor(now)
        return min(
            _room(second, 0.0, factor) - used.second,
            _room(self.share.minute, 0.0, factor) - used.minute,
        )

    def left(self, now: float) -> int:
        """How many more calls Feishu takes in the minute that is open, whoever makes them."""
        return PER_MINUTE - self._minute.used(now) - self.share.elsewhere

    def take(self, now: float, *, urgent: bool) -> None:
        """Count one call."""
        self._second.take(now)
        self._minute.take(now)
        if not urgent:
            self._last_frame = now

    def used(self, now: float) -> Calls:
        """The calls in the windows that are open now."""
        return Calls(self._second.used(now), self._minute.used(now))

    def postpone(self, granted: float, now: float) -> None:
        """A call granted then leaves only now, and that is when Feishu counts it."""
        self._second.postpone(granted, now)
        self._minute.postpone(granted, now)

    def give_back(self, granted: float) -> None:
        """A call granted then was never made: Feishu doesn't count it."""
        self._second.give_back(granted)
        self._minute.give_back(granted)

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
        """The part of our share in use, above 0.0 and up to 1.0."""
        grown = max(0.0, now - self._factor_at) * RECOVERY_PER_SECOND
        return min(1.0, self._factor + grown)

    def _spacing(self, now: float, per_window: float) -> float:
        """Seconds between two frames: even, and wider the more of the minute is used up."""
        frames = PER_MINUTE - RESERVED_PER_MINUTE
        used = self._minute.used(now) + self.share.elsewhere
        return SECOND / (max(1.0, per_window) * max(0.02, 1.0 - used / frames))


def _room(limit: int, reserve: float, factor: float) -> int:
    """How many calls of the limit may be used; where there are any, at least one."""
    return max(1, int((limit - reserve) * factor)) if limit else 0
