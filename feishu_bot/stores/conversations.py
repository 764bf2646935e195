"""Conversations: their messages, settings and turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Unpack

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.conversations import (
    RUNNING,
    Conversation,
    ConversationKey,
    SettingsChanges,
    Turn,
)
from feishu_bot.core.drawings import ConversationKind
from feishu_bot.core.messages import IncomingMessage, SentMessages
from feishu_bot.stores.cache import ReadCache
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import CleanText, conversations, messages, threads
from feishu_bot.stores.sweep import OldRows, Rest, in_steps, never_stop
from feishu_bot.stores.turn_tree import (
    read_answers,
    read_newest,
    read_path,
    read_tree,
    read_turn,
    set_head,
)
from feishu_bot.stores.turns import (
    clear,
    in_conversation,
    insert_own_messages,
    parameters_of,
    sweep_turns,
    touch,
)

_CACHED_SECONDS = 3600.0
_MAX_ID = 2**63 - 1

_is_this = in_conversation(conversations)
_ONE = sa.select(conversations).where(_is_this)
_SAVE_SETTINGS = (
    sa.update(conversations)
    .where(_is_this)
    .values(
        role=sa.func.coalesce(sa.bindparam("new_role", type_=CleanText()), conversations.c.role),
        model=sa.func.coalesce(sa.bindparam("new_model"), conversations.c.model),
        mode=sa.func.coalesce(sa.bindparam("new_mode"), conversations.c.mode),
    )
)
_SET_KIND = sa.update(conversations).where(_is_this).values(kind=sa.bindparam("new_kind"))
_KNOWN_MESSAGE = sa.select(messages).where(messages.c.message_id == sa.bindparam("id"))
_CARD = sa.select(messages.c.card_id).where(messages.c.message_id == sa.bindparam("id"))
_THREAD_ROOT = sa.select(threads.c.root).where(
    threads.c.chat_id == sa.bindparam("chat"), threads.c.thread_id == sa.bindparam("thread")
)
_BIND_THREAD = insert(threads).on_conflict_do_nothing()
_OLD = OldRows(conversations, conversations.c.last_at < sa.bindparam("before"))
_OLD_THREADS = OldRows(
    threads,
    threads.c.created_at < sa.bindparam("before"),
    ~sa.exists().where(
        conversations.c.chat_id == threads.c.chat_id, conversations.c.root == threads.c.root
    ),
)


class SqlConversations:
    """Implements `core.conversations.Conversations` for any number of processes on one database.

    A conversation that is unused for `ttl_seconds` starts over: its turns are not loaded again,
    unless someone goes on from one of them. `clock` gives seconds since the epoch. A message stays
    in its conversation, so that each process can cache it, for some time by `timer`.
    """

    def __init__(
        self,
        database: Database,
        *,
        ttl_seconds: float,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        # By message id: the conversation, and whether the bot wrote the message.
        self._messages = ReadCache[str, tuple[ConversationKey, bool] | None](timer, _CACHED_SECONDS)
        self._roots = ReadCache[tuple[str, str], str](timer, _CACHED_SECONDS)
        self._existing = ReadCache[ConversationKey, bool](timer, _CACHED_SECONDS)

    def resolve(self, message: IncomingMessage) -> ConversationKey:
        # Without a query where that is possible: this runs while Feishu waits for its response.
        if not (message.root_id or message.parent_id or message.thread_id):
            return ConversationKey(message.chat_id, message.message_id)
        known = self._find(message.parent_id)
        if known is None and message.root_id != message.parent_id:
            known = self._find(message.root_id)
        key = known[0] if known else None
        if key is None and message.root_id:
            key = ConversationKey(message.chat_id, message.root_id)
        if not message.thread_id:
            return key or ConversationKey(message.chat_id, message.message_id)
        # The first post of a topic comes with a thread id alone: it is the root of the topic.
        first = key.root if key else message.message_id
        root = self._roots.get(
            (message.chat_id, message.thread_id), lambda thread: self._bind_thread(*thread, first)
        )
        return key or ConversationKey(message.chat_id, root)

    def exists(self, key: ConversationKey) -> bool:
        return self._existing.get(key, self._read_existence)

    def key_of(self, message_id: str) -> ConversationKey | None:
        found = self._find(message_id)
        return found[0] if found and found[1] else None

    def load(self, key: ConversationKey, parent_id: str = "") -> Conversation:
        """Without the turn of `parent_id`, up to the head that `go_on_from` has set, or the newest.

        Turns of the path that were forgotten are left out. A reply goes on from what ended by
        itself; from what was cleared only where the private chat is one running conversation:
        elsewhere everybody writes by replying, to whatever stands nearest.
        """
        ended_before = self._clock() - self._ttl_seconds
        with self._database.read() as connection:
            row = connection.execute(_ONE, parameters_of(key)).one_or_none()
            if row is None:
                return Conversation(key=key)
            if row.last_at >= ended_before:
                return _loaded(connection, key, row, parent_id)
            if parent_id:
                replied_to = _loaded(connection, key, row, parent_id, expired=True)
                if replied_to.turns:
                    return replied_to
        self._touch(key, ended_before=ended_before)
        with self._database.read() as connection:
            row = connection.execute(_ONE, parameters_of(key)).one_or_none()
            return _loaded(connection, key, row, parent_id) if row else Conversation(key=key)

    def turn_of(self, message_id: str) -> Turn | None:
        """The newest turn of a question that was answered again; None for a forgotten turn."""
        with self._database.read() as connection:
            return read_turn(connection, message_id)

    def answers_to(self, question_id: str) -> tuple[str, ...]:
        with self._database.read() as connection:
            return read_answers(connection, question_id)

    def card_of(self, message_id: str) -> str:
        with self._database.read() as connection:
            return str(connection.scalar(_CARD, {"id": message_id}) or "")

    def tree(self, key: ConversationKey, *, whole: bool = False) -> tuple[Turn, ...]:
        with self._database.read() as connection:
            if whole:
                return read_tree(connection, key, cleared_up_to=0)
            row = connection.execute(_ONE, parameters_of(key)).one_or_none()
            if row is None or row.last_at < self._clock() - self._ttl_seconds:
                return ()
            return read_tree(connection, key, cleared_up_to=row.cleared_up_to)

    def newest(self, chat_id: str) -> ConversationKey | None:
        with self._database.read() as connection:
            return read_newest(connection, chat_id)

    def go_on_from(self, key: ConversationKey, turn_id: int) -> bool:
        """Holds until another turn is stored, or the conversation begins afresh."""
        if not 0 < turn_id <= _MAX_ID:
            return False
        with self._database.write() as connection:
            return set_head(connection, key, turn_id, now=self._clock())

    def save_settings(self, key: ConversationKey, **changes: Unpack[SettingsChanges]) -> None:
        settings = {f"new_{name}": changes.get(name) for name in ("role", "model", "mode")}
        now = self._clock()
        with self._database.write() as connection:
            touch(connection, key, now=now, ended_before=now - self._ttl_seconds)
            connection.execute(_SAVE_SETTINGS, {**parameters_of(key), **settings})

    def set_kind(self, key: ConversationKey, kind: ConversationKind) -> None:
        now = self._clock()
        with self._database.write() as connection:
            touch(connection, key, now=now, ended_before=now - self._ttl_seconds)
            connection.execute(_SET_KIND, {**parameters_of(key), "new_kind": kind})

    def clear(self, key: ConversationKey) -> None:
        with self._database.write() as connection:
            clear(connection, key, now=self._clock())

    def bind(self, key: ConversationKey, sent: SentMessages, turn: int | None = None) -> None:
        now = self._clock()
        with self._database.write() as connection:
            touch(connection, key, now=now, ended_before=now - self._ttl_seconds)
            insert_own_messages(connection, key, sent, turn_id=turn)
            if sent.thread_id:
                connection.execute(
                    _BIND_THREAD, _thread_row(key.chat_id, sent.thread_id, key.root, now)
                )
        self._existing.keep(key, value=True)
        for message_id in sent.message_ids:
            self._messages.keep(message_id, (key, True))

    def sweep(self, before: float, rest: Rest = never_stop) -> int:
        # First the turns: a conversation takes with it what it still has, however much that is.
        in_steps(
            self._database, lambda connection, most: sweep_turns(connection, most, before), rest
        )
        deleted = _OLD.sweep(self._database, before, rest)
        _OLD_THREADS.sweep(self._database, before, rest)
        for cache in (self._messages, self._roots, self._existing):
            cache.clear()
        return deleted

    def _touch(self, key: ConversationKey, *, ended_before: float) -> None:
        with self._database.write() as connection:
            touch(connection, key, now=self._clock(), ended_before=ended_before)

    def _find(self, message_id: str) -> tuple[ConversationKey, bool] | None:
        """The conversation of a message that is known, and whether the bot wrote the message."""
        return self._messages.get(message_id, self._read_message) if message_id else None

    def _read_message(self, message_id: str) -> tuple[ConversationKey, bool] | None:
        with self._database.read() as connection:
            row = connection.execute(_KNOWN_MESSAGE, {"id": message_id}).one_or_none()
        return (ConversationKey(row.chat_id, row.root), row.own) if row is not None else None

    def _read_existence(self, key: ConversationKey) -> bool:
        with self._database.read() as connection:
            return connection.execute(_ONE, parameters_of(key)).first() is not None

    def _bind_thread(self, chat_id: str, thread_id: str, root: str) -> str:
        """The root of the thread: the one it is bound to, else this one from now on."""
        parameters = {"chat": chat_id, "thread": thread_id}
        with self._database.read() as connection:
            bound = connection.scalar(_THREAD_ROOT, parameters)
        if bound is None:
            row = _thread_row(chat_id, thread_id, root, self._clock())
            with self._database.write() as connection:
                connection.execute(_BIND_THREAD, row)
                # Another process may have been first.
                bound = connection.execute(_THREAD_ROOT, parameters).scalar_one()
        return str(bound)


def _loaded(
    connection: sa.Connection,
    key: ConversationKey,
    row: sa.Row[Any],
    parent_id: str,
    *,
    expired: bool = False,
) -> Conversation:
    """The conversation of a row. When it has `expired` there are only the turns of a reply."""
    head, newest_after = (None, _MAX_ID) if expired else (row.head, row.cleared_up_to)
    turns = read_path(connection, key, parent_id, head=head, cleared_up_to=newest_after)
    is_cleared = bool(turns and (turns[-1].id or 0) <= row.cleared_up_to)
    if is_cleared and key.root != RUNNING:
        turns = ()
    expired_turn = None
    if row.expired_head and not any(turn.answer for turn in turns):
        before = read_path(connection, key, "", head=row.expired_head, cleared_up_to=0)
        expired_turn = next((turn for turn in reversed(before) if turn.answer), None)
    return Conversation(
        key=key,
        turns=turns,
        expired_turn=expired_turn,
        is_resumed=bool(turns) and (expired or is_cleared),
        role=row.role,
        model=row.model,
        mode=row.mode,
        kind="picture" if row.kind == "picture" else "chat",
    )


def _thread_row(chat_id: str, thread_id: str, root: str, now: float) -> dict[str, object]:
    return {"chat_id": chat_id, "thread_id": thread_id, "root": root, "created_at": now}
