"""The verdicts of people on answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.feedback import DailyRatings, Feedback, RatedAnswer, Ratings, Verdict
from feishu_bot.stores.database import Database
from feishu_bot.stores.days import day_of
from feishu_bot.stores.schema import feedback as table
from feishu_bot.stores.sweep import OldRows, Rest, never_stop

_INSERT = insert(table)
# A click that is repeated, or delivered twice, doesn't remove the comment.
_comment = sa.case(
    (
        sa.and_(_INSERT.excluded.comment == "", _INSERT.excluded.verdict == table.c.verdict),
        table.c.comment,
    ),
    else_=_INSERT.excluded.comment,
)


def _if_known(name: str) -> sa.ColumnElement[str]:
    """What an answer was said to be, where the new row doesn't say it."""
    return sa.func.coalesce(sa.func.nullif(_INSERT.excluded[name], ""), table.c[name])


_SAVE = _INSERT.on_conflict_do_update(
    index_elements=[table.c.message_id, table.c.open_id],
    set_={
        "verdict": _INSERT.excluded.verdict,
        "comment": _comment,
        "model": _if_known("model"),
        "question_id": _if_known("question_id"),
        "created_at": _INSERT.excluded.created_at,
    },
)
_TAKE_BACK = sa.delete(table).where(
    table.c.message_id == sa.bindparam("answer"),
    table.c.open_id == sa.bindparam("person"),
    table.c.verdict == sa.bindparam("said"),
)
_up: sa.ColumnElement[int] = sa.func.coalesce(
    sa.func.sum(sa.case((table.c.verdict == "up", 1), else_=0)), 0
)
_all: sa.ColumnElement[int] = sa.func.count()
_RATINGS = sa.select(_up.label("up"), _all.label("total")).where(
    table.c.message_id == sa.bindparam("answer")
)
_NEWEST = (
    sa.select(table)
    .where(table.c.created_at >= sa.bindparam("since"))
    .order_by(table.c.created_at.desc(), table.c.message_id, table.c.open_id)
    .limit(sa.bindparam("limit"))
)
_NEWEST_COMMENTS = _NEWEST.where(table.c.comment != "")
_OLD = OldRows(table, table.c.created_at < sa.bindparam("before"))


class SqlFeedback:
    """Implements `core.feedback.FeedbackStore`. `clock` gives seconds since the epoch."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def save(self, answer: RatedAnswer, open_id: str, verdict: Verdict, comment: str = "") -> None:
        """The same verdict without a comment leaves the earlier comment."""
        with self._database.write() as connection:
            connection.execute(_SAVE, self._row(answer, open_id, verdict, comment))

    def toggle(self, answer: RatedAnswer, open_id: str, verdict: Verdict) -> bool:
        held = {"answer": answer.message_id, "person": open_id, "said": verdict}
        with self._database.write() as connection:
            if connection.execute(_TAKE_BACK, held).rowcount:
                return False
            connection.execute(_SAVE, self._row(answer, open_id, verdict, ""))
        return True

    def ratings(self, message_id: str) -> Ratings:
        with self._database.read() as connection:
            row = connection.execute(_RATINGS, {"answer": message_id}).one()
        return Ratings(up=row.up, down=row.total - row.up)

    def by_day(self, starts: Sequence[float]) -> list[DailyRatings]:
        rated = (
            sa.select(
                table.c.model, table.c.verdict, day_of(table.c.created_at, starts).label("day")
            )
            .where(table.c.created_at >= starts[0])
            .subquery()
        )
        up = sa.func.sum(sa.case((rated.c.verdict == "up", 1), else_=0))
        by_day = sa.select(rated.c.day, rated.c.model, up.label("up"), _all.label("total"))
        by_day = by_day.group_by(rated.c.day, rated.c.model).order_by(rated.c.day, rated.c.model)
        with self._database.read() as connection:
            return [
                DailyRatings(
                    day=row.day,
                    model=row.model,
                    ratings=Ratings(up=row.up, down=row.total - row.up),
                )
                for row in connection.execute(by_day)
            ]

    def newest(self, since: float, limit: int, *, comments_only: bool = False) -> list[Feedback]:
        statement = _NEWEST_COMMENTS if comments_only else _NEWEST
        with self._database.read() as connection:
            rows = connection.execute(statement, {"since": since, "limit": limit}).all()
        return [
            Feedback(
                answer=RatedAnswer(
                    message_id=row.message_id, model=row.model, question_id=row.question_id
                ),
                open_id=row.open_id,
                verdict=row.verdict,
                comment=row.comment,
                created_at=row.created_at,
            )
            for row in rows
        ]

    def _row(
        self, answer: RatedAnswer, open_id: str, verdict: Verdict, comment: str
    ) -> dict[str, object]:
        return {
            "message_id": answer.message_id,
            "model": answer.model,
            "question_id": answer.question_id,
            "open_id": open_id,
            "verdict": verdict,
            "comment": comment,
            "created_at": self._clock(),
        }

    def sweep(self, before: float, rest: Rest = never_stop) -> int:
        """Delete what is older than that (seconds since the epoch); returns how many."""
        return _OLD.sweep(self._database, before, rest)
