"""What administrators have changed while the bot runs, kept in every process' memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.background_thread import PeriodicThread
from feishu_bot.core.administration.audit import Change
from feishu_bot.core.administration.overrides import Override, Section
from feishu_bot.errors import StoreUnavailable
from feishu_bot.logs import get_logger
from feishu_bot.stores.audit import insert_change
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import overrides as table

logger = get_logger(__name__)

# How soon the other processes see a change; each looks with one statement of one row.
LOOK_SECONDS = 2.0

_NONE: Mapping[str, Override] = MappingProxyType({})
# Grows with every change, in whichever order transactions end.
_STAMP = sa.select(sa.func.coalesce(sa.func.sum(table.c.revision), 0))
_ALL = sa.select(table).order_by(table.c.section, table.c.name)
_new = insert(table)
_PUT = _new.on_conflict_do_update(
    index_elements=[table.c.section, table.c.name],
    set_={
        **{name: _new.excluded[name] for name in ("value", "changed_by", "changed_at")},
        "revision": table.c.revision + 1,
    },
)


class SqlOverrides:
    """Implements `core.administration.overrides.Overrides`, and is a part of every process.

    Until it is started nothing is overridden. `clock` is in seconds since the epoch.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._stamp = 0
        self._watching: list[Callable[[], None]] = []
        self._by_section: Mapping[str, Mapping[str, Override]] = {}
        self._reading = threading.Lock()
        self._thread = PeriodicThread(
            "overrides",
            self._refresh_if_possible,
            seconds=LOOK_SECONDS,
            failed="overrides not read",
        )

    def of(self, section: Section) -> Mapping[str, Override]:
        return self._by_section.get(section, _NONE)

    def watch(self, take: Callable[[], None]) -> None:
        self._watching.append(take)
        take()

    def put(self, section: Section, name: str, value: Any, change: Change) -> None:
        now = self._clock()
        row = {
            "section": section,
            "name": name,
            "value": value,
            "changed_by": change.actor,
            "changed_at": now,
        }
        with self._database.write() as connection:
            connection.execute(_PUT, row)
            insert_change(connection, change, now=now)
        self.refresh()

    def refresh(self) -> None:
        """Read what has changed since. Raises StoreUnavailable."""
        with self._reading, self._database.read() as connection:
            # Before the rows: what comes between the two is read again the next time.
            stamp = int(connection.scalar(_STAMP) or 0)
            if stamp == self._stamp:
                return
            found: dict[str, dict[str, Override]] = {}
            for row in connection.execute(_ALL):
                if row.value is not None:
                    found.setdefault(row.section, {})[row.name] = Override(
                        value=row.value, changed_by=row.changed_by, changed_at=row.changed_at
                    )
            # A section that is the same stays the same object.
            self._by_section = {
                section: old if (old := self._by_section.get(section)) == new else new
                for section, new in found.items()
            }
            self._stamp = stamp
            for take in self._watching:
                take()

    def start(self) -> None:
        """Read them, and go on looking for changes in a thread."""
        self._refresh_if_possible()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def _refresh_if_possible(self) -> None:
        try:
            self.refresh()
        except StoreUnavailable as exc:
            # What was read last holds. Others tell of the database.
            logger.debug("overrides not read", error=exc)
