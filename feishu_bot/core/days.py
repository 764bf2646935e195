"""Days as people count them: from midnight to midnight by the server's clock and TZ."""

from __future__ import annotations

import time


def day_start(now: float, days_ago: int = 0) -> float:
    """When the day of `now` began, or one so many days before; seconds since the epoch."""
    local = time.localtime(now)
    return time.mktime((local.tm_year, local.tm_mon, local.tm_mday - days_ago, 0, 0, 0, 0, 0, -1))


def day_name(now: float) -> str:
    """The day of `now`, as in 2026-11-22."""
    return time.strftime("%Y-%m-%d", time.localtime(now))


def zone(now: float) -> str:
    """The time zone that holds when the day after `now` begins, as in UTC+8 or UTC-3:30."""
    offset = time.localtime(day_start(now, -1)).tm_gmtoff
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")
