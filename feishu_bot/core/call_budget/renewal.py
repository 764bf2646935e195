"""Keeps this process's share of the budget, in a thread of its own: no call waits for it.

A process that shrinks does so before it says so, and one that grows says so first: at no time
may all of them together make more calls than Feishu allows. That holds for each window that
Feishu counts in, since what was called counts for as long as its window lasts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from feishu_bot.background_thread import BackgroundThread
from feishu_bot.core.call_budget.division import divide
from feishu_bot.core.call_budget.shares import (
    FLOOR,
    FLOOR_SECONDS,
    LEASE_SECONDS,
    Calls,
    Holding,
    Share,
    Whole,
)
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# While there are answers; and while there is less than the floor, so that they can begin.
RENEW_SECONDS = 1.5
RETRY_SECONDS = 0.5
# The floor is kept for longer than that without a renewal.
IDLE_SECONDS = 100.0
# For the last cards of a process that ends.
LEAVE_SECONDS = 10.0
JOIN_SECONDS = 2.0

Decide = Callable[[float, Sequence[Holding]], Holding]


class HoldingStore(Protocol):
    """What each process holds."""

    @property
    def process(self) -> str:
        """The name of this process."""

    def exchange(self, decide: Decide) -> None:
        """Store what this process takes, by what all others hold.

        `decide` is given the database's time in seconds and the others' holdings. Nobody else
        exchanges meanwhile. What is long over is deleted, and a process that is known to be dead
        is gone by now. Raises StoreUnavailable; then it may be stored all the same.
        """


class CallLimiter(Protocol):
    """Whoever lets calls go. Thread safe."""

    def spent(self) -> Calls:
        """The calls in the windows that are open now, of the API that was called most."""

    def shrink(self, most: Share) -> Calls:
        """Allow no more than that from now on, and no longer than that.

        What is spent in the windows that are open.
        """

    def take(self, share: Share) -> None:
        """Allow this from now on."""


class CallBudget:
    """Renews this process's share while there are answers, and otherwise keeps a floor.

    `timer` is monotonic, in seconds.
    """

    def __init__(
        self,
        whole: Whole,
        store: HoldingStore,
        limiter: CallLimiter,
        running: RunningJobs,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._whole = whole
        self._store = store
        self._limiter = limiter
        self._running = running
        self._timer = timer
        self._second = 0
        self._had_demand = False
        # Whether there is nothing to give back, and nobody here who wants more.
        self._is_settled = False
        self._has_failed = False
        self._thread = BackgroundThread(
            "call-budget", self._run, wake=running.wake, join_seconds=JOIN_SECONDS
        )

    def start(self) -> None:
        """Take a share, and begin to renew it."""
        self._thread.start()

    def stop(self) -> None:
        """Give the share back, but for a floor that the last cards need for a moment."""
        self._thread.stop()
        if not self._thread.is_alive():
            self._safely(self.leave)

    def may_begin(self) -> bool:
        """Whether this process may call at all: a new one first waits for the others."""
        return self._second > 0

    def renew(self) -> None:
        """Take a share by what the others hold. Raises StoreUnavailable."""
        self._exchange(len(self._running), LEASE_SECONDS, FLOOR_SECONDS)

    def leave(self) -> None:
        """Keep no more than a floor, and that for a moment. Raises StoreUnavailable."""
        self._exchange(0, 0.0, LEAVE_SECONDS)

    def _exchange(self, demand: int, lease_seconds: float, floor_seconds: float) -> None:
        # Before the database looks at its clock, so that the lease ends here first.
        until = self._timer() + lease_seconds
        taken: list[Share] = []

        def decide(now: float, others: Sequence[Holding]) -> Holding:
            spent = self._limiter.spent().minute
            portion = divide(
                self._whole,
                others,
                now=now,
                spent=spent,
                demand=demand,
                has_just_begun=not self._had_demand,
            )
            share = Share(
                second=portion.second,
                minute=portion.minute,
                part=portion.part,
                elsewhere=portion.elsewhere,
                until=until,
                floor=self._whole.floor_of(min(FLOOR, portion.second)),
                floor_until=until + floor_seconds,
            )
            # Whoever leaves may not hear that it is stored: then the time, too, has to end here.
            used = self._limiter.shrink(share)
            self._is_settled = not demand and FLOOR <= portion.second >= used.second
            taken.append(share)
            # What was called a moment ago is in Feishu's windows, whatever is allowed from now on.
            return Holding(
                process=self._store.process,
                second=max(portion.second, used.second),
                minute=max(portion.minute, used.minute),
                spent=used.minute,
                demand=demand,
                floor=share.floor.second,
                ends_at=now + lease_seconds,
                gone_at=now + lease_seconds + floor_seconds,
            )

        self._store.exchange(decide)
        self._limiter.take(taken[-1])
        self._had_demand = demand > 0
        self._note(taken[-1].second)

    def _note(self, second: int) -> None:
        had, self._second = self._second, second
        if second != had:
            logger.debug("share of the calls to Feishu", second=second, of=self._whole.second)
        if second and not had:
            self._running.wake()

    def _run(self) -> None:
        while not self._thread.is_closing():
            self._safely(self.renew)
            if self._is_settled and not self._has_failed:
                self._running.wait_for_any(IDLE_SECONDS, unless=self._thread.is_closing)
            else:
                self._thread.wait(RENEW_SECONDS if self._second else RETRY_SECONDS)

    def _safely(self, exchange: Callable[[], None]) -> None:
        try:
            exchange()
        except Exception as exc:  # noqa: BLE001
            # Once: whoever needs the database more says so again and again.
            if not self._has_failed:
                logger.failure("share of the calls to Feishu not renewed", exc)
            self._has_failed = True
        else:
            self._has_failed = False
