"""One database, SQLite or PostgreSQL: connections, transactions, migrations."""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import migrations
from feishu_bot.stores.write_lock import WriteLock

logger = logging.getLogger(__name__)

T = TypeVar("T")

_BUSY_TIMEOUT = 5.0
_TRIES = 5
# Any number, as long as every replica uses the same one.
_LOCK_MIGRATIONS = sa.text("SELECT pg_advisory_xact_lock(7378711437411123201)")
_TRANSIENT_SQLSTATES = {"40001", "40P01", "55P03"}
_TRANSIENT_SQLITE_CODES = {5, 6}


class Database:
    """Transactions on the database at `url`; opened at first use, in each process for itself.

    SQLite runs in WAL mode with `synchronous=NORMAL`: whatever was committed survives `kill -9`
    of the process, and nothing is ever half written; a power cut can cost the last transactions.
    In return a commit needs no fsync, and 200 answers can save their state side by side.

    `pool_size` is the number of connections a process has at most.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self._url = sa.make_url(url)
        self._pool_size = pool_size
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        self._opened: dict[int, _Opened] = {}

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection to read from. What is written on it may be lost."""
        with self._here().engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        On SQLite the writers wait in line here: they would poll the file's lock otherwise, and the
        unlucky ones run out of patience. The file's own lock is taken at the start all the same,
        so that a transaction that has begun doesn't fail for a lock of another program.
        """
        opened = self._here()
        with (
            opened.line or nullcontext(),
            opened.engine.connect() as connection,
            connection.begin(),
        ):
            if self._is_sqlite:
                _begin_immediate(connection)
            yield connection

    def migrate(self) -> None:
        """Create the tables or bring them up to date; safe in several processes at once.

        Leaves no connection open, so that it can run before a fork. Raises StoreUnavailable.
        """
        try:
            self._migrate()
        except (OSError, SQLAlchemyError) as exc:
            raise StoreUnavailable(self._describe(exc)) from exc

    def _migrate(self) -> None:
        engine = self._create_engine(poolclass=sa.NullPool)
        try:
            with retry_while_locked(engine.connect) as connection:
                if migrations.is_current(connection):
                    return
            with retry_while_locked(engine.connect) as connection, connection.begin():
                if self._is_sqlite:
                    _begin_immediate(connection)
                else:
                    connection.execute(_LOCK_MIGRATIONS)
                if not migrations.is_current(connection):
                    migrations.upgrade(connection)
        finally:
            engine.dispose()

    def _describe(self, exc: Exception) -> str:
        reason = str(getattr(exc, "orig", None) or exc).strip().partition("\n")[0]
        where = self._url.render_as_string(hide_password=True)
        advice = (
            "Is the folder there, and may this user write to it? In the container it must "
            "belong to user 10001: chown 10001 FOLDER."
            if self._is_sqlite
            else "Is PostgreSQL running, and are host, name and password right?"
        )
        return f"数据库无法打开 / The database can't be opened: {where} ({reason}). {advice}"

    def ping(self) -> bool:
        """Whether the database answers and has tables."""
        try:
            with self.read() as connection:
                return migrations.has_tables(connection)
        except SQLAlchemyError as exc:
            logger.warning("database doesn't answer: %s", type(exc).__name__)
            return False

    def close(self) -> None:
        """Close this process' connections; the next use opens new ones."""
        opened = self._opened.pop(os.getpid(), None)
        if opened is not None:
            opened.close()

    def _here(self) -> _Opened:
        # A dict by pid and no lock: one that another thread holds during a fork stays locked in
        # the child for ever. What the parent opened is left alone; of two threads that come first
        # at the same time one closes again what it has made.
        pid = os.getpid()
        opened = self._opened.get(pid)
        if opened is None:
            engine = self._create_engine(
                pool_size=self._pool_size, max_overflow=0, pool_use_lifo=True
            )
            line = WriteLock(Path(self._url.database or "")) if self._is_sqlite else None
            mine = _Opened(engine, line)
            opened = self._opened.setdefault(pid, mine)
            if opened is not mine:
                mine.close()
        return opened

    def _create_engine(self, **pooling: Any) -> sa.Engine:
        if not self._is_sqlite:
            # A connection may have been cut while it lay in the pool: a restart, a firewall.
            return sa.create_engine(
                self._url,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"connect_timeout": 10},
                **pooling,
            )
        Path(self._url.database or "").parent.mkdir(parents=True, exist_ok=True)
        # Without an isolation level the sqlite3 module begins no transaction of its own.
        connect_args = {"timeout": _BUSY_TIMEOUT, "isolation_level": None}
        # What people wrote would be in the parameters of a statement that fails.
        engine = sa.create_engine(
            self._url, hide_parameters=True, connect_args=connect_args, **pooling
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine


class _Opened:
    """What a process has open: its engine, and for SQLite the line in which its writers wait."""

    __slots__ = ("engine", "line")

    def __init__(self, engine: sa.Engine, line: WriteLock | None) -> None:
        self.engine = engine
        self.line = line

    def close(self) -> None:
        self.engine.dispose()
        if self.line:
            self.line.close()


def is_transient(exc: DBAPIError) -> bool:
    """Whether a lock that somebody else holds is the cause, so that another try may work."""
    if getattr(exc.orig, "sqlstate", None) in _TRANSIENT_SQLSTATES:
        return True
    # The extended codes keep the plain one in their lowest byte.
    return getattr(exc.orig, "sqlite_errorcode", 0) & 0xFF in _TRANSIENT_SQLITE_CODES


def retry_while_locked(attempt: Callable[[], T]) -> T:
    """Try until no lock is in the way; raises the OperationalError after the fifth try."""
    for tried in range(1, _TRIES + 1):
        try:
            return attempt()
        except OperationalError as exc:
            if tried == _TRIES or not is_transient(exc):
                raise
        time.sleep(random.uniform(0.01, 0.05) * 2**tried)
    raise AssertionError("unreachable")


def _begin_immediate(connection: sa.Connection) -> None:
    retry_while_locked(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))


def _prepare_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
