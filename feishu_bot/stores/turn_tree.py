"""The tree of turns: the way from the root that a question sees, and all of its branches."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.stores.schema import conversations, messages, turns
from feishu_bot.stores.turns import is_of, newest_turn

# More turns than any context window holds; without an end a chat that never pauses would be read
# from its first day on for every question.
_LONGEST_PATH = 500

_turn_of_parent = (
    sa.select(messages.c.turn)
    .where(is_of(messages), messages.c.message_id == sa.bindparam("parent_message"))
    .scalar_subquery()
)
_head = sa.select(conversations.c.head).where(is_of(conversations)).scalar_subquery()
_path = (
    sa.select(turns.c.id, turns.c.parent, sa.literal_column("1").label("length"))
    .where(turns.c.id == sa.func.coalesce(_turn_of_parent, _head, newest_turn))
    .cte("path", recursive=True)
)
_path = _path.union_all(
    sa.select(turns.c.id, turns.c.parent, _path.c.length + 1).where(
        turns.c.id == _path.c.parent, _path.c.length < _LONGEST_PATH
    )
)
_is_kept = sa.and_(turns.c.id > sa.bindparam("ended_with"), sa.not_(turns.c.forgotten))
_PATH = sa.select(turns).join(_path, _path.c.id == turns.c.id).where(_is_kept).order_by(turns.c.id)
_TREE = sa.select(turns).where(is_of(turns), _is_kept).order_by(turns.c.id)
_TURN_OF = (
    sa.select(turns)
    .join(messages, messages.c.turn == turns.c.id)
    .where(messages.c.message_id == sa.bindparam("message"), sa.not_(turns.c.forgotten))
)
_NEWEST = (
    sa.select(turns.c.chat_id, turns.c.root)
    .where(turns.c.chat_id == sa.bindparam("chat"), sa.not_(turns.c.forgotten))
    .order_by(turns.c.id.desc())
    .limit(1)
)
_GO_ON = (
    sa.update(conversations)
    .where(
        is_of(conversations),
        conversations.c.last_at >= sa.bindparam("ended_before"),
        conversations.c.ended_with < sa.bindparam("from_turn"),
        sa.exists().where(
            is_of(turns), turns.c.id == sa.bindparam("from_turn"), sa.not_(turns.c.forgotten)
        ),
    )
    .values(head=sa.bindparam("from_turn"), last_at=sa.bindparam("now"))
)


def read_path(
    connection: sa.Connection, key: ConversationKey, parent_message: str, *, ended_with: int
) -> tuple[Turn, ...]:
    """The turns, oldest first, up to the one that `parent_message` is part of.

    Without such a turn up to the head of the conversation, or to its newest turn if it has no
    head. Leaves out forgotten turns and those up to `ended_with`.
    """
    parameters = {**_of(key), "parent_message": parent_message, "ended_with": ended_with}
    return tuple(_turn(row) for row in connection.execute(_PATH, parameters))


def read_tree(
    connection: sa.Connection, key: ConversationKey, *, ended_with: int
) -> tuple[Turn, ...]:
    """All turns, oldest first, but forgotten ones and those up to `ended_with`."""
    parameters = {**_of(key), "ended_with": ended_with}
    return tuple(_turn(row) for row in connection.execute(_TREE, parameters))


def read_turn(connection: sa.Connection, message_id: str) -> Turn | None:
    """The turn that a message is part of; None when there is none, or a forgotten one."""
    row = connection.execute(_TURN_OF, {"message": message_id}).one_or_none()
    return _turn(row) if row is not None else None


def read_newest(connection: sa.Connection, chat_id: str) -> ConversationKey | None:
    """The conversation of a chat that has the newest turn, forgotten ones left out."""
    row = connection.execute(_NEWEST, {"chat": chat_id}).one_or_none()
    return ConversationKey(row.chat_id, row.root) if row is not None else None


def set_head(
    connection: sa.Connection,
    key: ConversationKey,
    turn_id: int,
    *,
    now: float,
    ended_before: float,
) -> bool:
    """Let the conversation go on from this turn until there is a newer one.

    False when it isn't one of its turns, is forgotten, or belongs to an earlier talk, as all do
    when the conversation was last used before `ended_before`.
    """
    parameters = {**_of(key), "from_turn": turn_id, "now": now, "ended_before": ended_before}
    return connection.execute(_GO_ON, parameters).rowcount == 1


def _of(key: ConversationKey) -> dict[str, str]:
    return {"chat": key.chat_id, "opened": key.root}


def _turn(row: sa.Row[Any]) -> Turn:
    return Turn(
        id=row.id,
        parent=row.parent,
        question=row.question,
        answer=row.answer,
        question_id=row.question_id,
        answer_ids=tuple(row.answer_ids),
        asker=row.asker,
        speaker=row.speaker,
        model=row.model,
        finish_reason=row.finish_reason,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        estimated_tokens=row.estimated_tokens,
        created_at=row.created_at,
    )
