"""Tries of the administrator page's password."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from feishu_bot.core.administration.login_throttle import WINDOW_SECONDS, Trier
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import login_tries as tries

# Any number, as long as every replica uses the same one.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(7378711437411123208)")
_is_recent = sa.and_(
    tries.c.tried_at > sa.bindparam("since"),
    # What a clock noted that was set back since.
    tries.c.tried_at < sa.bindparam("until"),
)
_is_own = tries.c.by_whom == sa.bindparam("who")


def _newest(*whose: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The time of the try with so many newer ones."""
    newest = sa.select(tries.c.tried_at).where(_is_recent, *whose)
    return newest.order_by(tries.c.tried_at.desc()).offset(sa.bindparam("newer")).limit(1)


_OWN = _newest(_is_own)
_ALL = _newest(sa.not_(tries.c.is_known))
_ADD = sa.insert(tries).inline()
_FORGET = sa.delete(tries).where(_is_own)
_SWEEP = sa.delete(tries).where(sa.not_(_is_recent))


class SqlLoginTries:
    """Implements `core.administration.login_throttle.TryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, trier: Trier, *, since: float, now: float) -> float | None:
        recent = {"since": since, "until": now + WINDOW_SECONDS}
        # Who has none left writes nothing, and waits for no lock.
        with self._database.read() as connection:
            if (first := _too_many(connection, trier, recent)) is not None:
                return first
        with self._database.write() as connection:
            if self._database.is_shared:
                # Else those who try at the same moment wouldn't see each other.
                connection.execute(_LOCK)
            if (first := _too_many(connection, trier, recent)) is not None:
                return first
            connection.execute(_SWEEP, recent)
            row = {"by_whom": trier.by_whom, "is_known": trier.is_known, "tried_at": now}
            connection.execute(_ADD, row)
        return None

    def forget(self, by_whom: str) -> None:
        with self._database.write() as connection:
            connection.execute(_FORGET, {"who": by_whom})

    def sweep(self, now: float) -> None:
        """Delete what doesn't count any more at `now`, in seconds since the epoch."""
        recent = {"since": now - WINDOW_SECONDS, "until": now + WINDOW_SECONDS}
        with self._database.write() as connection:
            connection.execute(_SWEEP, recent)


def _too_many(connection: sa.Connection, trier: Trier, recent: dict[str, float]) -> float | None:
    """The later one of the tries that keep another from being made; None where none does."""
    own = {**recent, "who": trier.by_whom, "newer": trier.most - 1}
    found: list[float | None] = [connection.scalar(_OWN, own)]
    if trier.overall is not None:
        found.append(connection.scalar(_ALL, {**recent, "newer": trier.overall - 1}))
    return max((at for at in found if at is not None), default=None)
