"""What belongs to this installation as a whole: its id, and the latest examination of it."""

from __future__ import annotations

import secrets
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import installation

_ID, _REPORT = "id", "report"

_PUT = insert(installation).values(
    name=sa.bindparam("of"), value=sa.bindparam("said"), at=sa.bindparam("now")
)
_KEEP = _PUT.on_conflict_do_nothing(index_elements=[installation.c.name])
_REPLACE = _PUT.on_conflict_do_update(
    index_elements=[installation.c.name],
    set_={"value": _PUT.excluded.value, "at": _PUT.excluded.at},
)
_CLAIM = _PUT.on_conflict_do_update(
    index_elements=[installation.c.name],
    set_={"value": _PUT.excluded.value, "at": _PUT.excluded.at},
    where=sa.or_(
        installation.c.value != _PUT.excluded.value,
        installation.c.at <= _PUT.excluded.at - sa.bindparam("age", type_=sa.Double),
        # A clock that was put right.
        installation.c.at > _PUT.excluded.at,
    ),
).returning(installation.c.name)
_READ = sa.select(installation.c.value, installation.c.at).where(
    installation.c.name == sa.bindparam("of")
)


class KeptReport(NamedTuple):
    """A report as it was written, and when, in seconds since the epoch."""

    value: str
    at: float


class SqlInstallation:
    """One for all processes that share the database. Its methods raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._id = ""

    def id(self) -> str:
        """What tells this database from all others; made up at the first call."""
        if not self._id:
            with self._database.write() as connection:
                made = {"of": _ID, "said": secrets.token_hex(16), "now": 0.0}
                connection.execute(_KEEP, made)
                self._id = str(connection.execute(_READ, {"of": _ID}).one().value)
        return self._id

    def claim(self, what: str, subject: str, now: float, *, age: float) -> bool:
        """Whether the caller is to do `what` for `subject`: it was last done `age` seconds ago.

        Of several callers one alone is told so. `what` is a name like those of this module.
        """
        claim = {"of": what, "said": subject, "now": now, "age": age}
        with self._database.write() as connection:
            return connection.execute(_CLAIM, claim).first() is not None

    def keep_report(self, report: str, now: float) -> None:
        """Keep an examination's report in place of the last one."""
        with self._database.write() as connection:
            connection.execute(_REPLACE, {"of": _REPORT, "said": report, "now": now})

    def report(self) -> KeptReport | None:
        """The report that was kept last."""
        with self._database.read() as connection:
            row = connection.execute(_READ, {"of": _REPORT}).first()
        return KeptReport(row.value, row.at) if row else None
