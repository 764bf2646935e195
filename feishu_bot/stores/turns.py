"""Stores turns, with the messages that belong to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert  # its ON CONFLICT is SQLite's as well
from sqlalchemy.ext.compiler import compiles

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.messages import SentMessages
from feishu_bot.stores.schema import conversations, messages, turns

_CHAT = "chat"
SELECT_TURNS = sa.select(*(turns.c[field.name] for field in dataclasses.fields(Turn)))


def parameters_of(key: ConversationKey) -> dict[str, str]:
    """The parameters of a statement with `in_conversation`."""
    return {"chat": key.chat_id, "opened": key.root}


def in_conversation(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether a row of this table belongs to the conversation of the parameters."""
    return sa.and_(table.c.chat_id == sa.bindparam("chat"), table.c.root == sa.bindparam("opened"))


_newest = sa.select(sa.func.max(turns.c.id)).where(in_conversation(turns)).scalar_subquery()
_newest_or_0 = sa.func.coalesce(_newest, 0)
_has_expired = conversations.c.last_at < sa.bindparam("ended_before")
_present_head = sa.func.coalesce(
    conversations.c.head, sa.case((_newest > conversations.c.cleared_up_to, _newest))
)


def _unless_expired(column: sa.Column[Any], otherwise: Any) -> sa.ColumnElement[Any]:
    return sa.case((_has_expired, otherwise), else_=column)


def _use(**changes: Any) -> Insert:
    """Creates the conversation or records its use, with these changes."""
    now: sa.BindParameter[float] = sa.bindparam("now")
    new = insert(conversations).values(
        chat_id=sa.bindparam("chat"), root=sa.bindparam("opened"), created_at=now, last_at=now
    )
    key = [conversations.c.chat_id, conversations.c.root]
    return new.on_conflict_do_update(index_elements=key, set_={"last_at": now, **changes})


_TOUCH = _use(
    kind=_unless_expired(conversations.c.kind, _CHAT),
    cleared_up_to=_unless_expired(conversations.c.cleared_up_to, _newest_or_0),
    head=_unless_expired(conversations.c.head, sa.null()),
    expired_head=_unless_expired(
        conversations.c.expired_head,
        sa.func.coalesce(_present_head, conversations.c.expired_head),
    ),
)
# The next question continues the turn that was just stored. Where that has no answer, nobody was
# told yet that the conversation had ended.
_USE_WITH_TURN = _use(
    head=sa.null(),
    expired_head=sa.case(
        (sa.bindparam("has_answer"), sa.null()), else_=conversations.c.expired_head
    ),
).returning(conversations.c.cleared_up_to)
_CLEAR = _use(cleared_up_to=_newest_or_0, head=sa.null(), expired_head=sa.null(), kind=_CHAT)

_parent = turns.alias("parent")
_same = turns.alias("same")


def _own_origin(turn: Any) -> sa.ColumnElement[int]:
    """The origin of a turn without a parent, from its columns or parameters."""
    # A question that was answered again is still the beginning of the same conversation.
    first = (
        sa.select(sa.func.min(_same.c.id))
        .where(
            _same.c.question_id == turn.question_id,
            _same.c.question_id != "",
            _same.c.parent.is_(None),
            _same.c.chat_id == turn.chat_id,
            _same.c.root == turn.root,
        )
        .scalar_subquery()
    )
    return sa.func.coalesce(first, turn.id)


class _NextId(sa.sql.expression.FunctionElement[int]):
    """The id of a new turn, drawn here so that its origin is stored with it."""

    inherit_cache = True
    type = turns.c.id.type


@compiles(_NextId, "sqlite")
def _next_rowid(*_: Any, **__: Any) -> str:
    # What SQLite would take; nobody else writes meanwhile.
    return "(SELECT coalesce(max(id), 0) + 1 FROM turns)"


@compiles(_NextId, "postgresql")
def _next_in_sequence(*_: Any, **__: Any) -> str:
    return "nextval(pg_get_serial_sequence('turns', 'id'))"


