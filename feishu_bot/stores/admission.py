"""How many questions wait, asked in the statement that stores one more."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.queue.admission import WAITED_FOR, Admission, Pending
from feishu_bot.stores.schema import IS_OPEN, inbox

_COLUMNS = (
    inbox.c.event_id,
    inbox.c.dedupe_id,
    inbox.c.message_id,
    inbox.c.kind,
    inbox.c.conversation,
    inbox.c.chat_id,
    inbox.c.root,
    inbox.c.sender,
    inbox.c.payload,
    inbox.c.created_at,
    inbox.c.received_at,
    inbox.c.place,
    inbox.c.held_until,
)


def _value(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    value: sa.BindParameter[Any] = sa.bindparam(column.name, type_=column.type)
    # PostgreSQL takes a number that is missing for a text.
    return sa.cast(value, sa.Double) if isinstance(column.type, sa.Double) else value


_KINDS: list[sa.ColumnElement[Any]] = [
    sa.literal_column(f"'{kind}'") for kind in sorted(WAITED_FOR)
]
_is_own = inbox.c.sender == sa.bindparam("asker", type_=sa.Text)
# Of what is open, as the index on that has it: all, and one person's.
_counted = (
    sa.select(
        sa.func.count().label("everything"),
        sa.func.coalesce(sa.func.sum(sa.case((_is_own, 1), else_=0)), 0).label("own"),
    )
    .select_from(inbox)
    .where(
        IS_OPEN, inbox.c.kind.in_([sa.literal_column(f"'{kind}'") for kind in sorted(WAITED_FOR)])
    )
    .subquery("counted")
)
PUT_IF_ROOM = (
    insert(inbox)
    .from_select(
        [column.name for column in _COLUMNS],
        sa.select(*map(_value, _COLUMNS))
        .select_from(_counted)
        .where(
            _counted.c.everything < sa.bindparam("most", type_=sa.Integer),
            _counted.c.own < sa.bindparam("most_of_person", type_=sa.Integer),
        ),
    )
    .on_conflict_do_nothing()
    .returning(inbox.c.id)
)
# Why it wasn't stored.
PENDING = sa.select(
    _counted.c.everything,
    _counted.c.own,
    sa.exists().where(inbox.c.dedupe_id == sa.bindparam("asked")).label("is_known"),
)


def reason(counted: sa.Row[Any], most: Pending) -> Admission:
    """Why a question wasn't stored, by what there is."""
    if counted.is_known:
        return Admission.KNOWN
    if counted.own >= most.person:
        return Admission.PERSON_FULL
    # An event id that is known is one of something else.
    return Admission.FULL if counted.everything >= most.together else Admission.KNOWN
