"""What a process may call, and what it holds in the table that all of them read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

# What a process keeps that has nothing to do, in calls of a short window: enough to begin at once.
FLOOR = 2
# For how long a process has more than that without a renewal, and then the floor.
LEASE_SECONDS = 7.5
FLOOR_SECONDS = 300.0


class Calls(NamedTuple):
    """Numbers of calls to one API: in a short window and in a long one."""

    second: int
    minute: int


NO_CALLS = Calls(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The budget of all processes together, for each API.

    `second` and `minute` are the calls in any window of so many seconds.
    """

    second: int
    minute: int
    second_window: float
    minute_window: float

    @property
    def floor(self) -> Calls:
        return self.floor_of(FLOOR)

    def floor_of(self, second: int) -> Calls:
        """The calls of a process that is left with so many in a short window."""
        return Calls(second, second * self.minute // self.second)

    def most_in_lease(self, second: int) -> int:
        """How many calls can be made before a lease on so many ends, and the floor after it."""
        windows = math.ceil(LEASE_SECONDS / self.second_window) + 1
        return windows * second + self.floor.minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What this process may call, for each API; times are monotonic.

    From `until` on no more than `floor`, and nothing from `floor_until` on. `part` is its part of
    the calls that are left in the long window, above 0.0 and up to 1.0; `elsewhere` is what others
    have spent of it.
    """

    second: int
    minute: int
    part: float = 1.0
    elsewhere: int = 0
    until: float = math.inf
    floor: Calls = NO_CALLS
    floor_until: float = math.inf


NOTHING = Share(second=0, minute=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a process has taken for itself; times are in seconds of the database's clock.

    `minute` includes what it has `spent` of the long window when it said so. `demand` is the
    number of its answers. After `ends_at` `floor` is left, in calls of a short window, and
    nothing after `gone_at`.
    """

    process: str
    second: int
    minute: int
    spent: int
    demand: int
    floor: int
    ends_at: float
    gone_at: float

    def is_alive(self, now: float) -> bool:
        """Whether the lease hasn't ended."""
        return now < self.ends_at

    def is_over(self, now: float, whole: Whole) -> bool:
        """Whether nothing that it allowed can matter any more."""
        return now >= self.gone_at + whole.minute_window

    def taken(self, now: float, whole: Whole) -> Calls:
        """What others must leave to it.

        What was called until the lease ended is in Feishu's windows for as long as those are.
        """
        floor = whole.floor_of(self.floor)

        def taken(full: int, rest: int, window: float) -> int:
            if now < self.ends_at + window:
                return full
            return rest if now < self.gone_at + window else 0

        return Calls(
            taken(self.second, floor.second, whole.second_window),
            taken(self.minute, floor.minute, whole.minute_window),
        )