def _insert() -> sa.Insert:
    """Stores a turn; the parameters are its fields and its conversation."""
    names = {field.name for field in dataclasses.fields(Turn)} - {"id"}
    given = {
        column.name: sa.bindparam(column.name, type_=column.type)
        for column in turns.c
        if column.name in {*names, "chat_id", "root"}
    }
    drawn = sa.select(_NextId().label("id")).subquery("drawn")
    of_parent = sa.select(_parent.c.origin).where(_parent.c.id == given["parent"]).scalar_subquery()
    own = _own_origin(SimpleNamespace(**given, id=drawn.c.id))
    new = sa.select(drawn.c.id, sa.func.coalesce(of_parent, own), *given.values())
    return sa.insert(turns).from_select(["id", "origin", *given], new).returning(turns.c.id)


_INSERT = _insert()
_has_no_origin = turns.c.origin.is_(None)
_ANY_INCOMPLETE = sa.select(sa.exists().where(_has_no_origin))
# Level by level: those whose parent has its origin.
_COMPLETE = (
    sa.update(turns)
    .where(
        _has_no_origin,
        ~sa.exists().where(_parent.c.id == turns.c.parent, _parent.c.origin.is_(None)),
    )
    .values(
        origin=sa.func.coalesce(
            sa.select(_parent.c.origin).where(_parent.c.id == turns.c.parent).scalar_subquery(),
            _own_origin(turns.c),
        )
    )
)
_MESSAGE = insert(messages)
# When an answer is continued, the bot's own message is the question: it stays with its own turn.
_MESSAGE_OF_TURN = _MESSAGE.on_conflict_do_update(
    index_elements=[messages.c.message_id],
    set_={"turn": _MESSAGE.excluded.turn},
    where=sa.or_(_MESSAGE.excluded.own, sa.not_(messages.c.own)),
)
_OLDEST = (
    sa.select(
        turns.c.id,
        turns.c.created_at,
        turns.c.question_id,
        turns.c.part_ids,
        turns.c.answer_ids,
    )
    .order_by(turns.c.id)
    .limit(sa.bindparam("most"))
)
_DELETE_TURN = sa.delete(turns).where(turns.c.id == sa.bindparam("gone"))
# A question that was answered again is part of its newest turn.
_DELETE_MESSAGE = sa.delete(messages).where(
    messages.c.message_id == sa.bindparam("gone"), messages.c.turn == sa.bindparam("of")
)
_MESSAGE_IF_NEW = _MESSAGE.on_conflict_do_nothing()
# The values of a turn that was taken out of its conversation.
FORGOTTEN = {
    "forgotten": True,
    "question": "",
    "answer": "",
    "asker": "",
    "speaker": "",
    "title": "",
    "drawing": None,
    "pictures": None,
    # These name files, and lead to what was sent.
    "unread": None,
    "part_ids": None,
}
# The question of a message, also where the message is only a part of it.
_of_part = (
    sa.select(turns.c.question_id)
    .join(messages, messages.c.turn == turns.c.id)
    .where(messages.c.message_id == sa.bindparam("asked"), sa.not_(messages.c.own))
)
# Not an OR: with that PostgreSQL reads all turns.
IS_ASKED_BY = turns.c.question_id.in_(
    sa.union_all(sa.select(sa.bindparam("asked", type_=sa.Text)), _of_part)
)
_FORGET = sa.update(turns).where(IS_ASKED_BY).values(FORGOTTEN)
_CLEAR_UP_TO = (
    sa.update(conversations)
    .where(in_conversation(conversations))
    .values(cleared_up_to=sa.bindparam("written"))
)


def touch(
    connection: sa.Connection, key: ConversationKey, *, now: float, ended_before: float
) -> None:
    """Create the conversation, or record that it is used `now`.

    One that was last used before `ended_before` starts over, as a chat: its other settings stay,
    and its turns, but those are not loaded any more, and it has no head.
    """
    connection.execute(_TOUCH, {**parameters_of(key), "now": now, "ended_before": ended_before})


