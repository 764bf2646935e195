"""A copy of the SQLite database while the bot goes on writing to it."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import sqlalchemy as sa

from feishu_bot.errors import StoreUnavailable


def is_sqlite(url: str) -> bool:
    """Whether the database at this address is a file that `back_up` can copy."""
    return sa.make_url(url).get_backend_name() == "sqlite"


def pg_dump_command(url: str, now: float) -> str:
    """The command that backs a PostgreSQL up; it asks for the password."""
    address = sa.make_url(url)._replace(drivername="postgresql", password=None)
    where = address.render_as_string()
    return f"pg_dump --clean --if-exists --dbname='{where}' --file={_name('sql', now)}"


def back_up(url: str, target: Path | None = None, *, now: float) -> Path:
    """Copy the database at `url` to a file that only its owner can read; returns its path.

    `target` is the file, or a folder for a file named by the time `now` (seconds since the epoch);
    None is the folder of the database. The copy was read through and found whole. Raises
    StoreUnavailable, also when the file is there already.
    """
    source = Path(sa.make_url(url).database or "")
    if not source.is_file():
        raise StoreUnavailable(
            f"没有这个数据库文件：{source}\nThere is no such database file: {source}"
        )
    path = target or source.parent
    if path.is_dir():
        path /= _name("db", now)
    if path.exists():
        raise StoreUnavailable(
            f"文件已存在，没有覆盖：{path}\nThe file exists and was left alone: {path}"
        )
    # Half a copy never has the name of a whole one.
    partial = path.with_name(f"{path.name}.partial")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as exc:
        raise _failed(partial, exc) from exc
    try:
        _copy(source, partial)
        # Unlike a rename, it doesn't replace a file that came in between.
        os.link(partial, path)
    except (OSError, sqlite3.Error) as exc:
        raise _failed(path, exc) from exc
    finally:
        with suppress(OSError):
            partial.unlink()
    return path


def _copy(source: Path, partial: Path) -> None:
    with (
        # Read only, but for the files beside it, which readers in WAL mode share.
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as original,
        closing(sqlite3.connect(partial)) as copy,
    ):
        original.execute("PRAGMA query_only=ON")
        # In one step: in several it would begin anew whenever the bot writes in between.
        original.backup(copy)
        # One file, without a -wal beside it. The bot switches it on again.
        copy.execute("PRAGMA journal_mode=DELETE")
        faults = [row[0] for row in copy.execute("PRAGMA integrity_check(3)")]
    if faults != ["ok"]:
        raise sqlite3.DatabaseError(f"integrity_check: {'; '.join(faults)}")
    with partial.open("rb") as written:
        os.fsync(written.fileno())


def _name(extension: str, now: float) -> str:
    return f"feishu_bot-{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}.{extension}"


def _failed(path: Path, exc: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"备份失败：{path}（{exc}）\nThe backup failed: {path} ({exc})")
