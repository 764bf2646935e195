"""What each process on this database holds of the calls that Feishu allows."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from feishu_bot.core.call_budget.renewal import Decide
from feishu_bot.core.call_budget.shares import FLOOR_SECONDS, LEASE_SECONDS, Holding
from feishu_bot.stores.database import Database
from feishu_bot.stores.leases import WorkerId
from feishu_bot.stores.schema import call_holdings as holdings

# Any number that nothing else locks. Who waits gives up soon, and a process that is frozen in the
# middle keeps the others waiting no longer than that.
_BEGIN = (
    "SET LOCAL lock_timeout = '1s'; SET LOCAL idle_in_transaction_session_timeout = '2s'; "
    "SELECT pg_advisory_xact_lock(7378711437411123202)"
)


class _DatabaseTime(FunctionElement[float]):
    """Seconds since the epoch, by the database's own clock, at the time of the statement."""

    type = sa.Double()
    inherit_cache = True


@compiles(_DatabaseTime, "sqlite")
def _sqlite_time(_element: _DatabaseTime, _compiler: object, **_kw: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(_DatabaseTime, "postgresql")
def _postgres_time(_element: _DatabaseTime, _compiler: object, **_kw: object) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


# The time also where there is no row yet.
_time = sa.select(_DatabaseTime().label("now")).cte("time")
_READ = sa.select(_time.c.now, holdings).outerjoin_from(_time, holdings, sa.true())
_MINE = insert(holdings)
_STORE = _MINE.on_conflict_do_update(
    index_elements=[holdings.c.process],
    set_={
        column.name: _MINE.excluded[column.name]
        for column in holdings.c
        if column.name != "process"
    },
)
_END = (
    sa.update(holdings)
    .where(holdings.c.process.in_(sa.bindparam("dead", expanding=True)))
    .values(ends_at=sa.bindparam("now"), gone_at=sa.bindparam("now"))
)
# They are from before the clock was set back.
_SHORTEN = (
    sa.update(holdings)
    .where(holdings.c.ends_at > sa.bindparam("latest"))
    .values(ends_at=sa.bindparam("latest"), gone_at=sa.bindparam("latest") + FLOOR_SECONDS)
)
# Longer than anything that was called is in Feishu's windows.
KEPT_SECONDS = 300.0
_SWEEP = sa.delete(holdings).where(holdings.c.gone_at < sa.bindparam("before"))


class SqlCallBudget:
    """Implements `core.call_budget.renewal.HoldingStore`, for any number of processes."""

    def __init__(self, database: Database, *, worker: WorkerId) -> None:
        self._database = database
        self._worker = worker

    @property
    def process(self) -> str:
        return str(self._worker)

    def exchange(self, decide: Decide) -> None:
        with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(_BEGIN)
            now, others = self._read(connection)
            if self._correct(connection, now, others):
                now, others = self._read(connection)
            connection.execute(_STORE, asdict(decide(now, others)))

    def _correct(self, connection: sa.Connection, now: float, others: list[Holding]) -> bool:
        """Whether anything had to be corrected in what others hold."""
        dead = [
            other.process
            for other in others
            if now < other.gone_at and self._worker.is_dead(other.process)
        ]
        if dead:
            connection.execute(_END, {"dead": dead, "now": now})
        latest = now + LEASE_SECONDS
        is_early = any(other.ends_at > latest for other in others)
        if is_early:
            connection.execute(_SHORTEN, {"latest": latest})
        is_over = any(other.gone_at < now - KEPT_SECONDS for other in others)
        if is_over:
            connection.execute(_SWEEP, {"before": now - KEPT_SECONDS})
        return bool(dead) or is_early or is_over

    def _read(self, connection: sa.Connection) -> tuple[float, list[Holding]]:
        """The time, and what others hold."""
        rows = connection.execute(_READ).mappings().all()
        found = [{**row} for row in rows]
        now = float(found[0]["now"])
        for row in found:
            del row["now"]
        return now, [Holding(**row) for row in found if row["process"] not in (None, self.process)]
