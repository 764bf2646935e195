"""An index of what was asked and answered, made and kept up in the background.

A search works without it. It matters where one person has more turns than can be read for a
search, and it is only as good as the database allows.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from feishu_bot.background_thread import PeriodicThread
from feishu_bot.stores import postgres_text_index, sqlite_text_index
from feishu_bot.stores.database import Database
from feishu_bot.stores.turns import are_complete, complete_origins

FIRST_SECONDS = 10.0
EVERY_SECONDS = 60.0
# Between two steps, each of which keeps others from writing to SQLite for some milliseconds.
REST_SECONDS = 0.1


def candidates(
    connection: sa.Connection, words: Sequence[str], patterns: Sequence[str]
) -> sa.ColumnElement[bool] | None:
    """Which turns of the parameter `person` may have all these words.

    `patterns` are what each word is like. None where no index helps, and all may have them.
    """
    if connection.dialect.name == "sqlite":
        return sqlite_text_index.candidates(connection, words)
    return postgres_text_index.candidates(connection, words, patterns)


class TextIndexUpkeep:
    """Brings the index up to date once a minute, in a thread of its own.

    Completes what a version that knows no origins has stored during an upgrade, too.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_possible = True
        self._thread = PeriodicThread(
            "text-index",
            self.run_once,
            first_seconds=FIRST_SECONDS,
            seconds=EVERY_SECONDS,
            failed="text index not kept up",
        )

    def start(self) -> None:
        """Begin; the thread ends with the process, or with `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further step, and wait for the present one: the database is closed next."""
        self._thread.stop()

    def run_once(self, *, rest_seconds: float = REST_SECONDS) -> None:
        """Do what there is to do now. Raises SQLAlchemyError when the database doesn't answer."""
        with self._database.read() as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            is_complete = are_complete(connection)
        if not is_complete:
            with self._database.write() as connection:
                complete_origins(connection)
        if not self._is_possible:
            return
        keep_up = sqlite_text_index.keep_up if is_sqlite else postgres_text_index.keep_up
        self._is_possible = keep_up(self._database, lambda: self._thread.wait(rest_seconds))
