"""What questions may take while they are being answered, and how the limits stand.

A reservation is a part of the job's row in the inbox: it counts until the job's lease is ended,
and becomes usage in the transaction that ends the job. Nothing has to clean up after a
process that died.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, get_args

import sqlalchemy as sa

from feishu_bot.core.jobs import Job
from feishu_bot.core.limits import Spending, Unit, Whose, Window, WindowState
from feishu_bot.errors import LeaseLost
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import IS_RUNNING, grants, inbox, usage
from feishu_bot.stores.usage import ANSWERS, TOKENS

# PostgreSQL would let two reservations at the same time overlook each other. SQLite has one writer
# at a time. Any number, as long as every replica uses the same one.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(7378711437411123202)")
# What was used before that is stored by now, so that its sum can be kept.
SETTLED_SECONDS = 600.0

_UNITS: tuple[Unit, ...] = get_args(Unit)
_running = inbox.alias("running")
_usage_of = {"person": usage.c.open_id, "chat": usage.c.chat_id}
_running_of = {"person": _running.c.sender, "chat": _running.c.chat_id}

# A window as the statement knows it: whose it is, and which units have a limit.
_Shape = tuple[Whose, tuple[Unit, ...]]


class SqlReservations:
    """Implements `core.limits.Reservations`. `clock` gives seconds since the epoch.

    What the company used is summed once, and after that only what came since: a month of it may
    be a million rows.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._settled = _SettledSums(database, clock)

    def reserve(
        self, job: Job, expected: Spending, windows: Sequence[Window]
    ) -> tuple[WindowState, ...]:
        parameters = self._parameters(windows, job.id)
        own: dict[str, Any] = {
            "job": job.id,
            "tried": job.fencing_token,
            "tokens": expected.tokens,
            "money": expected.cost,
        }
        for n, window in enumerate(windows):
            for unit in window.limit.quota.units:
                own[f"limit_{unit}{n}"] = float(getattr(window.limit.quota, unit))
        shapes = _shapes(windows)
        with self._database.write() as connection:
            if windows and connection.dialect.name == "postgresql":
                connection.execute(_LOCK)
            if connection.execute(_reserve(shapes), {**parameters, **own}).rowcount == 1:
                return ()
            states = self._read(connection, windows, parameters) if windows else ()
        if not any(state.spoken_for for state in states):
            raise LeaseLost(f"job {job.id}, token {job.fencing_token}")
        return states

    def states(self, windows: Sequence[Window]) -> tuple[WindowState, ...]:
        parameters = self._parameters(windows, 0)
        with self._database.read() as connection:
            return self._read(connection, windows, parameters)

    def _read(
        self, connection: sa.Connection, windows: Sequence[Window], parameters: dict[str, Any]
    ) -> tuple[WindowState, ...]:
        rows = connection.execute(_states(_shapes(windows)), parameters).all()
        by_number = {row.number: row for row in rows}
        return tuple(_state(window, by_number[n]) for n, window in enumerate(windows))

    def _parameters(self, windows: Sequence[Window], job_id: int) -> dict[str, Any]:
        found: dict[str, Any] = {"but": job_id} if windows else {}
        for n, window in enumerate(windows):
            since, before = window.since, Spending()
            if window.limit.whose == "company":
                since, before = self._settled.of(window.since)
            found |= {f"subject{n}": window.subject, f"name{n}": window.name, f"since{n}": since}
            for unit in _UNITS:
                found[f"{unit}{n}"] = before.of(unit)
        return found


