"""The statements that claim tasks from the inbox, and join messages as they are claimed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

from feishu_bot.stores.inbox_statements import (
    BACKGROUND,
    DONE_STATE,
    END,
    RUNNING_STATE,
    WAITING_STATE,
)
from feishu_bot.stores.schema import IS_OPEN, inbox

_other = inbox.alias("other")
_is_busy = sa.exists().where(
    _other.c.conversation == inbox.c.conversation, _other.c.state == RUNNING_STATE
)
_is_behind = sa.exists().where(
    _other.c.conversation == inbox.c.conversation,
    _other.c.state != DONE_STATE,
    sa.tuple_(_other.c.created_at, _other.c.id) < sa.tuple_(inbox.c.created_at, inbox.c.id),
)
_is_later = sa.tuple_(_other.c.created_at, _other.c.id) > sa.tuple_(inbox.c.created_at, inbox.c.id)
# A message without words waits for the last of those that came together, unless something else
# was said after it.
_has_word_after = sa.or_(
    *(
        sa.exists().where(
            same == getattr(inbox.c, same.name),
            _other.c.state != DONE_STATE,
            _other.c.held_until.is_(None),
            _other.c.kind.not_in(BACKGROUND),
            _is_later,
        )
        for same in (_other.c.conversation, _other.c.place)
    )
)
_is_held = sa.and_(
    inbox.c.held_until.is_not(None),
    sa.exists().where(
        _other.c.place == inbox.c.place,
        _other.c.state != DONE_STATE,
        # Further away than any is held it was before the clock was set.
        _other.c.held_until > sa.bindparam("now"),
        _other.c.held_until <= sa.bindparam("longest_hold"),
    ),
    ~_has_word_after,
)
# The words belong to it, also where they open a conversation of their own.
_is_after_held = sa.exists().where(
    _other.c.place == inbox.c.place,
    _other.c.state != DONE_STATE,
    _other.c.held_until.is_not(None),
    sa.tuple_(_other.c.created_at, _other.c.id) < sa.tuple_(inbox.c.created_at, inbox.c.id),
)

# Whoever has reached their limit of jobs at once. Looked at first: it costs nothing.
_is_of_others = (
    inbox.c.sender.not_in(sa.bindparam("people", expanding=True)),
    inbox.c.chat_id.not_in(sa.bindparam("chats", expanding=True)),
)

# A lease is ended by whoever saw for long enough that it wasn't renewed, by no clock. A postponed
# job is due by the clock; one further away than any is put off was so before the clock was set.
_is_due = sa.or_(
    inbox.c.lease_until == 0,
    sa.and_(
        inbox.c.worker.is_(None),
        sa.not_(inbox.c.lease_until.between(sa.bindparam("now"), sa.bindparam("latest"))),
    ),
)


def _next(*conditions: sa.ColumnElement[bool], takes_over: bool = True) -> sa.CTE:
    """What is to be claimed, of what waits only where the conditions hold.

    With `takes_over` also what another process has begun and left.

    PostgreSQL leaves out rows that another process is just claiming; SQLite has one writer at a
    time and drops the clause. As a CTE it is evaluated once, so the limit holds.
    """
    is_next = (~_is_busy, ~_is_behind, ~_is_after_held, ~_is_held)
    which = sa.and_(inbox.c.state == WAITING_STATE, *conditions, *is_next)
    if takes_over:
        which = sa.or_(which, sa.and_(inbox.c.state == RUNNING_STATE, _is_due))
    return (
        sa.select(inbox.c.id)
        .where(inbox.c.state != DONE_STATE, which)
        .order_by(inbox.c.created_at, inbox.c.id)
        .limit(sa.bindparam("limit"))
        .with_for_update(skip_locked=True, of=inbox)
        .cte("next")
    )


_LEASE = {
    "state": "running",
    "attempt": inbox.c.attempt + 1,
    # Who had it before has neither ended it nor given it up.
    "crashes": inbox.c.crashes + sa.case((inbox.c.worker.is_not(None), 1), else_=0),
    "worker": sa.bindparam("by"),
    "host": sa.bindparam("on"),
    "lease_until": sa.bindparam("until"),
    "held_until": None,
}
_JOB = (
    inbox.c.id,
    inbox.c.event_id,
    inbox.c.dedupe_id,
    inbox.c.kind,
    inbox.c.chat_id,
    inbox.c.root,
    inbox.c.payload,
    inbox.c.created_at,
    inbox.c.attempt,
    inbox.c.failures,
    inbox.c.crashes,
    inbox.c.checkpoint,
    inbox.c.waiting_card,
    inbox.c.stop_requested,
    inbox.c.progress,
    inbox.c.place,
    inbox.c.parts,
)


def _claim(which: sa.CTE) -> ReturningUpdate[*tuple[Any, ...]]:
    return (
        sa.update(inbox)
        .where(inbox.c.id.in_(sa.select(which.c.id)))
        .values(_LEASE)
        .returning(*_JOB)
    )


CLAIM, CLAIM_OF_OTHERS = _claim(_next()), _claim(_next(*_is_of_others))
# Those that have a card already, while no other can be sent.
CLAIM_WITH_CARD = _claim(_next(*_is_of_others, inbox.c.waiting_card))
CLAIM_ONE = _claim(_next(inbox.c.id == sa.bindparam("wanted"), takes_over=False))

# More than a person sends at once; the rest is a question of its own.
_MOST_PARTS = 50
# What another process is just claiming is none of ours.
FOLLOWERS = (
    sa.select(inbox)
    .where(
        IS_OPEN,
        inbox.c.state == WAITING_STATE,
        inbox.c.kind.not_in(BACKGROUND),
        sa.or_(inbox.c.conversation == sa.bindparam("of"), inbox.c.place == sa.bindparam("at")),
        sa.tuple_(inbox.c.created_at, inbox.c.id)
        > sa.tuple_(sa.bindparam("sent"), sa.bindparam("first")),
    )
    .order_by(inbox.c.created_at, inbox.c.id)
    .limit(_MOST_PARTS)
    .with_for_update(skip_locked=True)
)
END_PARTS = (
    sa.update(inbox)
    .where(inbox.c.id.in_(sa.bindparam("joined", expanding=True)))
    .values(
        **END,
        message_id=sa.bindparam("question"),
        outcome="joined",
        done_at=sa.bindparam("now"),
    )
)
CLAIM_JOINED = (
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("last"))
    .values(_LEASE)
    .values(parts=sa.bindparam("before"))
    .returning(*_JOB)
)
