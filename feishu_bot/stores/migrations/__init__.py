"""Database migrations. Alembic runs them; `is_current` needs no Alembic to say they are done."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

REVISION = "0022"

_version = sa.table("alembic_version", sa.column("version_num", sa.Text))


def is_current(connection: sa.Connection) -> bool:
    """Whether the tables are those that this code expects."""
    if not sa.inspect(connection).has_table(_version.name):
        return False
    return connection.execute(sa.select(_version.c.version_num)).scalar() == REVISION


def has_tables(connection: sa.Connection) -> bool:
    """Whether any migration has run. Raises SQLAlchemyError when the database is out of reach."""
    return connection.execute(sa.select(_version.c.version_num)).first() is not None


def upgrade(connection: sa.Connection) -> None:
    """Bring the tables up to date, inside the connection's transaction."""
    # Alembic costs 150 ms and 10 MB, and almost every start finds the tables as they should be.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
