"""Deletes many rows in steps so small that nobody who writes meanwhile feels them."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa

from feishu_bot.stores.database import Database

# Called between two steps: lets others write, and says whether the rest is left for the next time.
Rest = Callable[[], bool]

# How long a step may keep others from writing to SQLite, its commit included.
STEP_SECONDS = 0.004
# A step deletes piece by piece until that time is over: a row of turns that is in the index of
# words takes a hundred times as long as one of usage, and a slow machine ten times as long as a
# fast one. What a piece took tells how many rows the next one has; few, since one row may be a
# hundred times as long as those before it.
PIECE_SECONDS = 0.001
FIRST_ROWS = 2
MOST_ROWS = 8
# The least that is left of a step's time where commits take the rest.
LEAST_WORK = 0.001
# What was written since is moved from SQLite's log into its file every so often, beside whoever
# writes: else one of them does it at their commit, and all others wait for the disk.
LOG_SECONDS = 0.5
# What is too old is looked up for so many rows at once, without holding anybody up.
KEYS_READ = 5_000


def never_stop() -> bool:
    """No rest between two steps, and no end before there is nothing left."""
    return False


def in_steps(
    database: Database,
    step: Callable[[sa.Connection, int], int | None],
    rest: Rest,
    *,
    timer: Callable[[], float] = time.perf_counter,
) -> tuple[int, bool]:
    """Delete piece by piece, in transactions of a few milliseconds, until `step` gives None.

    It takes how many rows it may delete and gives how many it has deleted. Returns how many were
    deleted in all, and whether `rest` has ended it. `timer` is monotonic, in seconds.
    """
    pace, deleted, log_moved = _Pace(timer), 0, timer()
    while True:
        with database.write() as connection:
            pace.begin()
            while (done := step(connection, pace.rows)) is not None:
                deleted += done
                if not pace.goes_on():
                    break
        pace.end()
        if done is None:
            return deleted, False
        if timer() - log_moved > LOG_SECONDS:
            database.move_log()
            log_moved = timer()
        if rest():
            return deleted, True


class _Pace:
    """How many rows the next piece has, and whether there is time for it in this step."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._work = STEP_SECONDS
        self.rows = FIRST_ROWS

    def begin(self) -> None:
        self._began = self._last = self._timer()

    def goes_on(self) -> bool:
        """After a piece: whether one more like it fits into the step."""
        now = self._timer()
        piece, self._last = now - self._last, now
        if piece > PIECE_SECONDS:
            self.rows = max(1, self.rows // 2)
        elif piece < PIECE_SECONDS / 3:
            self.rows = min(MOST_ROWS, self.rows * 2)
        return now + piece < self._began + self._work

    def end(self) -> None:
        """The commit belongs to the step: where it takes long, less is done before it."""
        if self._timer() - self._began > STEP_SECONDS:
            self._work = max(LEAST_WORK, self._work / 2)
        else:
            self._work = min(STEP_SECONDS, self._work * 1.25)


class OldRows:
    """The rows of a table for which `is_old` holds; its parameter is `before`."""

    def __init__(self, table: sa.Table, *is_old: sa.ColumnElement[bool] | sa.TextClause) -> None:
        keys = list(table.primary_key)
        self._keys = sa.select(*keys).where(*is_old).limit(KEYS_READ)
        # Once more, since it may have been used meanwhile.
        self._delete = sa.delete(table).where(
            *(key == sa.bindparam(f"key_{key.name}") for key in keys), *is_old
        )
        self._names = [f"key_{key.name}" for key in keys]

    def sweep(self, database: Database, before: float, rest: Rest = never_stop) -> int:
        """Delete them; `before` is in seconds since the epoch. Returns how many there were."""
        total = 0
        while True:
            with database.read() as connection:
                found = connection.execute(self._keys, {"before": before}).all()
            left = [{**dict(zip(self._names, row, strict=True)), "before": before} for row in found]
            deleted, is_ended = in_steps(database, lambda *of: self._step(left, *of), rest)  # noqa: B023
            total += deleted
            if is_ended or not deleted or len(found) < KEYS_READ:
                return total

    def _step(
        self, left: list[dict[str, object]], connection: sa.Connection, rows: int
    ) -> int | None:
        if not left:
            return None
        chunk = left[-rows:]
        del left[-rows:]
        return connection.execute(self._delete, chunk).rowcount
