"""The roles that people keep for themselves."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa

from feishu_bot.core.own_roles import Kept, OwnRole
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import own_roles as table

_is_theirs = table.c.open_id == sa.bindparam("person")
_is_this = sa.and_(_is_theirs, table.c.id == sa.bindparam("role"))
# A bound name must go the way of stored ones: without NUL, and without half pairs.
_is_named = table.c.name == sa.bindparam("called", type_=table.c.name.type)

_COLUMNS = sa.select(table.c.id, table.c.name, table.c.prompt)
_ALL = _COLUMNS.where(_is_theirs).order_by(table.c.id)
_ONE = _COLUMNS.where(_is_this)
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
_KEEPERS = sa.select(table.c.open_id).where(
    table.c.prompt == sa.bindparam("text", type_=table.c.prompt.type)
)


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
            changed = connection.execute(_UPDATE, {**this, "called": name, "text": prompt})
            return changed.rowcount > 0

    def delete(self, open_id: str, role_id: int) -> bool:
        with self._database.write() as connection:
            return connection.execute(_DELETE, {"person": open_id, "role": role_id}).rowcount > 0

    def keepers(self, prompt: str) -> frozenset[str]:
        with self._database.read() as connection:
            return frozenset(connection.scalars(_KEEPERS, {"text": prompt}))
