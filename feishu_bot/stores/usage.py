"""What the answers cost."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from feishu_bot.core.models import Usage
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import usage as table

_INSERT = sa.insert(table).inline()
_SUMS = (
    table.c.model,
    sa.func.count().label("answers"),
    sa.func.sum(table.c.prompt_tokens).label("prompt_tokens"),
    sa.func.sum(table.c.completion_tokens).label("completion_tokens"),
    sa.func.sum(table.c.seconds).label("seconds"),
)
_TOTALS = (
    sa.select(*_SUMS)
    .where(table.c.created_at >= sa.bindparam("since"))
    .group_by(table.c.model)
    .order_by(table.c.model)
)
_TOTALS_OF_ONE = _TOTALS.where(table.c.open_id == sa.bindparam("person"))
_SWEEP = sa.delete(table).where(table.c.created_at < sa.bindparam("before"))


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotal:
    """What one model has cost: answers, tokens, and the seconds from claim to end."""

    model: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float


class SqlUsage:
    """Sums over what was stored with each finished job."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def totals(self, open_id: str | None = None, since: float = 0.0) -> list[UsageTotal]:
        """One total per model, by its name, from `since` (seconds since the epoch) on.

        With `open_id` only what this person asked.
        """
        parameters = {"since": since, "person": open_id}
        statement = _TOTALS if open_id is None else _TOTALS_OF_ONE
        with self._database.read() as connection:
            rows = connection.execute(statement, parameters)
            # PostgreSQL sums integers to its own wider types.
            return [
                UsageTotal(
                    model=row.model,
                    answers=row.answers,
                    prompt_tokens=int(row.prompt_tokens),
                    completion_tokens=int(row.completion_tokens),
                    seconds=float(row.seconds),
                )
                for row in rows
            ]

    def sweep(self, before: float) -> int:
        """Delete what is older than that (seconds since the epoch); returns how many."""
        with self._database.write() as connection:
            return connection.execute(_SWEEP, {"before": before}).rowcount


def insert_usage(connection: sa.Connection, usage: Usage, *, now: float) -> None:
    """Store a usage in the connection's transaction; `now` dates one that has no date."""
    connection.execute(
        _INSERT,
        {
            "open_id": usage.open_id,
            "chat_id": usage.chat_id,
            "model": usage.model,
            "outcome": usage.outcome,
            "seconds": usage.seconds,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "created_at": usage.created_at or now,
        },
    )
