"""A lease that one process at a time holds, as a row that its holder renews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.exclusive_lease import LEASE_SECONDS, Note
from feishu_bot.core.queue.running_jobs import lease_time
from feishu_bot.stores.database import Database
from feishu_bot.stores.leases import ForeignLease, LeaseWatch, WorkerId
from feishu_bot.stores.schema import exclusive_leases as leases

_is_this = leases.c.name == sa.bindparam("of")
_READ = sa.select(leases).where(_is_this)
_BEGIN = (
    insert(leases)
    .values(name=sa.bindparam("of"), holder=sa.bindparam("by"), note=sa.bindparam("told"), term=1)
    .on_conflict_do_nothing(index_elements=[leases.c.name])
    .execution_options(preserve_rowcount=True)
)
# Of two that see the same, one alone finds it unchanged.
_TAKE = (
    sa.update(leases)
    .where(
        _is_this,
        leases.c.term == sa.bindparam("seen_term"),
        leases.c.renewals == sa.bindparam("seen_renewals"),
        leases.c.holder == sa.bindparam("seen_holder"),
    )
    .values(
        holder=sa.bindparam("by"),
        term=leases.c.term + 1,
        renewals=0,
        note=sa.bindparam("told"),
    )
)
_is_ours = sa.and_(
    _is_this, leases.c.holder == sa.bindparam("by"), leases.c.term == sa.bindparam("our_term")
)
_RENEW = (
    sa.update(leases)
    .where(_is_ours)
    .values(renewals=leases.c.renewals + 1, note=sa.bindparam("told"))
)
_RELEASE = sa.update(leases).where(_is_ours).values(holder="", note=None)


class SqlExclusiveLease:
    """Implements `core.exclusive_lease.LeaseStore`, for any number of processes on one database.

    A lease has ended that wasn't renewed for `lease_seconds` by our own `timer`, and at once where
    its holder ran on this host and is dead. Used by one thread of a process.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        worker: WorkerId,
        lease_seconds: float = LEASE_SECONDS,
        timer: Callable[[], float] = lease_time,
    ) -> None:
        self._database = database
        self._name = name
        self._worker = worker
        self._watch = LeaseWatch(lease_seconds, timer)
        self._term = 0
        self._note: Note = {}

    @property
    def note_of_holder(self) -> Note:
        return self._note

    def read_note(self) -> Note:
        return _note_in(self._read())

    def claim(self, note: Note) -> bool:
        row = self._read()
        self._note = _note_in(row)
        ours = {"of": self._name, "by": str(self._worker), "told": dict(note)}
        if row is None:
            return self._changed(_BEGIN, ours, term=1)
        if not self._has_ended(row):
            return False
        seen = {
            "seen_term": row.term, "seen_renewals": row.renewals, "seen_holder": row.holder
        }  # fmt: skip
        return self._changed(_TAKE, {**ours, **seen}, term=row.term + 1)

    def renew(self, note: Note) -> bool:
        return self._changed(_RENEW, {**self._ours, "told": dict(note)}, term=self._term)

    def release(self) -> None:
        self._changed(_RELEASE, self._ours, term=0)

    def _read(self) -> sa.Row[Any] | None:
        with self._database.read() as connection:
            return connection.execute(_READ, {"of": self._name}).one_or_none()

    @property
    def _ours(self) -> dict[str, object]:
        return {"of": self._name, "by": str(self._worker), "our_term": self._term}

    def _has_ended(self, row: sa.Row[Any]) -> bool:
        held = ForeignLease(job=0, fencing_token=row.term, renewals=row.renewals, until=0.0)
        # Our own from before it was given up here is nobody's either.
        is_free = row.holder in ("", str(self._worker)) or self._worker.is_dead(row.holder)
        return bool(self._watch.ended([held])) or is_free

    def _changed(
        self, statement: sa.Update | sa.Insert, parameters: Mapping[str, object], *, term: int
    ) -> bool:
        with self._database.write() as connection:
            is_changed = connection.execute(statement, parameters).rowcount == 1
        if is_changed:
            self._term = term
        return is_changed


def _note_in(row: sa.Row[Any] | None) -> Note:
    """What the holder has told; nobody's is nothing."""
    return (row.note or {}) if row is not None and row.holder else {}
