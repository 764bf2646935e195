"""The turns of a conversation as they are stored, with the messages that they consist of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.stores.schema import conversations, messages, turns

NEVER = -1.0


def is_of(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.chat_id == sa.bindparam("chat"), table.c.root == sa.bindparam("opened"))


newest_turn = sa.select(sa.func.max(turns.c.id)).where(is_of(turns)).scalar_subquery()
_has_paused = conversations.c.last_at < sa.bindparam("ended_before")


def _unless_paused(column: sa.Column[Any], fresh: Any) -> sa.ColumnElement[Any]:
    return sa.case((_has_paused, fresh), else_=column)


def _touch(head: Any) -> sa.Insert:
    """Creates the conversation or notes its use; `head` is what its head becomes."""
    return (
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
                    conversations.c.ended_with, sa.func.coalesce(newest_turn, 0)
                ),
                "head": head,
            },
        )
    )


_TOUCH = _touch(_unless_paused(conversations.c.head, sa.null()))
# What has just been said is what the next question goes on from.
_TOUCH_WITH_TURN = _touch(sa.null())

_INSERT = sa.insert(turns).returning(turns.c.id)
_MESSAGE = insert(messages)
# When an answer is continued, the bot's own message is the question: it stays with its own turn.
_MESSAGE_OF_TURN = _MESSAGE.on_conflict_do_update(
    index_elements=[messages.c.message_id],
    set_={"turn": _MESSAGE.excluded.turn},
    where=sa.or_(_MESSAGE.excluded.own, sa.not_(messages.c.own)),
)
_MESSAGE_IF_NEW = _MESSAGE.on_conflict_do_nothing()
# What a turn that was taken out of its conversation is left with.
FORGOTTEN = {"forgotten": True, "question": "", "answer": "", "asker": "", "speaker": ""}
_FORGET = sa.update(turns).where(turns.c.question_id == sa.bindparam("asked")).values(FORGOTTEN)


# Begun afresh while the answer was written: it belongs to what was before. What goes on from a
# turn has seen that turn, so without a pause the turn is above `ended_with`.
_END_WITH = (
    sa.update(conversations)
    .where(is_of(conversations), conversations.c.ended_with >= sa.bindparam("before"))
    .values(ended_with=sa.bindparam("written"))
)


def touch(
    connection: sa.Connection, key: ConversationKey, *, now: float, ended_before: float = NEVER
) -> None:
    """Create the conversation, or note that something happened in it `now`.

    One that was last used before `ended_before` starts anew: its settings are the bot's own, and
    its turns stay where they are but aren't part of what follows; it has no head any more.
    """
    _execute_touch(connection, _TOUCH, key, now=now, ended_before=ended_before)


def insert_turn(connection: sa.Connection, key: ConversationKey, turn: Turn, *, now: float) -> int:
    """Store a turn in the connection's transaction, with its messages; returns its id.

    The conversation goes on from its newest turn again. `now` (seconds since the epoch) is when it
    was last used, and dates a turn that has no date.
    """
    _execute_touch(connection, _TOUCH_WITH_TURN, key, now=now, ended_before=NEVER)
    row = {
        "chat_id": key.chat_id,
        "root": key.root,
        "parent": turn.parent,
        "question": turn.question,
        "answer": turn.answer,
        "question_id": turn.question_id,
        "asker": turn.asker,
        "speaker": turn.speaker,
        "answer_ids": list(turn.answer_ids),
        "model": turn.model,
        "finish_reason": turn.finish_reason,
        "prompt_tokens": turn.prompt_tokens,
        "completion_tokens": turn.completion_tokens,
        "estimated_tokens": turn.estimated_tokens,
        "created_at": turn.created_at or now,
    }
    turn_id: int = connection.execute(_INSERT, row).scalar_one()
    if turn.parent is not None:
        ended = {"chat": key.chat_id, "opened": key.root, "before": turn.parent}
        connection.execute(_END_WITH, {**ended, "written": turn_id})
    rows = _message_rows(key, turn.answer_ids, turn_id=turn_id, own=True)
    rows += _message_rows(key, (turn.question_id,), turn_id=turn_id, own=False)
    connection.execute(_MESSAGE_OF_TURN, rows)
    return turn_id


def insert_own_messages(
    connection: sa.Connection, key: ConversationKey, message_ids: Iterable[str]
) -> None:
    """Remember messages that the bot has sent, before or without a turn."""
    rows = _message_rows(key, message_ids, turn_id=None, own=True)
    if rows:
        connection.execute(_MESSAGE_IF_NEW, rows)


def forget_question(connection: sa.Connection, message_id: str) -> None:
    """Take what was asked with this message, and its answer, out of the conversation.

    The empty turn stays, so that the turns after it still have their way to the root.
    """
    connection.execute(_FORGET, {"asked": message_id})


def _execute_touch(
    connection: sa.Connection,
    statement: sa.Insert,
    key: ConversationKey,
    *,
    now: float,
    ended_before: float,
) -> None:
    connection.execute(
        statement,
        {"chat": key.chat_id, "opened": key.root, "now": now, "ended_before": ended_before},
    )


def _message_rows(
    key: ConversationKey, message_ids: Iterable[str], *, turn_id: int | None, own: bool
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
