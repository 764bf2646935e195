"""feishu-bot usage and feedback: the reports of the admins, on the command line.

They read the database and nothing else: no key of Feishu or of a model service is needed.
"""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from feishu_bot.errors import SettingsError, StoreUnavailable
from feishu_bot.settings import read_some
from feishu_bot.settings.environment import read_environment

MAX_ROWS = 1_000_000
NOTHING = "没有记录 / Nothing is recorded"

_days = click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=7,
    show_default=True,
    help="How many days, with today; they begin at midnight by TZ.",
)
_output = click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a CSV file instead of printing a table.",
)


def add_to(group: click.Group) -> None:
    """Add the commands to those of the command line."""
    group.add_command(usage)
    group.add_command(feedback)


@click.command(help="Show what was used: questions, tokens and cost.")
@_days
@click.option(
    "--by",
    type=click.Choice(("day", "person", "chat", "model", "all")),
    default="day",
    show_default=True,
    help="What to sum up by; all: by each of them together.",
)
@_output
def usage(days: int, by: str, output: Path | None) -> None:
    """The rows of `SqlUsage`."""
    from feishu_bot.core.report_tables import ALL_GROUPS, usage_table
    from feishu_bot.stores import SqlUsage

    groups = ALL_GROUPS if by == "all" else tuple(one for one in ALL_GROUPS if one == by)
    starts = _starts(days)
    with _opened() as (database, texts):
        rows = SqlUsage(database).grouped(starts, groups, MAX_ROWS)
        _show(usage_table(texts, rows, groups, starts), output)


@click.command(
    help="Show what people think of answers, the newest first; no question and no answer."
)
@_days
@_output
def feedback(days: int, output: Path | None) -> None:
    """The rows of `SqlFeedback`."""
    from feishu_bot.core.report_tables import feedback_table
    from feishu_bot.stores import SqlFeedback

    with _opened() as (database, texts):
        found = SqlFeedback(database).newest(_starts(days)[0], MAX_ROWS)
        _show(feedback_table(texts, found), output)


def _starts(count: int) -> tuple[float, ...]:
    from feishu_bot.core.days import day_start

    now = time.time()
    return tuple(day_start(now, ago) for ago in reversed(range(count)))


@contextmanager
def _opened() -> Iterator[tuple[Any, Callable[..., str]]]:
    """The bot's `Database` and its texts; what is wrong ends the process in plain words."""
    from feishu_bot.content.catalog import Catalog
    from feishu_bot.stores import Database

    try:
        settings: dict[str, Any] = read_some(read_environment(), "database_url", "language")
        database = Database(settings["database_url"])
        database.expect_current()
    except (SettingsError, StoreUnavailable) as exc:
        sys.exit(str(exc))
    yield database, Catalog.load("en" if settings["language"] == "en" else "zh")
    database.close()


def _show(table: Any, output: Path | None) -> None:
    """A `Table`, in a file or on the screen."""
    from feishu_bot.core.tables import as_csv

    if output is None:
        for line in _lines(table.head, table.rows) if table.rows else [NOTHING]:
            click.echo(line)
        return
    try:
        output.write_bytes(as_csv(table))
    except OSError as exc:
        sys.exit(f"无法写入 / Can't write {output}: {exc.strerror}")
    click.echo(f"{output}: {len(table.rows)}")


def _lines(head: Sequence[str], cells: Sequence[Sequence[str | float]]) -> Iterator[str]:
    """The table in columns, numbers at the right."""
    rows = [head, *([_shown(cell) for cell in row] for row in cells)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    numbers = [not isinstance(cell, str) for cell in cells[0]]
    for row in rows:
        padded = [
            " " * (width - _width(cell)) + cell
            if is_number
            else cell + " " * (width - _width(cell))
            for cell, width, is_number in zip(row, widths, numbers, strict=True)
        ]
        yield "  ".join(padded).rstrip()


def _shown(cell: str | float) -> str:
    """A cell on one line, with nothing in it that a terminal would take for a command."""
    text = f"{cell:,}" if not isinstance(cell, str) else " ".join(cell.split())
    return "".join(char if char.isprintable() else "�" for char in text)


def _width(text: str) -> int:
    """Columns that a terminal gives to a text."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
