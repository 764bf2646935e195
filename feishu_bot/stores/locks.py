"""The locks of a database: a fair one for the writers of SQLite, and retries where one is held."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

T = TypeVar("T")

_TRIES = 5
_TRANSIENT_SQLSTATES = {"40001", "40P01", "55P03"}
_TRANSIENT_SQLITE_CODES = {5, 6}


def is_transient(exc: BaseException | None) -> bool:
    """Whether a lock that somebody else holds is the cause, so that another try may work."""
    if not isinstance(exc, DBAPIError):
        return False
    if getattr(exc.orig, "sqlstate", None) in _TRANSIENT_SQLSTATES:
        return True
    # The extended codes keep the plain one in their lowest byte.
    return getattr(exc.orig, "sqlite_errorcode", 0) & 0xFF in _TRANSIENT_SQLITE_CODES


def retry_while_locked(attempt: Callable[[], T]) -> T:
    """Try until no lock is in the way; raises the OperationalError of the fifth try."""
    for tried in range(1, _TRIES):
        try:
            return attempt()
        except OperationalError as exc:
            if not is_transient(exc):
                raise
        time.sleep(random.uniform(0.01, 0.05) * 2**tried)
    return attempt()


class WriteLock:
    """Held by one writer at a time: a lock among threads, then one on a file among processes.

    SQLite itself waits by polling, up to a tenth of a second apart; with hundreds of answers
    saving their state an event would wait that long to be acknowledged. The kernel wakes the next
    writer at once, and releases the lock of a process that dies.
    """

    def __init__(self, database: Path) -> None:
        self._lock = threading.Lock()
        self._file = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            self._flock(fcntl.LOCK_EX)
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, *_exc: object) -> None:
        try:
            self._flock(fcntl.LOCK_UN)
        finally:
            self._lock.release()

    def _flock(self, operation: int) -> None:
        try:
            fcntl.flock(self._file, operation)
        except OSError as exc:
            # Some network file systems have no such lock: then SQLite's own has to do.
            if exc.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
                raise

    def close(self) -> None:
        """Close the file; nobody may hold the lock or wait for it."""
        os.close(self._file)
