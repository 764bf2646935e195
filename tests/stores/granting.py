"""What was granted, for assertions."""

from __future__ import annotations

from feishu_bot.core.limits import Limit, Quota, Window
from feishu_bot.stores import Database
from feishu_bot.stores.reservations import SqlReservations


def granted(database: Database, subject: str, period: str) -> int:
    """How many questions more somebody may ask."""
    window = Window(
        limit=Limit(whose="person", period="day", quota=Quota(questions=1)),
        subject=subject,
        since=0.0,
        name=period,
    )
    (state,) = SqlReservations(database).states([window])
    return state.granted.questions
