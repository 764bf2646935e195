"""The file of a SQLite database while it is open."""

from __future__ import annotations

from pathlib import Path

from feishu_bot.errors import StoreUnavailable


class OpenFile:
    """Notices that another file, or none, has come to stand at the path of an open one.

    The system goes on reading and writing a file that was deleted, until the process ends.
    """

    def __init__(self, path: Path | None) -> None:
        """`path` is None for a database that is no file: nothing is looked at."""
        self._path = path
        self._identity = self._look()

    def expect_same(self) -> None:
        """Raise StoreUnavailable when it isn't the file that was there first. Costs a stat."""
        if self._path is None:
            return
        found = self._look()
        if self._identity is None:
            # SQLite makes it with the first connection.
            self._identity = found
        elif found != self._identity:
            what = "replaced" if found else "deleted"
            raise StoreUnavailable(f"the database file was {what}: {self._path}", kind="gone")

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if found else None
