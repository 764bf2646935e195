"""Everything that administrators have done."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa

from feishu_bot.core.administration.audit import Change
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import admin_changes as table
from feishu_bot.stores.sweep import OldRows, Rest, never_stop

_INSERT = sa.insert(table).inline()
_NEWEST = (
    sa.select(
        table.c.actor,
        table.c.action,
        table.c.subject,
        table.c.before,
        table.c.after,
        table.c.created_at.label("at"),
    )
    .order_by(table.c.id.desc())
    .limit(sa.bindparam("most"))
    .offset(sa.bindparam("skipped"))
)
_OLD = OldRows(table, table.c.created_at < sa.bindparam("before"))


class SqlAuditLog:
    """Implements `core.administration.audit.AuditLog`. `clock` is in seconds since the epoch."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, change: Change) -> None:
        with self._database.write() as connection:
            insert_change(connection, change, now=self._clock())

    def newest(self, limit: int, *, skipped: int = 0) -> tuple[Change, ...]:
        parameters = {"most": limit, "skipped": skipped}
        with self._database.read() as connection:
            rows = connection.execute(_NEWEST, parameters).mappings()
            return tuple(Change(**row) for row in rows)

    def sweep(self, before: float, rest: Rest = never_stop) -> int:
        """Delete what is older (seconds since the epoch); returns the number of rows."""
        return _OLD.sweep(self._database, before, rest)


def insert_change(connection: sa.Connection, change: Change, *, now: float) -> None:
    """Note a change in the connection's transaction, together with what it changes."""
    row = {
        "actor": change.actor,
        "action": change.action,
        "subject": change.subject,
        "before": change.before,
        "after": change.after,
        "created_at": now,
    }
    connection.execute(_INSERT, row)
