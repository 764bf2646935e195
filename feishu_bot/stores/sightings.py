"""What was seen of Feishu's traffic."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.sightings import Sighting
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import sightings

_NEW = insert(sightings).values(
    name=sa.bindparam("of"),
    times=sa.bindparam("seen"),
    first_at=sa.bindparam("now"),
    last_at=sa.bindparam("now"),
)
_ADD = _NEW.on_conflict_do_update(
    index_elements=[sightings.c.name],
    set_={
        "times": sightings.c.times + _NEW.excluded.times,
        # Two processes store in an order of their own.
        "last_at": sa.case(
            (sightings.c.last_at > _NEW.excluded.last_at, sightings.c.last_at),
            else_=_NEW.excluded.last_at,
        ),
    },
).returning(sightings.c.times)
_ALL = sa.select(sightings)


class SqlSightings:
    """Implements `core.sightings.SightingStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, counts: Mapping[str, int], now: float) -> frozenset[str]:
        new = set()
        with self._database.write() as connection:
            # In one order everywhere, so that two processes don't wait for each other.
            for name, seen in sorted(counts.items()):
                row = connection.execute(_ADD, {"of": name, "seen": seen, "now": now}).one()
                if row.times == seen:
                    new.add(name)
        return frozenset(new)

    def all(self) -> dict[str, Sighting]:
        with self._database.read() as connection:
            rows = connection.execute(_ALL).all()
        return {row.name: Sighting(row.times, row.first_at, row.last_at) for row in rows}
