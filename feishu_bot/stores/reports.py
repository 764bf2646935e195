"""Figures for the administrator's page, over what was stored with each finished job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from feishu_bot.core.administration.reports import (
    WAIT_BOUNDS,
    ChatTotal,
    Failure,
    Grant,
    PeriodTotal,
    Wait,
    WaitCount,
)
from feishu_bot.core.limits import Spending
from feishu_bot.core.usage import UsageTotal
from feishu_bot.stores.database import Database
from feishu_bot.stores.days import day_of
from feishu_bot.stores.schema import HAS_FAILED, IS_BLOCKED, grants, people, usage
from feishu_bot.stores.usage import ANSWERS, SUMS, TOKENS

_is_recent = usage.c.created_at >= sa.bindparam("since")
_NUMBER: sa.ColumnClause[Any] = sa.literal_column("number")
_STEP: sa.ColumnClause[Any] = sa.literal_column("step")
_WAITS = {"queue": usage.c.waited, "first_text": usage.c.first_text}

_FAILURES = (
    sa.select(
        usage.c.created_at.label("at"),
        usage.c.notice,
        usage.c.request_id,
        usage.c.model,
        usage.c.chat_type,
    )
    .where(HAS_FAILED)
    .order_by(usage.c.created_at.desc())
    .limit(sa.bindparam("most"))
)
# As an expression: SQLite would read the whole index of chats, to have them in order.
_CHAT = usage.c.chat_id + ""
_CHATS = (
    sa.select(_CHAT.label("name"), sa.func.max(usage.c.chat_type).label("chat_type"), *SUMS)
    .where(_is_recent)
    .group_by(sa.literal_column("name"))
    .order_by(TOKENS.desc(), sa.literal_column("name"))
    .limit(sa.bindparam("most"))
)
_GRANTS = (
    sa.select(grants)
    .where(grants.c.created_at >= sa.bindparam("since"))
    .order_by(grants.c.created_at.desc())
    .limit(sa.bindparam("most"))
)
_BLOCKED = (
    sa.select(people.c.open_id)
    .where(IS_BLOCKED)
    .order_by(people.c.open_id)
    .limit(sa.bindparam("most"))
)


def _totals(starts: Sequence[float]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            day_of(usage.c.created_at, starts).label("number"),
            ANSWERS.label("answers"),
            sa.func.sum(sa.case((usage.c.notice != "", 1), else_=0)).label("failures"),
            sa.func.sum(usage.c.prompt_tokens).label("prompt_tokens"),
            sa.func.sum(usage.c.completion_tokens).label("completion_tokens"),
            sa.func.sum(usage.c.cost).label("cost"),
        )
        .where(_is_recent)
        .group_by(_NUMBER)
        .order_by(_NUMBER)
    )


def _waits(starts: Sequence[float], seconds: sa.Column[float]) -> sa.Select[*tuple[Any, ...]]:
    steps: list[tuple[Any, Any]] = [
        (seconds <= bound, sa.literal_column(str(step))) for step, bound in enumerate(WAIT_BOUNDS)
    ]
    step = sa.case(*steps, else_=sa.literal_column(str(len(WAIT_BOUNDS)), sa.Integer))
    return (
        sa.select(
            day_of(usage.c.created_at, starts).label("number"),
            step.label("step"),
            sa.func.count().label("count"),
        )
        .where(_is_recent, seconds.is_not(None))
        .group_by(_NUMBER, _STEP)
    )


class SqlReports:
    """Implements `core.administration.reports.Reports`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def totals(self, starts: Sequence[float]) -> list[PeriodTotal]:
        rows = self._read(_totals(starts), since=starts[0])
        return [PeriodTotal(**row) for row in rows]

    def waits(self, starts: Sequence[float], of: Wait) -> list[WaitCount]:
        rows = self._read(_waits(starts, _WAITS[of]), since=starts[0])
        return [WaitCount(**row) for row in rows]

    def failures(self, limit: int) -> list[Failure]:
        return [Failure(**row) for row in self._read(_FAILURES, most=limit)]

    def chats(self, since: float, limit: int) -> list[ChatTotal]:
        rows = self._read(_CHATS, since=since, most=limit)
        return [
            ChatTotal(total=UsageTotal(**row), chat_type=chat_type)
            for row in map(dict, rows)
            for chat_type in (row.pop("chat_type"),)
        ]

    def grants(self, since: float, limit: int) -> list[Grant]:
        return [
            Grant(
                subject=row["subject"],
                period=row["period"],
                more=Spending(questions=row["questions"], tokens=row["tokens"], cost=row["cost"]),
                granted_by=row["granted_by"],
                at=row["created_at"],
            )
            for row in self._read(_GRANTS, since=since, most=limit)
        ]

    def blocked(self, limit: int) -> list[str]:
        return [row["open_id"] for row in self._read(_BLOCKED, most=limit)]

    def _read(self, statement: sa.Select[Any], **parameters: object) -> Sequence[sa.RowMapping]:
        with self._database.read() as connection:
            return connection.execute(statement, parameters).mappings().all()
