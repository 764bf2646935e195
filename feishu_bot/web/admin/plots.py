"""The figures of the plots, as the page's script draws them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feishu_bot.core import days
from feishu_bot.core.administration.reports import PeriodTotal, Reports, WaitCount, wait_at
from feishu_bot.web.admin.wording import say

PERIODS = (1, 7, 30, 90)
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Stretches:
    """The stretches of time that a plot shows: when each begins, and what it is called."""

    starts: tuple[float, ...]
    labels: tuple[str, ...]


def stretches(count: int, now: float) -> Stretches:
    """The hours of the last day, or so many days with today; by the server's clock and TZ."""
    if count == 1:
        first = now - now % HOUR - 23 * HOUR
        starts = tuple(first + hour * HOUR for hour in range(24))
        return Stretches(starts, tuple(_clock("%H:%M", start) for start in starts))
    starts = tuple(days.day_start(now, ago) for ago in reversed(range(count)))
    return Stretches(starts, tuple(_clock("%m-%d", start) for start in starts))


def periods(days_kept: int) -> list[int]:
    """The numbers of days that may be chosen: what isn't kept any more isn't shown."""
    return sorted({min(period, days_kept) for period in PERIODS})


def chosen(text: str, days_kept: int) -> int:
    """The number of days that was chosen, whatever an address says."""
    known = periods(days_kept)
    return int(text) if text in map(str, known) else min(7, days_kept)


def figures(reports: Reports, shown: Stretches, currency: str) -> list[dict[str, Any]]:
    """The plots: each with its title, its unit, and its series of one value a stretch.

    None is a stretch in which nothing was measured.
    """
    totals = {one.number: one for one in reports.totals(shown.starts)}
    queue = reports.waits(shown.starts, "queue")
    first = reports.waits(shown.starts, "first_text")
    size = len(shown.starts)

    def amounts(name: str) -> list[float]:
        return [float(getattr(totals.get(n, _nothing(n)), name)) for n in range(size)]

    plots = [
        _plot(
            "answers",
            "",
            ("plot_answers", "bars", amounts("answers")),
            ("plot_failures", "bars", amounts("failures")),
        ),
        _plot(
            "waits",
            "s",
            ("plot_queue_half", "line", _waits(queue, size, 0.5)),
            ("plot_queue_most", "line", _waits(queue, size, 0.95)),
            ("plot_first_half", "line", _waits(first, size, 0.5)),
            ("plot_first_most", "line", _waits(first, size, 0.95)),
        ),
        _plot(
            "tokens",
            "",
            ("plot_prompt", "line", amounts("prompt_tokens")),
            ("plot_completion", "line", amounts("completion_tokens")),
        ),
    ]
    costs = amounts("cost")
    if currency or any(costs):
        plots.append(_plot("cost", currency, ("plot_cost", "bars", costs)))
    return plots


def _plot(name: str, unit: str, *series: tuple[str, str, Sequence[float | None]]) -> dict[str, Any]:
    return {
        "name": name,
        "title": say(f"figures_{name}"),
        "unit": unit,
        "series": [
            {"label": say(key), "style": style, "values": list(values)}
            for key, style, values in series
        ],
    }


def _waits(counts: Sequence[WaitCount], size: int, share: float) -> list[float | None]:
    return [wait_at(counts, number, share) for number in range(size)]


def _nothing(number: int) -> PeriodTotal:
    return PeriodTotal(
        number=number, answers=0, failures=0, prompt_tokens=0, completion_tokens=0, cost=0.0
    )


def _clock(layout: str, at: float) -> str:
    return time.strftime(layout, time.localtime(at))
