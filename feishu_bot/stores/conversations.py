"""Conversations: which message belongs to which, their settings, and their turns."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import sqlalchemy as sa
from cachetools import TTLCache
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.conversations import Conversation, ConversationKey, Turn
from feishu_bot.core.messages import IncomingMessage, SentMessages
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import Words, conversations, messages, threads
from feishu_bot.stores.turn_tree import read_newest, read_path, read_tree, read_turn, set_head
from feishu_bot.stores.turns import insert_own_messages, touch

_CACHED_ITEMS = 20_000
_CACHED_SECONDS = 3600.0

_is_this = sa.and_(
    conversations.c.chat_id == sa.bindparam("chat"), conversations.c.root == sa.bindparam("opened")
)
_ONE = sa.select(conversations).where(_is_this)
_SAVE_SETTINGS = (
    sa.update(conversations)
    .where(_is_this)
    .values(
        role=sa.func.coalesce(sa.bindparam("new_role", type_=Words()), conversations.c.role),
        model=sa.func.coalesce(sa.bindparam("new_model"), conversations.c.model),
        mode=sa.func.coalesce(sa.bindparam("new_mode"), conversations.c.mode),
        kind=sa.func.coalesce(sa.bindparam("new_kind"), conversations.c.kind),
    )
)
_KNOWN_MESSAGE = sa.select(messages).where(messages.c.message_id == sa.bindparam("id"))
_THREAD_ROOT = sa.select(threads.c.root).where(
    threads.c.chat_id == sa.bindparam("chat"), threads.c.thread_id == sa.bindparam("thread")
)
_BIND_THREAD = insert(threads).on_conflict_do_nothing()
_SWEEP = sa.delete(conversations).where(conversations.c.last_at < sa.bindparam("before"))
_SWEEP_THREADS = sa.delete(threads).where(
    threads.c.created_at < sa.bindparam("before"),
    ~sa.exists().where(
        conversations.c.chat_id == threads.c.chat_id, conversations.c.root == threads.c.root
    ),
)


class SqlConversations:
    """Implements `core.ports.Conversations` for any number of processes on one database.

    A conversation that rests for `ttl_seconds` starts anew: its settings and turns are not loaded
    again. `clock` gives seconds since the epoch. What belongs where never changes, so that it can
    be cached in each process; only what was found is cached, not what wasn't.
    """

    def __init__(
        self,
        database: Database,
        *,
        ttl_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._lock = threading.Lock()
        # By message id: the conversation, and whether the bot wrote the message.
        self._messages: TTLCache[str, tuple[ConversationKey, bool]] = _cache(clock)
        self._roots: TTLCache[tuple[str, str], str] = _cache(clock)
        self._existing: TTLCache[ConversationKey, bool] = _cache(clock)

    def resolve(self, message: IncomingMessage) -> ConversationKey:
        """The conversation a message belongs to, whether or not it exists yet.

        A message that names no other one opens a conversation and costs no look at the database:
        this runs while Feishu waits for its answer.
        """
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
        # The first post of a topic comes with a thread id alone: it is what the topic grows from.
        root = self._bind_thread(
            message.chat_id, message.thread_id, key.root if key else message.message_id
        )
        return key or ConversationKey(message.chat_id, root)

    def exists(self, key: ConversationKey) -> bool:
        """Whether the bot has answered in this conversation."""
        with self._lock:
            if key in self._existing:
                return True
        with self._database.read() as connection:
            exists = connection.execute(_ONE, _parameters(key)).first() is not None
        if exists:
            with self._lock:
                self._existing[key] = True
        return exists

    def key_of(self, message_id: str) -> ConversationKey | None:
        """The conversation that one of the bot's own messages belongs to."""
        found = self._find(message_id)
        return found[0] if found and found[1] else None

    def load(self, key: ConversationKey, parent_id: str = "") -> Conversation:
        """The conversation up to the turn that `parent_id` is part of.

        Without such a turn up to the one that `go_on_from` named since the newest was stored, or
        up to the newest. Its settings hold for all of it. A conversation that has rested too long
        is empty.
        """
        ended_before = self._clock() - self._ttl_seconds
        with self._database.read() as connection:
            row = connection.execute(_ONE, _parameters(key)).one_or_none()
            if row is None:
                return Conversation(key=key)
            if row.last_at >= ended_before:
                turns = read_path(connection, key, parent_id, ended_with=row.ended_with)
                return Conversation(
                    key=key,
                    turns=turns,
                    role=row.role,
                    model=row.model,
                    mode=row.mode,
                    kind=row.kind,
                )
        self._touch(key, ended_before=ended_before)
        return Conversation(key=key)

    def turn_of(self, message_id: str) -> Turn | None:
        """The turn that a question, or one of the bot's own messages, is part of.

        Of a question that was answered again, the newest. None for a forgotten turn.
        """
        with self._database.read() as connection:
            return read_turn(connection, message_id)

    def tree(self, key: ConversationKey, *, whole: bool = False) -> tuple[Turn, ...]:
        """All turns of a conversation in all its branches, oldest first; never forgotten ones.

        Without `whole` only those since it last began afresh: none when it has rested too long.
        """
        with self._database.read() as connection:
            if whole:
                return read_tree(connection, key, ended_with=0)
            row = connection.execute(_ONE, _parameters(key)).one_or_none()
            if row is None or row.last_at < self._clock() - self._ttl_seconds:
                return ()
            return read_tree(connection, key, ended_with=row.ended_with)

    def newest(self, chat_id: str) -> ConversationKey | None:
        """The conversation of a chat in which the newest turn stands; None without any turn."""
        with self._database.read() as connection:
            return read_newest(connection, chat_id)

    def go_on_from(self, key: ConversationKey, turn_id: int) -> bool:
        """What is said next goes on from this turn, until another turn is stored.

        False for a turn that `tree` doesn't show without `whole`.
        """
        now = self._clock()
        with self._database.write() as connection:
            return set_head(connection, key, turn_id, now=now, ended_before=now - self._ttl_seconds)

    def save_settings(
        self,
        key: ConversationKey,
        *,
        role: str | None = None,
        model: str | None = None,
        mode: str | None = None,
        kind: Literal["chat", "picture"] | None = None,
    ) -> None:
        """Change those settings that are given; an empty one goes back to the bot's own."""
        settings = {"new_role": role, "new_model": model, "new_mode": mode, "new_kind": kind}
        now = self._clock()
        with self._database.write() as connection:
            touch(connection, key, now=now, ended_before=now - self._ttl_seconds)
            connection.execute(_SAVE_SETTINGS, {**_parameters(key), **settings})

    def clear(self, key: ConversationKey) -> None:
        """Start the conversation anew, as if it had rested too long."""
        self._touch(key, ended_before=math.inf)

    def bind(self, key: ConversationKey, sent: SentMessages) -> None:
        """Remember that these messages, and their thread, belong to the conversation."""
        now = self._clock()
        with self._database.write() as connection:
            touch(connection, key, now=now, ended_before=now - self._ttl_seconds)
            insert_own_messages(connection, key, sent.message_ids)
            if sent.thread_id:
                connection.execute(
                    _BIND_THREAD, _thread_row(key.chat_id, sent.thread_id, key.root, now)
                )
        with self._lock:
            self._existing[key] = True
            for message_id in sent.message_ids:
                self._messages.setdefault(message_id, (key, True))

    def sweep(self, before: float) -> int:
        """Delete conversations unused since that time (seconds since the epoch); how many."""
        with self._database.write() as connection:
            deleted = connection.execute(_SWEEP, {"before": before}).rowcount
            connection.execute(_SWEEP_THREADS, {"before": before})
        with self._lock:
            for cache in (self._messages, self._roots, self._existing):
                cache.clear()
        return deleted

    def _touch(self, key: ConversationKey, *, ended_before: float) -> None:
        with self._database.write() as connection:
            touch(connection, key, now=self._clock(), ended_before=ended_before)

    def _find(self, message_id: str) -> tuple[ConversationKey, bool] | None:
        """The conversation of a message that is known, and whether the bot wrote the message."""
        if not message_id:
            return None
        with self._lock:
            found = self._messages.get(message_id)
        if found is not None:
            return found
        with self._database.read() as connection:
            row = connection.execute(_KNOWN_MESSAGE, {"id": message_id}).one_or_none()
        if row is None:
            return None
        found = (ConversationKey(row.chat_id, row.root), row.own)
        with self._lock:
            self._messages[message_id] = found
        return found

    def _bind_thread(self, chat_id: str, thread_id: str, root: str) -> str:
        """The root of the thread: the one it is bound to, else this one from now on."""
        address = (chat_id, thread_id)
        with self._lock:
            cached = self._roots.get(address)
        if cached is not None:
            return cached
        parameters = {"chat": chat_id, "thread": thread_id}
        with self._database.read() as connection:
            bound = connection.scalar(_THREAD_ROOT, parameters)
        if bound is None:
            row = _thread_row(chat_id, thread_id, root, self._clock())
            with self._database.write() as connection:
                connection.execute(_BIND_THREAD, row)
                # Another process may have been first.
                bound = connection.execute(_THREAD_ROOT, parameters).scalar_one()
        with self._lock:
            self._roots[address] = bound
        return str(bound)


def _cache(clock: Callable[[], float]) -> TTLCache[Any, Any]:
    return TTLCache(_CACHED_ITEMS, _CACHED_SECONDS, timer=clock)


def _parameters(key: ConversationKey) -> dict[str, str]:
    return {"chat": key.chat_id, "opened": key.root}


def _thread_row(chat_id: str, thread_id: str, root: str, now: float) -> dict[str, object]:
    return {"chat_id": chat_id, "thread_id": thread_id, "root": root, "created_at": now}
