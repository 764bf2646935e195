"""The words of turns in SQLite: FTS5 with trigrams, so that Chinese is found as well.

The index keeps which turns have which three characters, and nothing else (`detail=none`): a
search looks at the turns themselves afterwards. It is filled in the background, so that storing a
turn costs nothing; what has an id above `indexed` isn't in it yet. Triggers take out what changes
or goes, also when another version of the bot does it. FTS5 only notes that and removes the
characters when it merges its parts: `stale` counts what waits for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from feishu_bot.logs import get_logger
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import turns

logger = get_logger(__name__)

# The turns of one transaction: so many at most, of about so many characters. It holds the lock of
# SQLite's writers for about 10 ms, and an acknowledgement waits for it.
BATCH = 100
BATCH_CHARS = 15_000
MERGED_PAGES = 64
SHORTEST = 3

_CREATE_TABLES = (
    "CREATE VIRTUAL TABLE turns_text USING fts5(question, answer, title,"
    " content='turns', content_rowid='id', detail='none', tokenize='trigram')",
    "CREATE TABLE turns_text_state (indexed INTEGER NOT NULL, stale INTEGER NOT NULL)",
    "INSERT INTO turns_text_state VALUES (0, 0)",
)
_TAKE_OUT = (
    "INSERT INTO turns_text(turns_text, rowid, question, answer, title)"
    " VALUES ('delete', old.id, old.question, old.answer, old.title);"
)
_CREATE_TRIGGERS = (
    "CREATE TRIGGER turns_text_changed AFTER UPDATE OF question, answer, title ON turns"
    " WHEN old.id <= (SELECT indexed FROM turns_text_state)"
    " AND (old.question, old.answer, old.title) <> (new.question, new.answer, new.title)"
    f" BEGIN {_TAKE_OUT}"
    " INSERT INTO turns_text(rowid, question, answer, title)"
    " VALUES (new.id, new.question, new.answer, new.title);"
    " UPDATE turns_text_state SET stale = stale + 1; END",
    # An id that was the highest is given out again.
    "CREATE TRIGGER turns_text_deleted AFTER DELETE ON turns"
    " WHEN old.id <= (SELECT indexed FROM turns_text_state)"
    f" BEGIN {_TAKE_OUT}"
    " UPDATE turns_text_state SET stale = stale + 1,"
    " indexed = min(indexed, coalesce((SELECT max(id) FROM turns), 0)); END",
)
_DROP = (
    "DROP TRIGGER IF EXISTS turns_text_changed",
    "DROP TRIGGER IF EXISTS turns_text_deleted",
    "DROP TABLE IF EXISTS turns_text_state",
    "DROP TABLE IF EXISTS turns_text",
)
_PARTS = sa.text(
    "SELECT count(*) FROM sqlite_master WHERE name IN"
    " ('turns_text', 'turns_text_state', 'turns_text_changed', 'turns_text_deleted')"
)
_STATE = sa.text("SELECT stale, indexed FROM turns_text_state")
_ANY_NEW = sa.text(
    "SELECT EXISTS (SELECT 1 FROM turns WHERE id > (SELECT indexed FROM turns_text_state))"
)
_LAST_OF_BATCH = sa.text(
    "SELECT max(id) FROM (SELECT id, sum(chars) OVER (ORDER BY id) - chars AS before FROM"
    " (SELECT id, length(question) + length(answer) + length(title) AS chars FROM turns"
    " WHERE id > :indexed ORDER BY id LIMIT :batch)) WHERE before < :chars"
)
_ADD = sa.text(
    "INSERT INTO turns_text(rowid, question, answer, title)"
    " SELECT id, question, answer, title FROM turns WHERE id > :indexed AND id <= :last"
)
_INDEXED = sa.text("UPDATE turns_text_state SET indexed = :last")
_MERGE = sa.text("INSERT INTO turns_text(turns_text, rank) VALUES ('merge', :pages)")
_MERGED = sa.text("UPDATE turns_text_state SET stale = stale - :stale")
_CHANGES = sa.text("SELECT total_changes()")
_text = sa.table("turns_text", sa.column("turns_text", sa.Text), sa.column("rowid", sa.Integer))


def candidates(connection: sa.Connection, words: Sequence[str]) -> sa.ColumnElement[bool] | None:
    """Which turns may have all these words; None where the index can't tell."""
    long = [word for word in words if len(word) >= SHORTEST]
    if not long or connection.scalar(_PARTS) != len(_DROP):
        return None
    indexed = connection.execute(_STATE).one().indexed
    matching = sa.select(_text.c.rowid).where(_text.c.turns_text.op("MATCH")(_trigrams(long)))
    return sa.or_(turns.c.id > indexed, turns.c.id.in_(matching))


def keep_up(database: Database, rest: Callable[[], bool]) -> bool:
    """Bring the index up to date, step by step; False where this SQLite has no FTS5.

    `rest` lets others write between two steps; once it gives True, the work is left as it is.
    """
    with database.read() as connection:
        is_there = connection.scalar(_PARTS) == len(_DROP)
    if not is_there and not _create(database):
        return False
    while _add_batch(database):
        if rest():
            return True
    with database.read() as connection:
        stale = connection.execute(_STATE).one().stale
    if stale:
        _merge(database, stale, rest)
    return True


def _create(database: Database) -> bool:
    """Whether it could be made, empty; from nothing, since a part of it knows nothing for sure."""
    try:
        with database.write() as connection:
            for statement in (*_DROP, *_CREATE_TABLES, *_CREATE_TRIGGERS):
                connection.exec_driver_sql(statement)
    except DBAPIError as exc:
        logger.info("no text index", error=str(exc.orig))
        return False
    return True


def _add_batch(database: Database) -> bool:
    """Whether there was something to add."""
    with database.read() as connection:
        if not connection.scalar(_ANY_NEW):
            return False
    with database.write() as connection:
        indexed = connection.execute(_STATE).one().indexed
        batch = {"indexed": indexed, "batch": BATCH, "chars": BATCH_CHARS}
        last = connection.scalar(_LAST_OF_BATCH, batch)
        if last is None:
            return False
        connection.execute(_ADD, {"indexed": indexed, "last": last})
        connection.execute(_INDEXED, {"last": last})
    return True


def _merge(database: Database, stale: int, rest: Callable[[], bool]) -> None:
    """Merge all parts into one, which leaves out what was taken out of them.

    A negative number of pages begins it, positive ones go on ("The merge Command" of FTS5); the
    end is a step that changes nothing but its own row.
    """
    pages = -MERGED_PAGES
    while True:
        with database.write() as connection:
            before = connection.scalar(_CHANGES) or 0
            connection.execute(_MERGE, {"pages": pages})
            is_over = (connection.scalar(_CHANGES) or 0) - before < 2
            if is_over:
                connection.execute(_MERGED, {"stale": stale})
        if is_over or rest():
            return
        pages = MERGED_PAGES


def _trigrams(words: Sequence[str]) -> str:
    """A query of FTS5 for all of them; as quoted strings they have no other meaning."""
    found = {
        word[start : start + SHORTEST]
        for word in words
        for start in range(len(word) - SHORTEST + 1)
    }
    return " ".join('"' + each.replace('"', '""') + '"' for each in sorted(found))
