"""Whether the database can be used, has room, and is copied now and then."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa

from feishu_bot.core.doctor import Finding, State
from feishu_bot.core.languages import Words
from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores.database_check import DatabaseState, check_database, owner_of
from feishu_bot.stores.outage_advice import advice

DATABASE = Words("数据库", "Database")
DISK = Words("磁盘空间", "Disk")
BACKUPS = Words("备份", "Backups")

MEGABYTE = 1024 * 1024
LITTLE_SPACE = 500 * MEGABYTE
NO_SPACE = 50 * MEGABYTE
OLD_COPY = 8 * 24 * 3600.0

_STATES: Mapping[DatabaseState, Words] = {
    "absent": Words(
        "还没有这个文件，启动时会创建", "There is no file yet; it is made at the start"
    ),
    "empty": Words(
        "还没有数据表，启动时会创建", "There are no tables yet; they are made at the start"
    ),
    "older": Words("可写；启动时会升级到本版本", "Writable; brought up to date at the start"),
    "current": Words("可写，版本一致", "Writable and up to date"),
    "newer": advice("sqlite://", "newer"),
}


def check_storage(url: str, *, now: float) -> Iterator[Finding]:
    """Open the database, write to it and change nothing; look at its disk and at its copies."""
    try:
        state = check_database(url)
    except StoreUnavailable as exc:
        yield Finding(
            check="database",
            state="fault",
            title=DATABASE,
            what=advice(url, exc.kind),
            evidence=str(exc),
        )
        yield from _check_disk(url)
        return
    yield Finding(
        check="database",
        state="fault" if state == "newer" else "ok",
        title=DATABASE,
        what=_with_size(_STATES[state], url),
    )
    owner = owner_of(url)
    if owner not in (None, os.geteuid()):
        yield Finding(
            check="database",
            state="warning",
            title=DATABASE,
            what=Words("文件属于另一个用户", "The file is another user's"),
            remedy=Words(
                "请用运行机器人的用户再检查一次", "Check again as the user that runs the bot"
            ),
        )
    yield from _check_disk(url)
    yield from _check_copies(url, now)


def _file(url: str) -> Path | None:
    address = sa.make_url(url)
    is_file = address.get_backend_name() == "sqlite"
    return Path(address.database or "").absolute() if is_file else None


def _with_size(what: Words, url: str) -> Words:
    file = _file(url)
    if file is None or not file.exists():
        return what
    size = f"{file.stat().st_size / MEGABYTE:.1f} MB"
    return Words(f"{what.zh}，{size}", f"{what.en}, {size}")


def _check_disk(url: str) -> Iterator[Finding]:
    file = _file(url)
    if file is None:
        return
    folder = next(parent for parent in file.parents if parent.exists())
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    state: State = "ok" if free >= LITTLE_SPACE else "fault" if free < NO_SPACE else "warning"
    shown = f"{free / MEGABYTE:,.0f} MB"
    yield Finding(
        check="disk",
        state=state,
        title=DISK,
        what=Words(f"{folder} 还剩 {shown}", f"{shown} are left in {folder}"),
        remedy=Words("", "")
        if state == "ok"
        else Words(
            "腾出空间：磁盘满了就存不下消息，机器人会停止回答",
            "Make room: on a full disk messages can't be stored, and the bot stops answering",
        ),
    )


def _check_copies(url: str, now: float) -> Iterator[Finding]:
    """The copies that `feishu-bot backup` makes beside the database; others nobody knows of."""
    file = _file(url)
    if file is None or not file.exists():
        return
    copies = sorted(copy.stat().st_mtime for copy in file.parent.glob("feishu_bot-*.db"))
    how = Words(
        "定期运行 feishu-bot backup，并把副本存到别的机器上",
        "Run feishu-bot backup regularly, and keep the copies on another machine",
    )
    if not copies:
        yield Finding(
            check="backups",
            state="unknown",
            title=BACKUPS,
            what=Words(
                "数据库旁边没有备份；在别处备份的话不用管",
                "There is no copy beside the database; never mind if it is copied elsewhere",
            ),
            remedy=how,
        )
        return
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(copies[-1]))
    is_old = now - copies[-1] > OLD_COPY
    yield Finding(
        check="backups",
        state="warning" if is_old else "ok",
        title=BACKUPS,
        what=Words(f"最近一次是 {when}", f"The latest is of {when}"),
        remedy=how if is_old else Words("", ""),
    )
