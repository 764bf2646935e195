"""The verdicts of people on answers."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.feedback import Verdict
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import feedback as table

_INSERT = insert(table)
# A click that is repeated, or delivered twice, doesn't remove the comment.
_comment = sa.case(
    (
        sa.and_(_INSERT.excluded.comment == "", _INSERT.excluded.verdict == table.c.verdict),
        table.c.comment,
    ),
    else_=_INSERT.excluded.comment,
)
_SAVE = _INSERT.on_conflict_do_update(
    index_elements=[table.c.message_id, table.c.open_id],
    set_={
        "verdict": _INSERT.excluded.verdict,
        "comment": _comment,
        "created_at": _INSERT.excluded.created_at,
    },
)
_SWEEP = sa.delete(table).where(table.c.created_at < sa.bindparam("before"))


class SqlFeedback:
    """Implements `core.feedback.FeedbackStore`. `clock` gives seconds since the epoch."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def save(self, message_id: str, open_id: str, verdict: Verdict, comment: str = "") -> None:
        """The same verdict without a comment leaves the earlier comment."""
        answer = {"message_id": message_id, "open_id": open_id}
        row = {**answer, "verdict": verdict, "comment": comment, "created_at": self._clock()}
        with self._database.write() as connection:
            connection.execute(_SAVE, row)

    def sweep(self, before: float) -> int:
        """Delete what is older than that (seconds since the epoch); returns how many."""
        with self._database.write() as connection:
            return connection.execute(_SWEEP, {"before": before}).rowcount