class _SettledSums:
    """What everybody together has used up to a little while ago, by when the period began."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._sums: dict[float, tuple[float, Spending]] = {}

    def of(self, since: float) -> tuple[float, Spending]:
        """From when on there is still to be summed, and the sum of what was used before."""
        now = self._clock()
        with self._lock:
            begun, before = self._sums.get(since, (since, Spending()))
            if now - begun < 2 * SETTLED_SECONDS:
                return begun, before
            end = now - SETTLED_SECONDS
            with self._database.read() as connection:
                row = connection.execute(_BETWEEN, {"begun": begun, "end": end}).one()
            before += Spending(
                questions=int(row.questions), tokens=int(row.tokens), cost=float(row.cost)
            )
            # Periods that are over are asked for no more.
            self._sums = {old: kept for old, kept in self._sums.items() if old > now - 32 * 86_400}
            self._sums[since] = (end, before)
            return end, before


def _sums(which: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    """What was used, in one row."""
    return sa.select(
        sa.func.coalesce(ANSWERS, 0).label("questions"),
        sa.func.coalesce(TOKENS, 0).label("tokens"),
        sa.func.coalesce(sa.func.sum(usage.c.cost), 0).label("cost"),
    ).where(which)


_BETWEEN = _sums(
    sa.and_(usage.c.created_at >= sa.bindparam("begun"), usage.c.created_at < sa.bindparam("end"))
)


def _figures(number: int, whose: Whose) -> sa.Select[*tuple[Any, ...]]:
    """What was used in a window, is reserved, and was granted, in one row."""
    subject = sa.bindparam(f"subject{number}", type_=sa.Text)
    is_spent = usage.c.created_at >= sa.bindparam(f"since{number}")
    # As literals, or the partial index doesn't serve them.
    is_reserved = sa.and_(
        _running.c.state == sa.literal_column("'running'"),
        _running.c.reserved_tokens.is_not(None),
        _running.c.lease_until != 0,
        _running.c.id != sa.bindparam("but"),
    )
    if whose != "company":
        is_spent = sa.and_(is_spent, _usage_of[whose] == subject)
        is_reserved = sa.and_(is_reserved, _running_of[whose] == subject)
    spent = _sums(is_spent).subquery(f"spent{number}")
    reserved = (
        sa.select(
            sa.func.count().label("questions"),
            sa.func.coalesce(sa.func.sum(_running.c.reserved_tokens), 0).label("tokens"),
            sa.func.coalesce(sa.func.sum(_running.c.reserved_cost), 0).label("cost"),
        )
        .where(is_reserved)
        .subquery(f"reserved{number}")
    )
    granted = (
        sa.select(
            *(sa.func.coalesce(sa.func.sum(grants.c[unit]), 0).label(unit) for unit in _UNITS)
        )
        .where(grants.c.subject == subject, grants.c.period == sa.bindparam(f"name{number}"))
        .subquery(f"granted{number}")
    )
    return sa.select(
        *(
            (spent.c[unit] + sa.bindparam(f"{unit}{number}")).label(f"spent_{unit}")
            for unit in _UNITS
        ),
        *(reserved.c[unit].label(f"reserved_{unit}") for unit in _UNITS),
        *(granted.c[unit].label(f"granted_{unit}") for unit in _UNITS),
    ).select_from(spent.join(reserved, sa.true()).join(granted, sa.true()))


@lru_cache(maxsize=128)
def _reserve(shapes: tuple[_Shape, ...]) -> sa.Update:
    """Reserves where no window is used up."""
    conditions = []
    for number, (whose, units) in enumerate(shapes):
        figures = _figures(number, whose).subquery(f"figures{number}")
        is_full = sa.or_(
            *(
                figures.c[f"spent_{unit}"] + figures.c[f"reserved_{unit}"]
                >= sa.bindparam(f"limit_{unit}{number}") + figures.c[f"granted_{unit}"]
                for unit in units
            )
        )
        conditions.append(
            ~sa.exists(sa.select(sa.literal_column("1")).select_from(figures).where(is_full))
        )
    return (
        sa.update(inbox)
        .where(
            IS_RUNNING,
            inbox.c.id == sa.bindparam("job"),
            inbox.c.attempt == sa.bindparam("tried"),
            *conditions,
        )
        .values(reserved_tokens=sa.bindparam("tokens"), reserved_cost=sa.bindparam("money"))
    )


@lru_cache(maxsize=128)
def _states(shapes: tuple[_Shape, ...]) -> sa.CompoundSelect[Any]:
    return sa.union_all(
        *(
            sa.select(sa.literal_column(str(number), sa.Integer).label("number"), figures)
            for number, (whose, _) in enumerate(shapes)
            for figures in (_figures(number, whose).subquery(f"figures{number}"),)
        )
    )


def _shapes(windows: Sequence[Window]) -> tuple[_Shape, ...]:
    return tuple((window.limit.whose, window.limit.quota.units) for window in windows)


def _state(window: Window, row: sa.Row[Any]) -> WindowState:
    values = row._mapping

    def spending(name: str) -> Spending:
        return Spending(
            questions=int(values[f"{name}_questions"]),
            tokens=int(values[f"{name}_tokens"]),
            cost=float(values[f"{name}_cost"]),
        )

    return WindowState(
        window=window,
        spent=spending("spent"),
        reserved=spending("reserved"),
        granted=spending("granted"),
    )
