"""A fair lock for the writers of a SQLite file, in all processes."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path
from types import TracebackType


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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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
