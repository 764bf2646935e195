"""The roles that people keep for themselves.

A conversation goes on playing a role that is kept no more, and still nobody else is to read its
prompt. So a digest of it stays, in a row without a person, as the name.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.own_roles import Kept, OwnRole
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import PLAYS_ROLE, beginning_of, conversations
from feishu_bot.stores.schema import own_roles as table

_is_theirs = sa.and_(table.c.open_id == sa.bindparam("person"), table.c.open_id != "")
_is_this = sa.and_(_is_theirs, table.c.id == sa.bindparam("role"))
# A bound name must go the way of stored ones: without NUL, and without half pairs.
_is_named = table.c.name == sa.bindparam("called", type_=table.c.name.type)

_COLUMNS = sa.select(table.c.id, table.c.name, table.c.prompt)
_ALL = _COLUMNS.where(_is_theirs).order_by(table.c.id)
_ONE = _COLUMNS.where(_is_this)
_PROMPT = sa.select(table.c.prompt).where(_is_this)
_NAMED = sa.select(table.c.id).where(_is_theirs, _is_named)
_COUNT = sa.select(sa.func.count()).select_from(table).where(_is_theirs)
_INSERT = sa.insert(table).inline()
_UPDATE = (
    sa.update(table)
    .where(_is_this)
    .values(
        name=sa.bindparam("called", type_=table.c.name.type),
        prompt=sa.bindparam("text", type_=table.c.prompt.type),
    )
)
_DELETE = sa.delete(table).where(_is_this)
_text = sa.bindparam("text", type_=table.c.prompt.type)


def _is_prompt(column: sa.Column[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """Whether it is the parameter `text`, by the index of beginnings.

    Not by two equal signs: SQLite would put the text for the column in both, and find no index.
    """
    return beginning_of(column) == beginning_of(_text), column.is_not_distinct_from(_text)


# Two indexes serve the two halves; an OR of them would read all roles.
_KEEPERS = sa.union_all(
    sa.select(table.c.open_id).where(
        *_is_prompt(table.c.prompt),
        table.c.open_id != "",
    ),
    sa.select(table.c.open_id).where(table.c.open_id == "", table.c.name == sa.bindparam("digest")),
)
_IS_PLAYED = sa.select(
    sa.exists().where(
        PLAYS_ROLE,
        *_is_prompt(conversations.c.role),
    )
)
_LEAVE_DIGEST = insert(table).on_conflict_do_nothing()


class SqlOwnRoles:
    """Implements `core.own_roles.OwnRoles`. `clock` gives seconds since the epoch."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def of(self, open_id: str) -> tuple[OwnRole, ...]:
        with self._database.read() as connection:
            rows = connection.execute(_ALL, {"person": open_id}).mappings()
            return tuple(OwnRole(**row) for row in rows)

    def find(self, open_id: str, role_id: int) -> OwnRole | None:
        with self._database.read() as connection:
            found = connection.execute(_ONE, {"person": open_id, "role": role_id})
            row = found.mappings().one_or_none()
        return OwnRole(**row) if row is not None else None

    def save(self, open_id: str, name: str, prompt: str, *, most: int) -> Kept:
        person = {"person": open_id}
        with self._database.write() as connection:
            known = connection.scalar(_NAMED, {**person, "called": name})
            if known is not None:
                self._leave(connection, {**person, "role": known}, but=prompt)
                connection.execute(
                    _UPDATE, {**person, "role": known, "called": name, "text": prompt}
                )
                return "replaced"
            if (connection.scalar(_COUNT, person) or 0) >= most:
                return "full"
            row = {"open_id": open_id, "name": name, "prompt": prompt}
            connection.execute(_INSERT, {**row, "created_at": self._clock()})
        return "saved"

    def change(self, open_id: str, role_id: int, name: str, prompt: str) -> bool:
        this = {"person": open_id, "role": role_id}
        with self._database.write() as connection:
            taken = connection.scalar(_NAMED, {"person": open_id, "called": name})
            if taken is not None and taken != role_id:
                return False
            self._leave(connection, this, but=prompt)
            changed = connection.execute(_UPDATE, {**this, "called": name, "text": prompt})
            return changed.rowcount > 0

    def delete(self, open_id: str, role_id: int) -> bool:
        this = {"person": open_id, "role": role_id}
        with self._database.write() as connection:
            self._leave(connection, this)
            return connection.execute(_DELETE, this).rowcount > 0

    def keepers(self, prompt: str) -> frozenset[str]:
        with self._database.read() as connection:
            parameters = {"text": prompt, "digest": _digest(prompt)}
            return frozenset(connection.scalars(_KEEPERS, parameters))

    def _leave(
        self, connection: sa.Connection, this: Mapping[str, object], *, but: str = ""
    ) -> None:
        """Leave the digest of a prompt that goes while a conversation plays it."""
        prompt = connection.scalar(_PROMPT, this)
        if not prompt or prompt == but or not connection.scalar(_IS_PLAYED, {"text": prompt}):
            return
        row = {"open_id": "", "name": _digest(prompt), "prompt": ""}
        connection.execute(_LEAVE_DIGEST, {**row, "created_at": self._clock()})


def _digest(prompt: str) -> str:
    # As it is stored: without NUL, and without half pairs.
    stored = prompt.encode("utf-8", "replace").replace(b"\0", b"")
    return hashlib.sha256(stored).hexdigest()
