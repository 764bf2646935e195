"""Whether a question may be asked, and how the limits stand."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from feishu_bot.core import days
from feishu_bot.core.formatting import format_count, format_money
from feishu_bot.core.jobs import Job
from feishu_bot.core.limits import (
    COMPANY,
    FixedLimits,
    Limits,
    Period,
    Reservations,
    Spending,
    Unit,
    Whose,
    Window,
    WindowState,
)
from feishu_bot.core.notices import Notice
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.usage import UsageTotal


def sum_usage(totals: list[UsageTotal]) -> Spending:
    """The sum of these totals."""
    return Spending(
        questions=sum(total.answers for total in totals),
        tokens=sum(total.tokens for total in totals),
        cost=sum(total.cost for total in totals),
        pictures=sum(total.pictures for total in totals),
        audio_seconds=sum(total.audio_seconds for total in totals),
        files=sum(total.files for total in totals),
    )


@dataclass(frozen=True)
class QuotaChecker:
    """Limits of each person, of each group for all in it together, and of the whole company.

    Days and months begin at midnight by the server's clock and TZ. What is used up to a limit may
    be used whole, so the last question can go beyond it; but questions that are asked at once
    count with what they are expected to take, over all processes, until they are answered.
    """

    reservations: Reservations
    _: KW_ONLY
    limits: Limits = FixedLimits()  # noqa: RUF009 (frozen)
    currency: Callable[[], str] = lambda: ""
    clock: Callable[[], float] = time.time

    def reserve(
        self, job: Job, expected: Callable[[], Spending], *, is_admin: bool
    ) -> Notice | None:
        """Reserve what a question may take; why it isn't answered, or None.

        What has begun is finished, whatever it costs, and admins aren't limited; both count.
        `expected` is asked only where there are limits. Raises LeaseLost.
        """
        if not self.limits.current:
            return None
        is_free = is_admin or job.has_begun
        windows = () if is_free else self._windows_at(job.target)
        states = self.reservations.reserve(job, expected(), windows)
        return self._refusal(states)

    def states(
        self, open_id: str, *, chat_id: str = "", is_admin: bool = False
    ) -> tuple[WindowState, ...]:
        """How the limits stand that hold for a person; with `chat_id` also those of this group.

        For an admin those that everybody else there is under.
        """
        whose: set[Whose] = {"company"}
        whose |= set() if is_admin else {"person"}
        whose |= {"chat"} if chat_id else set()
        windows = self._windows(whose, open_id, chat_id)
        return self.reservations.states(windows) if windows else ()

    def of_person(self, open_id: str, period: Period) -> WindowState | None:
        """How a person's own limit of a period stands; None where there is none."""
        windows = [
            window
            for window in self._windows({"person"}, open_id, "")
            if window.limit.period == period
        ]
        return self.reservations.states(windows)[0] if windows else None

    def is_used_up(self, open_id: str) -> bool:
        """Whether a person has nothing left to spend: of their own, or of the company's."""
        return any(state.used_up for state in self.states(open_id))

    @property
    def keeps_since(self) -> float:
        """From when on usage counts against a limit, seconds since the epoch; inf for none."""
        if not self.limits.current:
            return math.inf
        now = self.clock()
        if any(limit.period == "month" for limit in self.limits.current):
            return days.month_start(now)
        return days.day_start(now)

    def format(self, unit: Unit, amount: float) -> str:
        """An amount of a unit as people read it."""
        if unit == "cost":
            return format_money(self.currency(), amount)
        return format_count(int(amount))

    def renewal(self, period: Period) -> dict[str, str]:
        """When a period begins anew, for texts: the day, and the zone of its midnight."""
        now = self.clock()
        begins = days.next_month(now) if period == "month" else days.day_start(now, -1)
        return {"date": days.day_name(begins), "zone": days.zone_at(begins)}

    def amounts(self, state: WindowState, unit: Unit) -> dict[str, str]:
        """What was used of a unit, and may be used; for texts."""
        return {
            "used": self.format(unit, state.spent.of(unit)),
            "limit": self.format(unit, state.limit_of(unit)),
        }

    def _windows_at(self, target: ReplyTarget) -> list[Window]:
        whose: set[Whose] = {"person", "company"}
        if not target.is_private:
            whose.add("chat")
        return self._windows(whose, target.sender.open_id, target.chat_id)

    def _windows(self, whose: set[Whose], open_id: str, chat_id: str) -> list[Window]:
        now = self.clock()
        subjects: dict[Whose, str] = {"person": open_id, "chat": chat_id, "company": COMPANY}
        return [
            Window(
                limit=limit,
                subject=subjects[limit.whose],
                since=days.month_start(now) if limit.period == "month" else days.day_start(now),
                name=days.period_name(limit.period, now),
            )
            for limit in self.limits.current
            if limit.whose in whose
        ]

    def _refusal(self, states: tuple[WindowState, ...]) -> Notice | None:
        for state in states:
            limit, unit = state.window.limit, state.used_up
            if unit:
                month = "_month" if limit.period == "month" else ""
                kind = f"limit_{limit.whose}{month}_{unit}"
                return Notice(kind, self.amounts(state, unit) | self.renewal(limit.period))
        for state in states:
            if unit := state.spoken_for:
                return Notice(
                    f"limit_{state.window.limit.whose}_reserved", self.amounts(state, unit)
                )
        return None
