"""The turns of a conversation: a tree, of which one question sees the way from the root."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.models import ThreadKey, Turn
from feishu_bot.stores.schema import conversations, messages, turns

NEVER = -1.0

# More turns than any context window holds; without an end a chat that never pauses would be read
# from its first day on for every question.
_LONGEST_PATH = 500


def _is_of(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.chat_id == sa.bindparam("chat"), table.c.root == sa.bindparam("opened"))


_newest_turn = sa.select(sa.func.max(turns.c.id)).where(_is_of(turns)).scalar_subquery()
_has_paused = conversations.c.last_at < sa.bindparam("ended_before")


def _unless_paused(column: sa.Column[Any], fresh: Any) -> sa.ColumnElement[Any]:
    return sa.case((_has_paused, fresh), else_=column)


_TOUCH = (
    insert(conversations)
    .values(
        chat_id=sa.bindparam("chat"),
        root=sa.bindparam("opened"),
        created_at=sa.bindparam("now"),
        last_at=sa.bindparam("now"),
    )
    .on_conflict_do_update(
        index_elements=[conversations.c.chat_id, conversations.c.root],
        set_={
            "last_at": sa.bindparam("now"),
            "role": _unless_paused(conversations.c.role, ""),
            "model": _unless_paused(conversations.c.model, ""),
            "mode": _unless_paused(conversations.c.mode, ""),
            "kind": _unless_paused(conversations.c.kind, "chat"),
            "ended_with": _unless_paused(
                conversations.c.ended_with, sa.func.coalesce(_newest_turn, 0)
            ),
        },
    )
)

_INSERT = sa.insert(turns).returning(turns.c.id)
_MESSAGE = insert(messages)
# When an answer is continued, the bot's own message is the question: it stays with its own turn.
_MESSAGE_OF_TURN = _MESSAGE.on_conflict_do_update(
    index_elements=[messages.c.message_id],
    set_={"turn": _MESSAGE.excluded.turn},
    where=sa.or_(_MESSAGE.excluded.own, sa.not_(messages.c.own)),
)
_MESSAGE_IF_NEW = _MESSAGE.on_conflict_do_nothing()
_FORGET = (
    sa.update(turns)
    .where(turns.c.question_id == sa.bindparam("asked"))
    .values(forgotten=True, question="", answer="")
)

_turn_of_parent = (
    sa.select(messages.c.turn)
    .where(_is_of(messages), messages.c.message_id == sa.bindparam("parent_message"))
    .scalar_subquery()
)
_path = (
    sa.select(turns.c.id, turns.c.parent, sa.literal_column("1").label("length"))
    .where(turns.c.id == sa.func.coalesce(_turn_of_parent, _newest_turn))
    .cte("path", recursive=True)
)
_path = _path.union_all(
    sa.select(turns.c.id, turns.c.parent, _path.c.length + 1).where(
        turns.c.id == _path.c.parent, _path.c.length < _LONGEST_PATH
    )
)
_PATH = (
    sa.select(turns)
    .join(_path, _path.c.id == turns.c.id)
    .where(turns.c.id > sa.bindparam("ended_with"), sa.not_(turns.c.forgotten))
    .order_by(turns.c.id)
)


def touch(
    connection: sa.Connection, key: ThreadKey, *, now: float, ended_before: float = NEVER
) -> None:
    """Create the conversation, or note that something happened in it `now`.

    One that was last used before `ended_before` starts anew: its settings are the bot's own, and
    its turns stay where they are but aren't part of what follows.
    """
    parameters = {
        "chat": key.chat_id,
        "opened": key.root,
        "now": now,
        "ended_before": ended_before,
    }
    connection.execute(_TOUCH, parameters)


def insert_turn(connection: sa.Connection, key: ThreadKey, turn: Turn, *, now: float) -> int:
    """Store a turn in the connection's transaction, with its messages; returns its id.

    `now` (seconds since the epoch) is when the conversation was last used, and dates a turn
    that has no date.
    """
    touch(connection, key, now=now)
    row = {
        "chat_id": key.chat_id,
        "root": key.root,
        "parent": turn.parent,
        "question": turn.question,
        "answer": turn.answer,
        "question_id": turn.question_id,
        "answer_ids": list(turn.answer_ids),
        "model": turn.model,
        "finish_reason": turn.finish_reason,
        "prompt_tokens": turn.prompt_tokens,
        "completion_tokens": turn.completion_tokens,
        "estimated_tokens": turn.estimated_tokens,
        "created_at": turn.created_at or now,
    }
    turn_id: int = connection.execute(_INSERT, row).scalar_one()
    rows = _message_rows(key, turn.answer_ids, turn_id=turn_id, own=True)
    rows += _message_rows(key, (turn.question_id,), turn_id=turn_id, own=False)
    connection.execute(_MESSAGE_OF_TURN, rows)
    return turn_id


def insert_own_messages(
    connection: sa.Connection, key: ThreadKey, message_ids: Iterable[str]
) -> None:
    """Remember messages that the bot has sent, before or without a turn."""
    rows = _message_rows(key, message_ids, turn_id=None, own=True)
    if rows:
        connection.execute(_MESSAGE_IF_NEW, rows)


def read_path(
    connection: sa.Connection, key: ThreadKey, parent_message: str, *, ended_with: int
) -> tuple[Turn, ...]:
    """The turns, oldest first, up to the one that `parent_message` is part of, or the newest.

    Leaves out forgotten turns and those up to `ended_with`.
    """
    parameters = {
        "chat": key.chat_id,
        "opened": key.root,
        "parent_message": parent_message,
        "ended_with": ended_with,
    }
    return tuple(_turn(row) for row in connection.execute(_PATH, parameters))


def forget_question(connection: sa.Connection, message_id: str) -> None:
    """Take what was asked with this message, and its answer, out of the conversation.

    The empty turn stays, so that the turns after it still have their way to the root.
    """
    connection.execute(_FORGET, {"asked": message_id})


def _message_rows(
    key: ThreadKey, message_ids: Iterable[str], *, turn_id: int | None, own: bool
) -> list[dict[str, Any]]:
    return [
        {
            "message_id": message_id,
            "chat_id": key.chat_id,
            "root": key.root,
            "turn": turn_id,
            "own": own,
        }
        for message_id in message_ids
    ]


def _turn(row: sa.Row[Any]) -> Turn:
    return Turn(
        id=row.id,
        parent=row.parent,
        question=row.question,
        answer=row.answer,
        question_id=row.question_id,
        answer_ids=tuple(row.answer_ids),
        model=row.model,
        finish_reason=row.finish_reason,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        estimated_tokens=row.estimated_tokens,
        created_at=row.created_at,
    )
