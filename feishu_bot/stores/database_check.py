"""Whether the database can be used, found out by using it once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import migrations
from feishu_bot.stores.outages import failure_kind, reason_of

# absent: no file yet; empty: no tables yet; older and newer than this version of the bot.
DatabaseState = Literal["absent", "empty", "older", "current", "newer"]

WAIT_SECONDS = 5


def check_database(url: str) -> DatabaseState:
    """Open the database and write to it; nothing is created. Raises StoreUnavailable.

    In a database without tables nothing can be written, and the folder of a file that isn't there
    is looked at only.
    """
    address = sa.make_url(url)
    connect: dict[str, object] = {"connect_timeout": WAIT_SECONDS}
    if address.get_backend_name() == "sqlite":
        file = Path(address.database or "")
        if not file.exists():
            _check_folder(file)
            return "absent"
        connect = {"timeout": WAIT_SECONDS}
    engine = sa.create_engine(
        address, poolclass=sa.NullPool, hide_parameters=True, connect_args=connect
    )
    try:
        with engine.begin() as connection:
            if not sa.inspect(connection).has_table(migrations.VERSION_TABLE):
                return "empty"
            migrations.touch(connection)
            revision = migrations.revision_of(connection)
    except (OSError, SQLAlchemyError) as exc:
        raise StoreUnavailable(reason_of(exc), kind=failure_kind(exc)) from exc
    finally:
        engine.dispose()
    if revision == migrations.REVISION:
        return "current"
    return "newer" if migrations.is_newer(revision) else "older"


def owner_of(url: str) -> int | None:
    """The uid that owns a SQLite file; None for any other database, and where there is none."""
    address = sa.make_url(url)
    file = Path(address.database or "")
    is_file = address.get_backend_name() == "sqlite" and file.exists()
    return file.stat().st_uid if is_file else None


def _check_folder(file: Path) -> None:
    """The bot makes the folders that are missing."""
    folder = next(parent for parent in file.absolute().parents if parent.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        message = f"{folder} is no folder that may be written to"
        raise StoreUnavailable(message, kind="unopened")
