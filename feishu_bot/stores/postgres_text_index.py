"""The words of turns in PostgreSQL: a table with a GIN index of trigrams (pg_trgm).

An index on the turns themselves would make storing one five times as slow, so their words are
copied in the background; what has an id above the highest copied one isn't in it yet. A trigger
and a foreign key take out what changes or goes, also when another version of the bot does it.

The extension comes with PostgreSQL; from version 13 on whoever may create things in the database
may switch it on. Without it a search reads the person's newest turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from feishu_bot.logs import get_logger
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import turns

logger = get_logger(__name__)

BATCH = 100
SHORTEST = 3
# A turn may be stored after one with a higher id; not as much later as this.
SETTLED_SECONDS = 120.0

_CREATE = (
    "SELECT pg_advisory_xact_lock(7378711437411123207)",
    "SET LOCAL lock_timeout = '5s'",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE TABLE IF NOT EXISTS turns_text (id BIGINT PRIMARY KEY"
    " REFERENCES turns ON DELETE CASCADE, asker TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS turns_text_asker ON turns_text (asker)",
    "CREATE INDEX IF NOT EXISTS turns_text_body ON turns_text USING gin (body gin_trgm_ops)",
    "CREATE OR REPLACE FUNCTION turns_text_change() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN UPDATE turns_text SET asker = new.asker,"
    " body = concat_ws(chr(10), new.question, new.answer, new.title) WHERE id = new.id;"
    " RETURN NULL; END $$",
    "CREATE OR REPLACE TRIGGER turns_text_changed AFTER UPDATE OF question, answer, title, asker"
    " ON turns FOR EACH ROW EXECUTE FUNCTION turns_text_change()",
)
_IS_THERE = sa.text("SELECT to_regclass('turns_text') IS NOT NULL")
_HIGHEST = sa.text("SELECT coalesce(max(id), 0) FROM turns_text")
# Up to the first one that is too young.
_LAST_OF_BATCH = sa.text(
    "SELECT max(id) FROM (SELECT id, bool_and(created_at < :settled) OVER (ORDER BY id) AS is_old"
    " FROM (SELECT id, created_at FROM turns WHERE id > :highest ORDER BY id LIMIT :batch) AS next"
    ") AS young WHERE is_old"
)
_ADD = sa.text(
    "INSERT INTO turns_text SELECT id, asker, concat_ws(chr(10), question, answer, title)"
    " FROM turns WHERE id > :highest AND id <= :last ORDER BY id FOR SHARE ON CONFLICT DO NOTHING"
)
_text = sa.table(
    "turns_text", sa.column("id", sa.BigInteger), sa.column("asker", sa.Text), sa.column("body")
)


def candidates(
    connection: sa.Connection, words: Sequence[str], patterns: Sequence[str]
) -> sa.ColumnElement[bool] | None:
    """Which turns of the parameter `person` may have all these words; None without an index.

    `patterns` are what each word is like.
    """
    if not any(len(word) >= SHORTEST for word in words) or not connection.scalar(_IS_THERE):
        return None
    highest = connection.scalar(_HIGHEST) or 0
    having = (_text.c.body.ilike(pattern, escape="\\") for pattern in patterns)
    theirs = sa.select(_text.c.id).where(_text.c.asker == sa.bindparam("person"), *having)
    return sa.or_(turns.c.id > highest, turns.c.id.in_(theirs))


def keep_up(database: Database, rest: Callable[[], bool], *, now: float = 0.0) -> bool:
    """Copy what is new, step by step; False where the index may not be created.

    `rest` lets others go first between two steps; once it gives True, the work is left as it is.
    """
    with database.read() as connection:
        is_there = connection.scalar(_IS_THERE)
    if not is_there and not _create(database):
        return False
    settled = (now or time.time()) - SETTLED_SECONDS
    while _add_batch(database, settled) and not rest():
        pass
    return True


def _create(database: Database) -> bool:
    try:
        with database.write() as connection:
            for statement in _CREATE:
                connection.exec_driver_sql(statement)
    except SQLAlchemyError as exc:
        reason = str(getattr(exc, "orig", None) or exc).strip().partition("\n")[0]
        logger.info("no text index", error=reason)
        return False
    return True


def _add_batch(database: Database, settled: float) -> bool:
    """Whether there was something to add."""
    with database.write() as connection:
        highest = connection.scalar(_HIGHEST) or 0
        parameters = {"highest": highest, "settled": settled, "batch": BATCH}
        last = connection.scalar(_LAST_OF_BATCH, parameters)
        if last is None:
            return False
        connection.execute(_ADD, {"highest": highest, "last": last})
    return True
