"""A report as a file."""

from __future__ import annotations

from collections.abc import Callable

from feishu_bot.core import days
from feishu_bot.core.formatting import format_count
from feishu_bot.core.messenger import File
from feishu_bot.core.tables import Table, as_csv

# So long names are looked up for a file; who isn't known by then is there by the id.
NAMING_SECONDS = 10.0


def report_file(
    texts: Callable[..., str],
    key: str,
    table: Table,
    *,
    cut_at: int,
    now: float,
) -> File:
    """The table as CSV, named by the text `key` and the day of `now` (seconds since the epoch).

    `cut_at` is the number of rows at which it was cut, 0 where it is whole.
    """
    cut = texts("table_cut", count=format_count(cut_at)) if cut_at else ""
    return File(f"{texts(key)}-{days.day_name(now)}.csv", as_csv(table, cut))
