"""Which failures of a database mean that it is away for now, and not that a statement is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from feishu_bot.errors import StoreUnavailable

# SQLite's result codes: busy, locked, read-only, I/O error, corrupt, full, can't open, not a
# database. The extended codes keep the plain one in their lowest byte.
_SQLITE = frozenset({5, 6, 8, 10, 11, 13, 14, 26})
# PostgreSQL's classes: connection, rollback, resources, not in the right state, intervention,
# system error. A connection that never was has no state at all.
_POSTGRES = frozenset({"08", "40", "53", "55", "57", "58"})


@contextmanager
def outages_told() -> Iterator[None]:
    """Raise StoreUnavailable, with the database's reason, where it is away."""
    try:
        yield
    except SQLAlchemyError as exc:
        if not is_outage(exc):
            raise
        reason = str(getattr(exc, "orig", None) or exc).strip().partition("\n")[0]
        raise StoreUnavailable(f"the database doesn't answer ({reason})") from exc


def is_outage(exc: SQLAlchemyError) -> bool:
    """Whether another try, later, may work."""
    if isinstance(exc, PoolTimeout | InterfaceError):
        return True
    if not isinstance(exc, DBAPIError):
        return False
    code = getattr(exc.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in _SQLITE
    state = getattr(exc.orig, "sqlstate", None)
    if isinstance(state, str):
        # The server also cuts a session that has done nothing for too long.
        return state[:2] in _POSTGRES or bool(exc.connection_invalidated)
    return bool(exc.connection_invalidated) or type(exc.orig).__name__ == "OperationalError"
