"""People: their settings, whether they are blocked, and whether they know the bot."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.languages import Language
from feishu_bot.core.people import ErasureReport, Person
from feishu_bot.errors import StoreUnavailable
from feishu_bot.stores.cache import ReadCache
from feishu_bot.stores.database import Database
from feishu_bot.stores.erasure import erase_person, tasks_that_name
from feishu_bot.stores.schema import people as table
from feishu_bot.stores.schema import usage
from feishu_bot.stores.sweep import OldRows, Rest, never_stop

_DAY = 86_400.0

_is_this = table.c.open_id == sa.bindparam("person")
_has_no_settings = sa.and_(table.c.language == "", table.c.model == "", sa.not_(table.c.blocked))

_ONE = sa.select(
    table.c.open_id,
    table.c.language,
    table.c.blocked.label("is_blocked"),
    table.c.private_chat,
    table.c.model.label("favourite"),
).where(_is_this)


def _set(name: str, **options: Any) -> Insert:
    """Sets a column of a person, known or new."""
    new = insert(table)
    changes = {column: new.excluded[column] for column in (name, "seen_at")}
    return new.on_conflict_do_update(index_elements=[table.c.open_id], set_=changes, **options)


_SET_LANGUAGE, _SET_FAVOURITE, _SET_BLOCKED = _set("language"), _set("model"), _set("blocked")
_DELETE_EMPTY = sa.delete(table).where(_is_this, _has_no_settings, sa.not_(table.c.met))
# Of several at once one changes the row; the others wait for it, and find nothing to change.
_MEET = _set("met", where=sa.not_(table.c.met)).returning(table.c.open_id)
_SEE_AGAIN = (
    sa.update(table)
    .where(_is_this, table.c.seen_at < sa.bindparam("before"))
    .values(seen_at=sa.bindparam("now"))
)
_FIND = (
    sa.update(table)
    .where(_is_this, table.c.private_chat != sa.bindparam("chat"))
    .values(private_chat=sa.bindparam("chat"))
)
# People who still ask need no greeting, however long ago they were met.
_OLD = OldRows(
    table,
    _has_no_settings,
    table.c.seen_at < sa.bindparam("before"),
    ~sa.exists().where(usage.c.open_id == table.c.open_id),
)


class SqlPeople:
    """Implements `core.people.People`; a person is stored only while something is set, or met.

    Another process sees a change within three seconds by `timer`; `clock` gives seconds since the
    epoch.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._cache: ReadCache[str, Person] = ReadCache(timer)

    def get(self, open_id: str) -> Person:
        return self._cache.get(open_id, self._read)

    def set_language(self, open_id: str, language: Language | Literal[""]) -> None:
        self._set(_SET_LANGUAGE, open_id, language=language)

    def set_favourite(self, open_id: str, model: str) -> None:
        self._set(_SET_FAVOURITE, open_id, model=model)

    def block(self, open_id: str, *, blocked: bool) -> None:
        self._set(_SET_BLOCKED, open_id, blocked=blocked)

    def meet(self, open_id: str, private_chat: str = "") -> bool:
        now = self._clock()
        with self._database.write() as connection:
            row = {"open_id": open_id, "met": True, "seen_at": now}
            is_new = connection.execute(_MEET, row).first() is not None
            if not is_new:
                seen = {"person": open_id, "now": now, "before": now - _DAY}
                connection.execute(_SEE_AGAIN, seen)
            if private_chat:
                connection.execute(_FIND, {"person": open_id, "chat": private_chat})
        self._cache.drop(open_id)
        return is_new

    def forget(self, open_id: str, *, keep_usage_since: float) -> ErasureReport:
        """All or nothing. Grants since that time stay as well, as long.

        What is being answered just now leaves no turn. On SQLite nothing of it is left in the
        database's files either; PostgreSQL removes it with its next VACUUM.
        """
        tasks = tasks_that_name(self._database, open_id)
        with self._database.write() as connection:
            report = erase_person(
                connection,
                open_id,
                now=self._clock(),
                keep_usage_since=keep_usage_since,
                tasks=tasks,
            )
        self._cache.drop(open_id)
        # Where somebody is just reading, the next sweep does it.
        with contextlib.suppress(StoreUnavailable):
            self._database.clean_log()
        return report

    def sweep(self, before: float, rest: Rest = never_stop) -> int:
        """Forget people who were not met since that time (seconds since the epoch); how many.

        Those with a language or a favourite model of their own stay, blocked ones, and those whose
        usage is kept.
        """
        return _OLD.sweep(self._database, before, rest)

    def _set(self, statement: sa.Insert, open_id: str, **values: object) -> None:
        row = {"open_id": open_id, "seen_at": self._clock(), **values}
        with self._database.write() as connection:
            connection.execute(statement, row)
            connection.execute(_DELETE_EMPTY, {"person": open_id})
        self._cache.drop(open_id)

    def _read(self, open_id: str) -> Person:
        with self._database.read() as connection:
            row = connection.execute(_ONE, {"person": open_id}).mappings().one_or_none()
        return Person(**row) if row is not None else Person(open_id=open_id)
