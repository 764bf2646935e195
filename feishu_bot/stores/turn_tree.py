"""The tree of turns: the path from the root to a question, and all branches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.drawings import Drawing
from feishu_bot.core.notices import Notice
from feishu_bot.stores.schema import conversations, messages, turns
from feishu_bot.stores.turns import IS_ASKED_BY, SELECT_TURNS, in_conversation, parameters_of

# More turns than any context window holds; without a limit a chat that never pauses would be read
# from its first day on for every question.
_LONGEST_PATH = 500

_turn_of_parent = (
    sa.select(messages.c.turn)
    .where(in_conversation(messages), messages.c.message_id == sa.bindparam("parent_message"))
    .scalar_subquery()
)
_is_not_cleared = turns.c.id > sa.bindparam("cleared_up_to")
_newest = (
    sa.select(sa.func.max(turns.c.id))
    .where(in_conversation(turns), _is_not_cleared)
    .scalar_subquery()
)
_head = sa.bindparam("from_turn", type_=turns.c.id.type)


def _path_to(turn: sa.ColumnElement[Any]) -> sa.CTE:
    """A turn and those before it, by id. No turn has one from before a fresh start before it."""
    path = (
        sa.select(turns.c.id, turns.c.parent, sa.literal_column("1").label("length"))
        .where(turns.c.id == turn)
        .cte("path", recursive=True)
    )
    return path.union_all(
        sa.select(turns.c.id, turns.c.parent, path.c.length + 1).where(
            turns.c.id == path.c.parent, path.c.length < _LONGEST_PATH
        )
    )


_path = _path_to(sa.func.coalesce(_turn_of_parent, _head, _newest))
_PATH = (
    SELECT_TURNS.join(_path, _path.c.id == turns.c.id)
    .where(sa.not_(turns.c.forgotten))
    .order_by(turns.c.id)
)
_TREE = SELECT_TURNS.where(
    in_conversation(turns), _is_not_cleared, sa.not_(turns.c.forgotten)
).order_by(turns.c.id)
_FIRST_OF_PATH = sa.select(sa.func.min(_path_to(_head).c.id))
_TURN_OF = SELECT_TURNS.join(messages, messages.c.turn == turns.c.id).where(
    messages.c.message_id == sa.bindparam("message"), sa.not_(turns.c.forgotten)
)
_ANSWERS = sa.select(turns.c.answer_ids).where(IS_ASKED_BY).order_by(turns.c.id)
_NEWEST = (
    sa.select(turns.c.chat_id, turns.c.root)
    .where(turns.c.chat_id == sa.bindparam("chat"), sa.not_(turns.c.forgotten))
    .order_by(turns.c.id.desc())
    .limit(1)
)
_SET_HEAD = (
    sa.update(conversations)
    .where(
        in_conversation(conversations),
        sa.exists().where(
            in_conversation(turns),
            turns.c.id == sa.bindparam("from_turn"),
            sa.not_(turns.c.forgotten),
        ),
    )
    .values(
        head=sa.bindparam("from_turn"),
        expired_head=sa.null(),
        # Nothing of the path is cleared any more.
        cleared_up_to=sa.case(
            (conversations.c.cleared_up_to < sa.bindparam("first"), conversations.c.cleared_up_to),
            else_=sa.bindparam("first") - 1,
        ),
        last_at=sa.bindparam("now"),
    )
)


def read_path(
    connection: sa.Connection,
    key: ConversationKey,
    parent_message: str,
    *,
    head: int | None,
    cleared_up_to: int,
) -> tuple[Turn, ...]:
    """The turns, oldest first, up to the one that `parent_message` is part of.

    Without such a turn up to the turn `head`, or without that to the newest turn that isn't
    cleared. Leaves out forgotten turns.
    """
    own = {"parent_message": parent_message, "from_turn": head}
    parameters = {**own, "cleared_up_to": cleared_up_to}
    return _turns(connection, _PATH, {**parameters_of(key), **parameters})


def read_tree(
    connection: sa.Connection, key: ConversationKey, *, cleared_up_to: int
) -> tuple[Turn, ...]:
    """All turns, oldest first, except forgotten ones and those up to `cleared_up_to`."""
    parameters = {**parameters_of(key), "cleared_up_to": cleared_up_to}
    return _turns(connection, _TREE, parameters)


def read_turn(connection: sa.Connection, message_id: str) -> Turn | None:
    """The turn that a message is part of; None when there is none, or a forgotten one."""
    found = _turns(connection, _TURN_OF, {"message": message_id})
    return found[0] if found else None


def read_answers(connection: sa.Connection, question_id: str) -> tuple[str, ...]:
    """The last message of each answer to a question, of forgotten ones too; oldest first."""
    found = connection.scalars(_ANSWERS, {"asked": question_id})
    return tuple(answer_ids[-1] for answer_ids in found if answer_ids)


def read_newest(connection: sa.Connection, chat_id: str) -> ConversationKey | None:
    """The conversation of a chat that has the newest turn, forgotten ones left out."""
    row = connection.execute(_NEWEST, {"chat": chat_id}).one_or_none()
    return ConversationKey(row.chat_id, row.root) if row is not None else None


def set_head(connection: sa.Connection, key: ConversationKey, turn_id: int, *, now: float) -> bool:
    """Let the next question continue this turn, until there is a newer one.

    It and what comes before it are not cleared any more. False when it isn't one of the
    conversation's turns, or is forgotten.
    """
    first = connection.scalar(_FIRST_OF_PATH, {"from_turn": turn_id})
    if first is None:
        return False
    parameters = {"from_turn": turn_id, "first": first, "now": now}
    return connection.execute(_SET_HEAD, {**parameters_of(key), **parameters}).rowcount == 1


def _turns(
    connection: sa.Connection, statement: sa.Select[Any], parameters: Mapping[str, object]
) -> tuple[Turn, ...]:
    rows = connection.execute(statement, parameters).mappings()
    return tuple(
        Turn(
            **{
                **row,
                "answer_ids": tuple(row["answer_ids"]),
                "part_ids": tuple(row["part_ids"] or ()),
                "unread": tuple(Notice(**notice) for notice in row["unread"] or ()),
                "drawing": Drawing.from_json(row["drawing"]) if row["drawing"] else None,
                "pictures": row["pictures"] or {},
            }
        )
        for row in rows
    )