def clear(connection: sa.Connection, key: ConversationKey, *, now: float) -> None:
    """Let the conversation start over, as one that was unused for too long."""
    connection.execute(_CLEAR, {**parameters_of(key), "now": now})


def insert_turn(connection: sa.Connection, key: ConversationKey, turn: Turn, *, now: float) -> int:
    """Store a turn in the connection's transaction, with its messages; returns its id.

    The next question continues this turn. `now` (seconds since the epoch) is when the conversation
    was last used, and dates a turn that has no date.
    """
    used = {**parameters_of(key), "now": now, "has_answer": bool(turn.answer)}
    cleared_up_to = connection.execute(_USE_WITH_TURN, used).scalar_one()
    row = dataclasses.asdict(turn)
    del row["id"]
    row["unread"] = row["unread"] or None
    row["part_ids"] = row["part_ids"] or None
    row["pictures"] = row["pictures"] or None
    row |= {"chat_id": key.chat_id, "root": key.root, "created_at": turn.created_at or now}
    turn_id: int = connection.execute(_INSERT, row).scalar_one()
    # Cleared while the answer was written: the new turn belongs to the part before. A question was
    # asked after its parent, so without a clearing the parent is above `cleared_up_to`.
    if turn.parent is not None and turn.parent <= cleared_up_to:
        connection.execute(_CLEAR_UP_TO, {**parameters_of(key), "written": turn_id})
    rows = _message_rows(key, turn.answer_ids, turn_id=turn_id, own=True)
    asked = (turn.question_id, *turn.part_ids)
    rows += _message_rows(key, asked, turn_id=turn_id, own=False)
    connection.execute(_MESSAGE_OF_TURN, rows)
    return turn_id


def insert_own_messages(
    connection: sa.Connection,
    key: ConversationKey,
    sent: SentMessages,
    *,
    turn_id: int | None = None,
) -> None:
    """Remember messages that the bot has sent: before or without a turn, or for one of before."""
    rows = _message_rows(key, sent.message_ids, turn_id=turn_id, own=True)
    for row in rows:
        row["card_id"] = sent.card_ids.get(row["message_id"], "")
    if rows:
        connection.execute(_MESSAGE_IF_NEW, rows)


def sweep_turns(connection: sa.Connection, most: int, before: float) -> int | None:
    """Delete the oldest turns, with their messages, that were stored before that time.

    Returns how many, None where there is none: their ids grow with time, so the first that is too
    young is the end. What goes on from a deleted turn has lost its beginning.
    """
    oldest = connection.execute(_OLDEST, {"most": most}).all()
    gone = [turn for turn in oldest if turn.created_at < before]
    if not gone:
        return None
    told = [
        {"gone": message_id, "of": turn.id}
        for turn in gone
        for message_id in (turn.question_id, *(turn.part_ids or ()), *turn.answer_ids)
    ]
    connection.execute(_DELETE_MESSAGE, told)
    connection.execute(_DELETE_TURN, [{"gone": turn.id} for turn in gone])
    return len(gone)


def forget_question(connection: sa.Connection, message_id: str) -> None:
    """Empty the turn of this question, or of the one that the message is a part of.

    The turn itself stays, so that the turns after it still have their way to the root.
    """
    connection.execute(_FORGET, {"asked": message_id})


def are_complete(connection: sa.Connection) -> bool:
    """Whether all turns have their origin; those that version 0.1 stores meanwhile have none."""
    return not connection.scalar(_ANY_INCOMPLETE)


def complete_origins(connection: sa.Connection) -> None:
    """Find the origins of all turns that have none."""
    while connection.execute(_COMPLETE).rowcount:
        pass


def _message_rows(
    key: ConversationKey, message_ids: Iterable[str], *, turn_id: int | None, own: bool
) -> list[dict[str, Any]]:
    same = {"chat_id": key.chat_id, "root": key.root, "turn": turn_id, "own": own}
    return [{"message_id": message_id, **same} for message_id in message_ids]
