"""How much the bot has still to do."""

from __future__ import annotations

import sqlalchemy as sa

from feishu_bot.stores import Database

_COUNT = sa.text("SELECT count(*) FROM inbox WHERE state != 'done'")


def open_jobs(database: Database) -> int:
    """The number of jobs that aren't done, running ones included."""
    with database.read() as connection:
        return int(connection.scalar(_COUNT) or 0)
