"""Whether the database can be used, found out by using it once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores import migrations

# absent: no file yet; empty: no tables yet; older and newer than this version of the bot.
DatabaseState = Literal["absent", "empty", "older", "current", "newer"]

WAIT_SECONDS = 5
_version = sa.table("alembic_version", sa.column("version_num", sa.Text))
# It changes nothing, and is written all the same.
_TOUCH = sa.update(_version).values(version_num=_version.c.version_num)


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
            if not sa.inspect(connection).has_table(_version.name):
                return "empty"
            connection.execute(_TOUCH)
            revision = connection.execute(sa.select(_version.c.version_num)).scalar()
    except (OSError, SQLAlchemyError) as exc:
        reason = str(getattr(exc, "orig", None) or exc).strip().partition("\n")[0]
        raise StoreUnavailable(reason) from exc
    finally:
        engine.dispose()
    if revision == migrations.REVISION:
        return "current"
    return "older" if revision in _known_revisions() else "newer"


def owner_of(url: str) -> int | None:
    """The uid that owns a SQLite file; None for any other database, and where there is none."""
    address = sa.make_url(url)
    file = Path(address.database or "")
    is_file = address.get_backend_name() == "sqlite" and file.exists()
    return file.stat().st_uid if is_file else None


def _known_revisions() -> set[str]:
    """Those of the files, which are named v<revision>_<subject>.py."""
    files = (Path(migrations.__file__).parent / "versions").glob("v*_*.py")
    return {file.name[1:].partition("_")[0] for file in files}


def _check_folder(file: Path) -> None:
    """The bot makes the folders that are missing."""
    folder = next(parent for parent in file.absolute().parents if parent.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise StoreUnavailable(f"{folder} is no folder that may be written to")
