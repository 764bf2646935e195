"""One database, SQLite or PostgreSQL: connections, transactions, migrations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from feishu_bot.errors import StoreUnavailable
from feishu_bot.logs import get_logger
from feishu_bot.stores import migrations
from feishu_bot.stores.locks import WriteLock, retry_while_locked
from feishu_bot.stores.outages import outages_told

logger = get_logger(__name__)

_BUSY_TIMEOUT = 5.0
# Any number, as long as every replica uses the same one.
_LOCK_MIGRATIONS = sa.text("SELECT pg_advisory_xact_lock(7378711437411123201)")


class Database:
    """Transactions on the database at `url`; opened at first use, in each process for itself.

    SQLite runs in WAL mode with `synchronous=NORMAL`: what was committed survives `kill -9`
    of the process, and nothing is ever half written; a power cut can cost the last transactions.
    In return a commit needs no fsync, and 200 answers can save their state side by side.

    `pool_size` is the number of connections a process has at most.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self._url = sa.make_url(url)
        self._pool_size = pool_size
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        self._engine_by_pid: dict[int, _ProcessEngine] = {}

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection to read from. What is written through it may be lost.

        Raises StoreUnavailable when the database is away.
        """
        with outages_told(), self._of_this_process().engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        On SQLite the writers wait here for their turn: otherwise they would poll the file's lock,
        and unlucky ones would time out. The file's own lock is taken at the start all the same,
        so that a transaction that has begun doesn't fail for a lock of another program.

        Raises StoreUnavailable when the database is away.
        """
        ours = self._of_this_process()
        lock = ours.write_lock or nullcontext()
        with outages_told(), lock, ours.engine.connect() as connection, connection.begin():
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

    def _describe(self, exc: BaseException) -> str:
        reason = str(getattr(exc, "orig", None) or exc).strip().partition("\n")[0]
        where = self._url.render_as_string(hide_password=True)
        advice = (
            "Is the folder there, and may this user write to it? In the container it must "
            "belong to user 10001: chown 10001 FOLDER."
            if self._is_sqlite
            else "Is PostgreSQL running, and are host, name and password right?"
        )
        return f"数据库无法打开 / The database can't be opened: {where} ({reason}). {advice}"

    def expect_current(self) -> None:
        """Make sure that a bot of this version has made the tables; nothing is created.

        Raises StoreUnavailable.
        """
        where = self._url.render_as_string(hide_password=True)
        if self._is_sqlite and not Path(self._url.database or "").is_file():
            raise StoreUnavailable(f"数据库不存在 / There is no such database: {where}")
        try:
            with self.read() as connection:
                is_current = migrations.is_current(connection)
        except StoreUnavailable as exc:
            raise StoreUnavailable(self._describe(exc.__cause__ or exc)) from exc
        except (OSError, SQLAlchemyError) as exc:
            raise StoreUnavailable(self._describe(exc)) from exc
        if not is_current:
            raise StoreUnavailable(
                f"数据库不是这个版本的，请先启动一次机器人 / The database is of another version, "
                f"start the bot once: {where}"
            )

    def ping(self) -> bool:
        """Whether the database answers and has tables."""
        try:
            with self.read() as connection:
                return migrations.has_tables(connection)
        except (StoreUnavailable, SQLAlchemyError) as exc:
            logger.warning("database doesn't answer", error=type(exc.__cause__ or exc).__name__)
            return False

    def close(self) -> None:
        """Close this process' connections; the next use opens new ones."""
        ours = self._engine_by_pid.pop(os.getpid(), None)
        if ours is not None:
            ours.close()

    def _of_this_process(self) -> _ProcessEngine:
        # A dict by pid and no lock: one that another thread holds during a fork stays locked in
        # the child for ever. What the parent opened is left alone; of two threads that are first
        # at the same time one closes its engine again.
        pid = os.getpid()
        ours = self._engine_by_pid.get(pid)
        if ours is None:
            size = self._pool_size
            engine = self._create_engine(pool_size=size, max_overflow=0, pool_use_lifo=True)
            lock = WriteLock(Path(self._url.database or "")) if self._is_sqlite else None
            new = _ProcessEngine(engine, lock)
            ours = self._engine_by_pid.setdefault(pid, new)
            if ours is not new:
                new.close()
        return ours

    def _create_engine(self, **pooling: Any) -> sa.Engine:
        # The parameters of a statement that fails would show what people wrote.
        create = partial(sa.create_engine, self._url, hide_parameters=True, **pooling)
        if not self._is_sqlite:
            # A connection may have been cut while it was idle: a restart, a firewall.
            engine = create(pool_pre_ping=True, connect_args={"connect_timeout": 10})
            sa.event.listen(engine, "connect", _prepare_postgres)
            return engine
        Path(self._url.database or "").parent.mkdir(parents=True, exist_ok=True)
        # Without an isolation level the sqlite3 module begins no transaction of its own.
        engine = create(connect_args={"timeout": _BUSY_TIMEOUT, "isolation_level": None})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine


@dataclass(frozen=True, slots=True)
class _ProcessEngine:
    """The engine of one process, and for SQLite the lock that its writers wait for."""

    engine: sa.Engine
    write_lock: WriteLock | None

    def close(self) -> None:
        self.engine.dispose()
        if self.write_lock:
            self.write_lock.close()


def _begin_immediate(connection: sa.Connection) -> None:
    retry_while_locked(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))


def _prepare_postgres(connection: Any, _record: Any) -> None:
    # Compiling a statement takes fifty times as long as running it does, and PostgreSQL does so
    # wherever it takes a table without fresh statistics for much to read.
    was_automatic, connection.autocommit = connection.autocommit, True
    connection.execute("SELECT set_config('jit', 'off', false) FROM pg_settings WHERE name = 'jit'")
    connection.autocommit = was_automatic


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
