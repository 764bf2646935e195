"""The settings of chats."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Unpack

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.chats import ChatChanges, ChatSettings
from feishu_bot.stores.cache import ReadCache
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import chats as table

_CACHED_SECONDS = 0.5

_settings = [column for column in table.c if column is not table.c.chat_id]
_is_this = table.c.chat_id == sa.bindparam("chat")


def _given(column: sa.Column[str], otherwise: sa.Column[str] | str) -> sa.ColumnElement[str]:
    return sa.func.coalesce(sa.bindparam(f"new_{column.name}", type_=column.type), otherwise)


_ONE = sa.select(*_settings).where(_is_this)
_NEW = {column.name: _given(column, "") for column in _settings}
_CHANGED = {column.name: _given(column, column) for column in _settings}
_SAVE = (
    insert(table)
    .values({"chat_id": sa.bindparam("chat"), **_NEW})
    .on_conflict_do_update(index_elements=[table.c.chat_id], set_=_CHANGED)
)
_DELETE_EMPTY = sa.delete(table).where(_is_this, *(column == "" for column in _settings))


class SqlChats:
    """Implements `core.chats.Chats`; a chat is stored only while something is set for it.

    Another process sees a change within half a second by `timer`, which counts seconds: sooner
    than anybody asks who has just pressed a button.
    """

    def __init__(self, database: Database, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._cache: ReadCache[str, ChatSettings] = ReadCache(timer, _CACHED_SECONDS)

    def settings(self, chat_id: str) -> ChatSettings:
        return self._cache.get(chat_id, self._read)

    def save(self, chat_id: str, **changes: Unpack[ChatChanges]) -> None:
        new = {f"new_{column.name}": changes.get(column.name) for column in _settings}
        with self._database.write() as connection:
            connection.execute(_SAVE, {"chat": chat_id, **new})
            connection.execute(_DELETE_EMPTY, {"chat": chat_id})
        self._cache.drop(chat_id)

    def _read(self, chat_id: str) -> ChatSettings:
        with self._database.read() as connection:
            row = connection.execute(_ONE, {"chat": chat_id}).mappings().one_or_none()
        return ChatSettings(**row) if row is not None else ChatSettings()
