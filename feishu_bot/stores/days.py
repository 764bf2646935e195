"""Days in SQL: their boundaries are the server's, and no database knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa


def day_of(moment: sa.Column[float], starts: Sequence[float]) -> sa.ColumnElement[int]:
    """The number of the day that a time falls on, for times from the first of `starts` on.

    `starts` are when the days begin, in ascending order, in seconds since the epoch.
    """
    later: list[tuple[Any, Any]] = [
        (moment < end, sa.literal_column(str(number))) for number, end in enumerate(starts[1:])
    ]
    last: sa.ColumnElement[int] = sa.literal_column(str(len(starts) - 1), sa.Integer)
    return sa.case(*later, else_=last) if later else last
