"""What the administrators were told, and how often it was met since."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.alerts import Alert, Tally
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import alerts

_NEW = insert(alerts).values(
    cause=sa.bindparam("of"), since=sa.bindparam("now"), times=sa.bindparam("met"), told_at=0.0
)
# The row stays locked until the end of the transaction, so one process alone finds it due.
_COUNT = _NEW.on_conflict_do_update(
    index_elements=[alerts.c.cause],
    set_={
        "times": alerts.c.times + _NEW.excluded.times,
        "since": sa.case((alerts.c.times == 0, _NEW.excluded.since), else_=alerts.c.since),
    },
).returning(alerts.c.times, alerts.c.since, alerts.c.told_at)
_is_this = alerts.c.cause == sa.bindparam("of")
_HOLD = sa.update(alerts).where(_is_this).values(told_at=sa.bindparam("told"))
_left = alerts.c.times - sa.bindparam("met")
_NOTE_TOLD = (
    sa.update(alerts)
    .where(_is_this)
    .values(
        told_at=sa.bindparam("now"),
        times=_left,
        since=sa.case((_left > 0, sa.bindparam("now")), else_=alerts.c.since),
    )
)
_SWEEP = sa.delete(alerts).where(
    alerts.c.told_at < sa.bindparam("before"), alerts.c.since < sa.bindparam("before")
)


class SqlAlerts:
    """Implements `core.alerts.AlertStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, alert: Alert, times: int, *, now: float, retry_at: float) -> Tally | None:
        with self._database.write() as connection:
            counted = {"of": alert.cause, "met": times, "now": now}
            row = connection.execute(_COUNT, counted).one()
            if row.told_at > now - alert.every:
                return None
            # As if it had been told so long ago that it is due again by then.
            connection.execute(_HOLD, {"of": alert.cause, "told": retry_at - alert.every})
        return Tally(row.times, row.since)

    def note_told(self, alert: Alert, tally: Tally, *, now: float) -> None:
        parameters = {"of": alert.cause, "now": now, "met": tally.times}
        with self._database.write() as connection:
            connection.execute(_NOTE_TOLD, parameters)

    def sweep(self, before: float) -> int:
        """Delete what was neither met nor told since then; returns how many."""
        with self._database.write() as connection:
            return connection.execute(_SWEEP, {"before": before}).rowcount
