"""How much waits in the inbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import IS_OPEN, inbox

# The partial index on what isn't done serves it: what was answered long ago costs nothing.
_STATE = (
    sa.select(inbox.c.state, sa.func.count(), sa.func.min(inbox.c.received_at))
    .where(IS_OPEN)
    .group_by(inbox.c.state)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """Tasks that wait and tasks that run, in all processes; `oldest_seconds` of those that wait."""

    waiting: int
    running: int
    oldest_seconds: float


class QueueReader:
    """Reads the state of the queue, by `clock` in seconds since the epoch."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def read(self) -> QueueState:
        """One statement. Raises StoreUnavailable."""
        try:
            with self._database.read() as connection:
                rows = {state: rest for state, *rest in connection.execute(_STATE)}
        except (OSError, SQLAlchemyError) as exc:
            raise StoreUnavailable(f"the database doesn't answer ({type(exc).__name__})") from exc
        waiting, since = rows.get("waiting", (0, None))
        running, _ = rows.get("running", (0, None))
        oldest = 0.0 if since is None else max(0.0, self._clock() - since)
        return QueueState(waiting=waiting, running=running, oldest_seconds=oldest)
