"""A file that is read again when it changes."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from feishu_bot.content.documents import InvalidDocument
from feishu_bot.core.languages import Words
from feishu_bot.errors import SettingsError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

T = TypeVar("T")
Stamp = tuple[int, int, int] | None

LOOK_INTERVAL = 1.0
# Far above any list; a path to something else is refused before it fills the memory.
MAX_BYTES = 16 * 1024 * 1024
_UNREADABLE: Mapping[int, Words] = {
    errno.ENOENT: Words(
        "没有这个文件，请检查路径；用容器时，文件要先挂载进去",
        "there is no such file: check the path. A container sees only what is mounted into it",
    ),
    errno.EACCES: Words(
        "没有读取它的权限：chmod 644，容器里的用户是 10001",
        "no permission to read it: chmod 644; in the container the user is 10001",
    ),
    errno.EISDIR: Words(
        "这是一个目录；用 Docker 挂载不存在的文件时会变成目录",
        "it is a folder, which Docker makes where the file to be mounted isn't there",
    ),
}


class WatchedFile(Generic[T]):
    """The value that `read` makes of a file's content. Safe for threads.

    `setting` is the variable that names the file. `read` raises InvalidDocument for content that
    it can't use. In the constructor that becomes a SettingsError; later the last good value stays,
    and the log says why, once for each change.
    """

    def __init__(
        self,
        path: Path,
        read: Callable[[bytes], T],
        *,
        setting: str,
        timer: Callable[[], float],
    ) -> None:
        self._path = path
        self._setting = setting
        self._content_of = read
        self._timer = timer
        self._lock = Lock()
        self._next_look = timer() + LOOK_INTERVAL
        self._stamp = _stamp(path)
        try:
            self._value = self._read()
        except InvalidDocument as exc:
            fault = self._fault(exc)
            raise SettingsError([f"{fault.zh}。\n  {fault.en}"]) from exc

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
            fault = self._fault(exc)
            message = (
                f"{fault.zh}。仍用上次正确的内容 / {fault.en}. What it held before is still in use"
            )
            logger.warning(message, path=self._path, line=exc.line)
        else:
            logger.info("file read again", path=self._path)

    def _fault(self, exc: InvalidDocument) -> Words:
        """Which setting, file and line, and what is wrong."""
        line_zh, line_en = (f" 第 {exc.line} 行", f", line {exc.line}") if exc.line else ("", "")
        return Words(
            f"{self._setting}：{self._path}{line_zh}：{exc.words.zh}",
            f"{self._setting}: {self._path}{line_en}: {exc.words.en}",
        )

    def _read(self) -> T:
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as exc:
            reason = exc.strerror or type(exc).__name__
            unknown = Words(f"无法读取（{reason}）", f"it can't be read: {reason}")
            words = _UNREADABLE.get(exc.errno or 0, unknown)
            raise InvalidDocument(words.zh, words.en) from exc
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
