"""Deletes many rows in steps so small that nobody who writes meanwhile feels them."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa

from feishu_bot.stores.database import Database

# Called between two steps: lets others write, and says whether the rest is left for the next time.
Rest = Callable[[], bool]

# How long a step may keep others from writing to SQLite. A row of turns that is in the index of
# words takes a hundred times as long as one of usage, so the rows of a step follow from the time.
STEP_SECONDS = 0.008
FIRST_ROWS = 10
MOST_ROWS = 100
# What is too old is looked up for so many rows at once, without holding anybody up.
KEYS_READ = 5_000


def never_stop() -> bool:
    """No rest between two steps, and no end before there is nothing left."""
    return False


def in_steps(
    database: Database, step: Callable[[sa.Connection, int], int | None], rest: Rest
) -> tuple[int, bool]:
    """Repeat a step, each in a transaction of its own, until it gives None.

    A step takes how many rows it may delete and gives how many it has deleted. Returns how many
    were deleted in all, and whether `rest` has ended it.
    """
    rows, deleted = FIRST_ROWS, 0
    while True:
        with database.write() as connection:
            began = time.perf_counter()
            done = step(connection, rows)
        # The commit belongs to it.
        rows = _rows_after(rows, time.perf_counter() - began)
        if done is None:
            return deleted, False
        deleted += done
        if rest():
            return deleted, True


def _rows_after(rows: int, seconds: float) -> int:
    if seconds > STEP_SECONDS:
        return max(1, rows // 2)
    return min(MOST_ROWS, rows * 2) if seconds < STEP_SECONDS / 4 else rows


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
