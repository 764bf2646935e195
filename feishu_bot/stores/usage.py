"""The usage of each answer, and grants beyond the limits."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.limits import Spending
from feishu_bot.core.usage import Usage, UsageGroup, UsageRow, UsageTotal
from feishu_bot.stores.database import Database
from feishu_bot.stores.days import day_of
from feishu_bot.stores.schema import grants
from feishu_bot.stores.schema import usage as table
from feishu_bot.stores.sweep import OldRows, Rest, never_stop

_INSERT = sa.insert(table).inline()

# A notice is no answer, nor is one that was stopped before the model was asked.
_is_answer = sa.and_(
    table.c.outcome.in_(("answered", "stopped")),
    table.c.prompt_tokens + table.c.completion_tokens + table.c.pictures > 0,
)
ANSWERS = sa.func.sum(sa.case((_is_answer, 1), else_=0))
TOKENS = sa.func.sum(table.c.prompt_tokens + table.c.completion_tokens)
SUMS = (
    ANSWERS.label("answers"),
    sa.func.sum(table.c.prompt_tokens).label("prompt_tokens"),
    sa.func.sum(table.c.completion_tokens).label("completion_tokens"),
    sa.func.sum(table.c.cost).label("cost"),
    sa.func.sum(table.c.pictures).label("pictures"),
    sa.func.sum(table.c.audio_seconds).label("audio_seconds"),
    sa.func.sum(table.c.files).label("files"),
)
_COLUMNS = {"person": table.c.open_id, "chat": table.c.chat_id, "model": table.c.model}


def _sums_by(column: sa.Column[str]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(column.label("name"), *SUMS)
        .where(table.c.created_at >= sa.bindparam("since"))
        .group_by(column)
    )


def _grouped(starts: Sequence[float], by: Sequence[UsageGroup]) -> sa.Select[*tuple[Any, ...]]:
    """By the names of the groups: PostgreSQL takes two expressions with parameters for two."""
    labels = [
        (day_of(table.c.created_at, starts) if group == "day" else _COLUMNS[group]).label(group)
        for group in by
    ]
    names: list[sa.ColumnClause[Any]] = [sa.literal_column(f'"{group}"') for group in by]
    return (
        sa.select(*labels, *SUMS)
        .where(table.c.created_at >= sa.bindparam("since"))
        .group_by(*names)
        .order_by(
            *(names[n] for n, group in enumerate(by) if group == "day"), TOKENS.desc(), *names
        )
        .limit(sa.bindparam("limit"))
    )


_TOTALS = _sums_by(table.c.model).order_by(table.c.model)
_PEOPLE = (
    _sums_by(table.c.open_id).order_by(TOKENS.desc(), table.c.open_id).limit(sa.bindparam("limit"))
)
_COUNT_PEOPLE = sa.select(sa.func.count(sa.distinct(table.c.open_id))).where(
    table.c.created_at >= sa.bindparam("since")
)
_GRANT = insert(grants).on_conflict_do_nothing().returning(grants.c.id)
# What was kept of people who were forgotten goes with its day, or month.
_FORGOTTEN = tuple(
    OldRows(one, one.c.forgotten, one.c.created_at < sa.bindparam("before"))
    for one in (table, grants)
)
_OLD = OldRows(table, table.c.created_at < sa.bindparam("before"))
_OLD_GRANTS = OldRows(grants, grants.c.created_at < sa.bindparam("before"))


class SqlUsage:
    """Implements `core.usage.UsageStore`, over what was stored with each finished job.

    `clock` gives seconds since the epoch.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def totals(
        self, since: float, *, open_id: str | None = None, chat_id: str | None = None
    ) -> list[UsageTotal]:
        statement = _TOTALS
        if open_id is not None:
            statement = statement.where(table.c.open_id == open_id)
        if chat_id is not None:
            statement = statement.where(table.c.chat_id == chat_id)
        return self._totals(statement, {"since": since})

    def people(self, since: float, limit: int) -> list[UsageTotal]:
        return self._totals(_PEOPLE, {"since": since, "limit": limit})

    def count_people(self, since: float) -> int:
        with self._database.read() as connection:
            return int(connection.scalar(_COUNT_PEOPLE, {"since": since}) or 0)

    def grouped(
        self, starts: Sequence[float], by: Sequence[UsageGroup], limit: int
    ) -> list[UsageRow]:
        parameters = {"since": starts[0], "limit": limit}
        with self._database.read() as connection:
            rows = connection.execute(_grouped(starts, by), parameters).mappings()
            return [_row(row, by) for row in rows]

    def grant(
        self, subject: str, period: str, more: Spending, granted_by: str, *, message_id: str
    ) -> bool:
        row = {
            "subject": subject,
            "period": period,
            "questions": more.questions,
            "tokens": more.tokens,
            "cost": more.cost,
            "granted_by": granted_by,
            "message_id": message_id or None,
            "created_at": self._clock(),
        }
        with self._database.write() as connection:
            return connection.execute(_GRANT, row).first() is not None

    def sweep(self, before: float, rest: Rest = never_stop) -> int:
        """Delete older usage and grants (seconds since the epoch); returns the number of rows."""
        return sum(old.sweep(self._database, before, rest) for old in (_OLD, _OLD_GRANTS))

    def sweep_forgotten(self, before: float, rest: Rest = never_stop) -> int:
        """Delete what people used before that time who were forgotten since; how many rows."""
        return sum(old.sweep(self._database, before, rest) for old in _FORGOTTEN)

    def _totals(self, statement: sa.Select[Any], parameters: dict[str, object]) -> list[UsageTotal]:
        with self._database.read() as connection:
            rows = connection.execute(statement, parameters).mappings()
            return [UsageTotal(**row) for row in rows]


def _row(row: sa.RowMapping, by: Sequence[UsageGroup]) -> UsageRow:
    sums = {column.name: row[column.name] for column in SUMS}
    groups: dict[str, Any] = {group: row[group] for group in by}
    return UsageRow(total=UsageTotal(name="", **sums), **groups)


def insert_usage(connection: sa.Connection, usage: Usage, *, now: float) -> None:
    """Store a usage in the connection's transaction; `now` dates one that has no date."""
    row = {**dataclasses.asdict(usage), "created_at": usage.created_at or now}
    connection.execute(_INSERT, row)
