"""Days and months as people count them: from midnight on, by the server's clock and TZ."""

from __future__ import annotations

import time
from typing import Literal


def day_start(now: float, days_ago: int = 0) -> float:
    """When the day of `now` began, or one so many days before; seconds since the epoch."""
    local = time.localtime(now)
    return time.mktime((local.tm_year, local.tm_mon, local.tm_mday - days_ago, 0, 0, 0, 0, 0, -1))


def day_name(now: float) -> str:
    """The day of `now`, as in 2026-11-22."""
    return time.strftime("%Y-%m-%d", time.localtime(now))


def month_start(now: float) -> float:
    """When the month of `now` began; seconds since the epoch."""
    local = time.localtime(now)
    return time.mktime((local.tm_year, local.tm_mon, 1, 0, 0, 0, 0, 0, -1))


def next_month(now: float) -> float:
    """When the month after that of `now` begins; seconds since the epoch."""
    local = time.localtime(now)
    return time.mktime((local.tm_year, local.tm_mon + 1, 1, 0, 0, 0, 0, 0, -1))


def period_name(period: Literal["day", "month"], now: float) -> str:
    """The day or the month of `now`, as in 2026-11-22 or 2026-11."""
    name = day_name(now)
    return name if period == "day" else name.rpartition("-")[0]


def zone(now: float) -> str:
    """The time zone that holds when the day after `now` begins, as in UTC+8 or UTC-3:30."""
    return zone_at(day_start(now, -1))


def zone_at(moment: float) -> str:
    """The time zone that holds at a time, as in UTC+8 or UTC-3:30."""
    offset = time.localtime(moment).tm_gmtoff
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")
