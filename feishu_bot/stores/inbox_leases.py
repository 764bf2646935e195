"""The leases on jobs: this process prolongs its own, and ends those that nobody renews."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from feishu_bot.stores import inbox_statements as statements
from feishu_bot.stores.database import Database
from feishu_bot.stores.leases import ForeignLease, HeldLeases, LeaseWatch, WorkerId


class InboxLeases:
    """Those of `seconds` on the jobs of one inbox. `clock` and `timer` are as for `SqlInbox`."""

    def __init__(
        self,
        database: Database,
        worker: WorkerId,
        seconds: float,
        *,
        clock: Callable[[], float],
        timer: Callable[[], float],
    ) -> None:
        self.held = HeldLeases()
        self._database = database
        self._worker = worker
        self._seconds = seconds
        self._clock = clock
        self._timer = timer
        self._watch = LeaseWatch(seconds, timer)
        self._prolong_at = float("-inf")

    def are_due(self) -> bool:
        """Whether to prolong them before more is claimed; always so at the start."""
        return self._timer() >= self._prolong_at

    def prolong(self, written: Sequence[Mapping[str, Any]] = ()) -> dict[int, bool]:
        """Prolong what we hold; returns whether to stop, by the ids of the jobs still ours.

        Only what is held: a lease whose claim was cut off on its way back must come to an end.
        What the answers have grown by is `written` in the same transaction, by `KEEP_PROGRESS`.
        """
        now, began = self._clock(), self._timer()
        by, on = str(self._worker), self._worker.host
        held = self.held.ids()
        owned: dict[int, bool] = {}
        with self._database.write() as connection:
            if held:
                until = now + self._seconds
                parameters = {"by": by, "until": until, "jobs": sorted(held)}
                rows = connection.execute(statements.PROLONG, parameters)
                owned = {row.id: row.stop_requested for row in rows}
            if written:
                connection.execute(statements.KEEP_PROGRESS, list(written))
            self._end_others(connection)
            others = connection.scalars(statements.OTHER_WORKERS, {"by": by, "on": on}).all()
            dead = [other for other in others if self._worker.is_dead(other)]
            if dead:
                connection.execute(statements.EXPIRE, {"dead": dead})
        self._prolong_at = began + self._seconds * 0.9
        return owned

    def _end_others(self, connection: sa.Connection) -> None:
        """End those that nobody renews any more, so that they can be claimed."""
        held = self.held.ids()
        foreign = [
            ForeignLease(row.id, row.attempt, row.renewals, row.lease_until)
            for row in connection.execute(statements.OTHER_LEASES)
            if row.worker != str(self._worker) or row.id not in held
        ]
        ended = [
            {
                "job": lease.job,
                "tried": lease.fencing_token,
                "renewed": lease.renewals,
                "was_until": lease.until,
            }
            for lease in self._watch.ended(foreign)
        ]
        if ended:
            connection.execute(statements.END_LEASE, ended)
