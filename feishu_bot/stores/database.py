"""One database, SQLite or PostgreSQL: connections, transactions, migrations."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from feishu_bot.errors import StoreFailure, StoreUnavailable
from feishu_bot.stores import migrations
from feishu_bot.stores.engine import BUSY_TIMEOUT, open_engine
from feishu_bot.stores.locks import WriteLock, retry_while_locked
from feishu_bot.stores.open_file import OpenFile
from feishu_bot.stores.outage_advice import advice
from feishu_bot.stores.outages import failure_kind, reason_of, translate_outages

# Whoever writes waits for a try to empty the log, and a click for all of them. Seconds for those
# who just read, and between two tries.
_CLEAN_TIMEOUT = 0.015
_CLEAN_PAUSE = 0.015
_CLEAN_TRIES = 10
# Bytes on the disk of a SQLite file: with less the next answer may not fit.
LEAST_SPACE = 1024 * 1024
# Any number, as long as every replica uses the same one.
_LOCK_MIGRATIONS = sa.text("SELECT pg_advisory_xact_lock(7378711437411123201)")


class Database:
    """Transactions on the database at `url`; opened at first use, in each process for itself.

    SQLite runs in WAL mode with `synchronous=NORMAL`: what was committed survives `kill -9`
    of the process, and nothing is ever half written; a power cut can cost the last transactions.
    In return a commit needs no fsync, and 200 answers can save their state side by side.
    A SQLite file that was deleted or replaced is used no more: what is written to it would be lost
    at the next start. `pool_size` is the number of connections a process has at most. `on_outcome`
    is told of every write that succeeds (None) and of everything that fails because the database
    is away; it must not wait.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 8,
        on_outcome: Callable[[StoreUnavailable | None], None] = lambda failure: None,
    ) -> None:
        self._url = sa.make_url(url)
        self._on_outcome = on_outcome
        self._pool_size = pool_size
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        self._engine_by_pid: dict[int, _ProcessEngine] = {}
        self._joined = _Joined()

    @property
    def is_shared(self) -> bool:
        """Whether several hosts may use it."""
        return not self._is_sqlite

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection to read from. What is written through it may be lost.

        Raises StoreUnavailable when the database is away.
        """
        if self._joined.connection is not None:
            yield self._joined.connection
            return
        with self._outages_noted(), self._of_this_process().engine.connect() as connection:
            yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """What this thread reads and writes inside is one transaction. Raises as `write` does."""
        before = self._joined.connection
        with self.write() as connection:
            self._joined.connection = connection
            try:
                yield
            finally:
                self._joined.connection = before

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        On SQLite the writers wait here for their turn: otherwise they would poll the file's lock,
        and unlucky ones would time out. The file's own lock is taken at the start all the same,
        so that a transaction that has begun doesn't fail for a lock of another program.

        Raises StoreUnavailable when the database is away.
        """
        if self._joined.connection is not None:
            yield self._joined.connection
            return
        with self._outages_noted():
            ours = self._of_this_process()
            lock = ours.write_lock or nullcontext()
            with lock, ours.engine.connect() as connection, connection.begin():
                if self._is_sqlite:
                    _begin_immediate(connection)
                yield connection
        self._on_outcome(None)

    @contextmanager
    def _outages_noted(self) -> Iterator[None]:
        try:
            with translate_outages():
                yield
        except StoreUnavailable as exc:
            self._on_outcome(exc)
            raise

    def move_log(self) -> None:
        """Move what SQLite's write-ahead log holds into the file, while others read and write.

        Raises StoreUnavailable.
        """
        if self._is_sqlite:
            with self.read() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def clean_log(self) -> bool:
        """Empty SQLite's write-ahead log, which holds what was deleted since; False for not yet.

        That takes a moment in which nobody reads. PostgreSQL's own log is its administrator's.
        Raises StoreUnavailable.
        """
        if not self._is_sqlite:
            return True
        # What there is to be written to the disk is by then, and nobody waits for it.
        self.move_log()
        for _ in range(_CLEAN_TRIES):
            if self._try_to_clean_log():
                return True
            time.sleep(_CLEAN_PAUSE)
        return False

    def _try_to_clean_log(self) -> bool:
        ours = self._of_this_process()
        lock = ours.write_lock or nullcontext()
        with self._outages_noted(), lock, ours.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(_CLEAN_TIMEOUT * 1000)}")
            try:
                row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT * 1000)}")
        return bool(row[0] == 0)

    def migrate(self) -> None:
        """Create the tables or bring them up to date; safe in several processes at once.

        Leaves no connection open, so that it can run before a fork. Raises StoreUnavailable.
        """
        try:
            self._migrate()
        except (OSError, SQLAlchemyError) as exc:
            raise StoreUnavailable(self._describe(exc)) from exc

    def _migrate(self) -> None:
        # However long it takes on a large database.
        engine = open_engine(self._url, poolclass=sa.NullPool, limits=False)
        try:
            with retry_while_locked(engine.connect) as connection:
                if migrations.is_current(connection):
                    return
            with retry_while_locked(engine.connect) as connection, connection.begin():
                if self._is_sqlite:
                    _begin_immediate(connection)
                else:
                    connection.execute(_LOCK_MIGRATIONS)
                if migrations.is_current(connection):
                    return
                if migrations.has_tables(connection):
                    revision = migrations.revision_of(connection)
                    if migrations.is_newer(revision):
                        raise StoreUnavailable(self._message(f"revision {revision}", "newer"))
                migrations.upgrade(connection)
        finally:
            engine.dispose()

    def _describe(self, exc: BaseException) -> str:
        return self._message(reason_of(exc), failure_kind(exc))

    def _message(self, reason: str, kind: StoreFailure) -> str:
        where = self._url.render_as_string(hide_password=True)
        words = advice(self._url, kind)
        return (
            f"数据库无法打开 / The database can't be opened: {where} ({reason}). "
            f"{words.zh} / {words.en}"
        )

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

    def check(self, *, writes: bool = True) -> str:
        """The revision of the tables. With `writes` the database is written to, too, and nothing
        changed. Raises StoreUnavailable.
        """
        try:
            self._expect_space()
            with self.write() if writes else self.read() as connection:
                if writes:
                    migrations.touch(connection)
                return migrations.revision_of(connection)
        except SQLAlchemyError as exc:
            raise StoreUnavailable(f"there are no tables ({type(exc).__name__})") from exc

    def ping(self) -> bool:
        """Whether the database has tables and can be written."""
        try:
            self.check()
        except StoreUnavailable:
            return False
        return True

    def _expect_space(self) -> None:
        # A write of a few bytes may well find its place in a file that is there already.
        if not self._is_sqlite:
            return
        try:
            found = os.statvfs(Path(self._url.database or "").parent)
        except OSError:
            return
        if found.f_bavail * found.f_frsize < LEAST_SPACE:
            exc = StoreUnavailable("less than a megabyte is left on the disk", kind="full")
            self._on_outcome(exc)
            raise exc

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
            try:
                engine = open_engine(self._url, pool_size=size, max_overflow=0, pool_use_lifo=True)
            except OSError as exc:
                raise StoreUnavailable(str(exc), kind="unopened") from exc
            file = Path(self._url.database or "") if self._is_sqlite else None
            new = _ProcessEngine(engine, WriteLock(file) if file else None, OpenFile(file))
            ours = self._engine_by_pid.setdefault(pid, new)
            if ours is not new:
                new.close()
        ours.file.expect_same()
        return ours


class _Joined(threading.local):
    """The transaction that a thread has open for all that it does."""

    connection: sa.Connection | None = None


@dataclass(frozen=True, slots=True)
class _ProcessEngine:
    """The engine of one process; for SQLite its file, and the lock that its writers wait for."""

    engine: sa.Engine
    write_lock: WriteLock | None
    file: OpenFile

    def close(self) -> None:
        self.engine.dispose()
        if self.write_lock:
            self.write_lock.close()


def _begin_immediate(connection: sa.Connection) -> None:
    retry_while_locked(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
