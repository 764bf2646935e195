"""The words of turns in PostgreSQL: a GIN index of trigrams, which PostgreSQL itself keeps up.

It needs the extension pg_trgm, which PostgreSQL 13 and later let the owner of a database create.
Without it a search reads the person's newest turns, and finds the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from feishu_bot.logs import get_logger
from feishu_bot.stores.database import Database

logger = get_logger(__name__)

SHORTEST = 3

_IS_VALID = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('turns_text')")
# Any number, as long as every replica uses the same one.
_LOCK = sa.text("SELECT pg_try_advisory_lock(7378711437411123207)")
_UNLOCK = sa.text("SELECT pg_advisory_unlock(7378711437411123207)")
_CREATE = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    # What was left by a process that died.
    "DROP INDEX CONCURRENTLY IF EXISTS turns_text",
    "CREATE INDEX CONCURRENTLY turns_text ON turns USING gin"
    " (question gin_trgm_ops, answer gin_trgm_ops, title gin_trgm_ops)",
)


def candidates(connection: sa.Connection, words: Sequence[str]) -> sa.ColumnElement[bool] | None:
    """True where PostgreSQL can look the words up by itself; None where it can't."""
    is_long = any(len(word) >= SHORTEST for word in words)
    return sa.true() if is_long and connection.scalar(_IS_VALID) else None


def create(database: Database) -> bool:
    """Create the index beside what goes on, once for all processes; False where that may not be.

    Another process may be at it: then this one leaves it alone.
    """
    try:
        with database.read() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(_IS_VALID) or not connection.scalar(_LOCK):
                return True
            try:
                for statement in _CREATE:
                    connection.exec_driver_sql(statement)
            finally:
                connection.execute(_UNLOCK)
    except SQLAlchemyError as exc:
        reason = str(getattr(exc, "orig", None) or exc).strip().partition("\n")[0]
        logger.info("no text index", error=reason)
        return False
    return True
