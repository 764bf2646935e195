"""A file that is read again when it changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from feishu_bot.content.documents import InvalidDocument
from feishu_bot.errors import SettingsError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

T = TypeVar("T")
Stamp = tuple[int, int, int] | None

LOOK_INTERVAL = 1.0
# Far above any list; a path to something else is refused before it fills the memory.
MAX_BYTES = 16 * 1024 * 1024


class WatchedFile(Generic[T]):
    """The value that `read` makes of a file's content. Safe for threads.

    `read` raises InvalidDocument for content that it can't use. In the constructor that becomes a
    SettingsError; later the last good value stays, and the log says why, once for each change.
    """

    def __init__(
        self, path: Path, read: Callable[[bytes], T], *, timer: Callable[[], float]
    ) -> None:
        self._path = path
        self._content_of = read
        self._timer = timer
        self._lock = Lock()
        self._next_look = timer() + LOOK_INTERVAL
        self._stamp = _stamp(path)
        try:
            self._value = self._read()
        except InvalidDocument as exc:
            line_zh, line_en = (f"第 {exc.line} 行", f", line {exc.line}") if exc.line else ("", "")
            raise SettingsError(
                [f"{path}：{line_zh}{exc.zh}。\n  {path}{line_en}: {exc.en}"]
            ) from exc

    def value(self) -> T:
        """The value, from a second ago at most."""
        # While one thread reads the file, the others use the last value.
        if self._timer() >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._value

    def _look(self) -> None:
        now = self._timer()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_INTERVAL
        # Taken before reading: a write meanwhile is a change of its own.
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._value = self._read()
        except InvalidDocument as exc:
            said = "file refused, its last good state stays"
            logger.warning(said, path=self._path, line=exc.line, reason=exc)
        else:
            logger.info("file read again", path=self._path)

    def _read(self) -> T:
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as exc:
            reason = exc.strerror or type(exc).__name__
            raise InvalidDocument(f"无法读取（{reason}）", f"can't be read: {reason}") from exc
        if len(content) > MAX_BYTES:
            raise InvalidDocument("文件超过 16 MiB", "the file is over 16 MiB")
        return self._content_of(content)


def _stamp(path: Path) -> Stamp:
    """A value that differs after a change; the inode's time changes with permissions, too."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size
