"""Which failures of a database mean that it is away for now, and not that a statement is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from feishu_bot.errors import StoreFailure, StoreUnavailable
from feishu_bot.stores.postgres_faults import postgres_failure

# SQLite's result codes. The extended codes keep the plain one in their lowest byte, except for
# the one that says that the file was moved.
_SQLITE: Mapping[int, StoreFailure] = {
    5: "locked", 6: "locked", 8: "read_only", 10: "away", 11: "damaged", 13: "full",
    14: "unopened", 26: "damaged", 1032: "gone",
}  # fmt: skip
# PostgreSQL's classes: connection, rollback, resources, not in the right state, intervention,
# system error; and what a failover leads to: a server that only reads, or one without our tables.
# A connection that never was has no state at all.
_READ_ONLY = "25006"
_NO_TABLE = "42P01"
_POSTGRES = ("08", "40", "53", "55", "57", "58", _READ_ONLY, _NO_TABLE)


@contextmanager
def translate_outages() -> Iterator[None]:
    """Raise StoreUnavailable, with the database's reason, where it is away."""
    try:
        yield
    except SQLAlchemyError as exc:
        if not is_outage(exc):
            raise
        message = f"the database doesn't answer ({reason_of(exc)})"
        raise StoreUnavailable(message, kind=failure_kind(exc)) from exc


def reason_of(exc: BaseException) -> str:
    """What the database itself says, in one line."""
    return str(getattr(exc, "orig", None) or exc).strip().partition("\n")[0]


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
    # Psycopg has a class of its own for a connection that wasn't there in time.
    names = {kind.__name__ for kind in type(exc.orig).__mro__}
    is_cut = exc.connection_invalidated or "OperationalError" in names
    if isinstance(state, str):
        # The server also cuts a session that has done nothing for too long.
        return state.startswith(_POSTGRES) or bool(exc.connection_invalidated)
    return is_cut


def leave_standby(context: ExceptionContext) -> None:
    """Have all connections opened anew once one of them may only read.

    After a failover they lead to the former server as long as it lives, and new ones to the other.
    For SQLAlchemy's event "handle_error".
    """
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def failure_kind(exc: BaseException) -> StoreFailure:
    """What the administrator has to see to."""
    if isinstance(exc, OSError):
        return "unopened"
    orig = getattr(exc, "orig", None)
    code = getattr(orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _SQLITE.get(code) or _SQLITE.get(code & 0xFF, "away")
    return postgres_failure(getattr(orig, "sqlstate", None), reason_of(exc))
