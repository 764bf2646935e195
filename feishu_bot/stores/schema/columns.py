"""What the tables are made of: types of columns, partial indexes, and the metadata."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from typing_extensions import override


class CleanText(sa.types.TypeDecorator[str]):
    """Text that people or models wrote, without what PostgreSQL refuses: NUL and half pairs."""

    impl = sa.Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if not value or (value.isascii() and "\0" not in value):
            return value
        return value.encode("utf-8", "replace").decode().replace("\0", "")


# SQLite numbers rows by itself only in a column that is an INTEGER to the letter.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True)

metadata = sa.MetaData()

# A query uses a partial index only if it repeats the condition literally, without parameters.
IS_OPEN = sa.text("state != 'done'")
IS_RUNNING = sa.text("state = 'running'")
IS_DONE = sa.text("state = 'done'")
PLAYS_ROLE = sa.text("role != ''")
HAS_FAILED = sa.text("notice != ''")
IS_BLOCKED = sa.text("blocked")


def index_where(condition: sa.TextClause, *names: str, unique: bool = False) -> sa.Index:
    return sa.Index(*names, unique=unique, sqlite_where=condition, postgresql_where=condition)


def beginning_of(prompt: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """What an index of prompts keeps: PostgreSQL takes no more than 2,700 bytes of a row."""
    return sa.func.substr(prompt, sa.literal_column("1"), sa.literal_column("64"))
