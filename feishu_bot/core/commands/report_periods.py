"""The days that a report is about."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from feishu_bot.core import days
from feishu_bot.core.cards import Option, Select, Text

PERIODS = (1, 7, 30)


@dataclass(frozen=True)
class ReportPeriods:
    """Today, or so many days with today; `days_kept` bounds the past.

    Days run from midnight to midnight by the server's clock and TZ.
    """

    days_kept: int
    clock: Callable[[], float] = time.time

    def chosen(self, option: str, default: int = 7) -> int:
        """The number of days that was chosen, whatever a click says."""
        wanted = int(option) if option in map(str, PERIODS) else default
        return min(wanted, self.days_kept)

    def starts(self, count: int) -> tuple[float, ...]:
        """When each of the last days began, in seconds since the epoch; today is the last."""
        now = self.clock()
        return tuple(days.day_start(now, ago) for ago in reversed(range(count)))

    def select(self, act: str, count: int) -> Select:
        """The choice of another period."""
        known = sorted({min(period, self.days_kept) for period in PERIODS})
        options = (Option(self.title(period), str(period)) for period in known)
        return Select.of(Text("report_days_choose"), act, options, chosen=str(count))

    def title(self, count: int) -> Text:
        """What a period is called."""
        return Text("usage_today") if count == 1 else Text("usage_days", {"days": str(count)})


def day_label(start: float) -> str:
    """A day in a chart."""
    return time.strftime("%m-%d", time.localtime(start))
