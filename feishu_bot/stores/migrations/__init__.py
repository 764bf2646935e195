"""Database migrations. Alembic runs them; `is_current` needs no Alembic to say they are done."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

REVISION = "0028"

VERSION_TABLE = "alembic_version"
_version = sa.table(VERSION_TABLE, sa.column("version_num", sa.Text))


def is_current(connection: sa.Connection) -> bool:
    """Whether the tables are those that this code expects."""
    return has_tables(connection) and revision_of(connection) == REVISION


def has_tables(connection: sa.Connection) -> bool:
    """Whether any migration has run."""
    return sa.inspect(connection).has_table(VERSION_TABLE)


def revision_of(connection: sa.Connection) -> str:
    """The revision of the tables. Raises SQLAlchemyError where there are none."""
    return str(connection.execute(sa.select(_version.c.version_num)).scalar())


def is_newer(revision: str) -> bool:
    """Whether this code doesn't know the revision: a newer version of the bot has made it."""
    files = (Path(__file__).parent / "versions").glob("v*_*.py")
    return revision not in {file.name[1:].partition("_")[0] for file in files}


def touch(connection: sa.Connection) -> None:
    """Write to the database, and change nothing."""
    connection.execute(sa.update(_version).values(version_num=_version.c.version_num))


def upgrade(connection: sa.Connection) -> None:
    """Bring the tables up to date, inside the connection's transaction."""
    # Alembic costs 150 ms and 10 MB, and almost every start finds the tables as they should be.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
