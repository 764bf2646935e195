"""The statements of the inbox, built once: SQLAlchemy then compiles each only once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well
from sqlalchemy.sql.dml import ReturningUpdate

from feishu_bot.stores.schema import IS_DONE, IS_OPEN, IS_RUNNING, CleanText, inbox
from feishu_bot.stores.sweep import OldRows

PUT = insert(inbox).on_conflict_do_nothing().returning(inbox.c.id)

_other = inbox.alias("other")
_waiting: sa.ColumnElement[str] = sa.literal_column("'waiting'")
_running: sa.ColumnElement[str] = sa.literal_column("'running'")
_done: sa.ColumnElement[str] = sa.literal_column("'done'")

_is_busy = sa.exists().where(
    _other.c.conversation == inbox.c.conversation, _other.c.state == _running
)
_is_behind = sa.exists().where(
    _other.c.conversation == inbox.c.conversation,
    _other.c.state != _done,
    sa.tuple_(_other.c.created_at, _other.c.id) < sa.tuple_(inbox.c.created_at, inbox.c.id),
)


def is_held_up(task: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether a task waits for another one of its conversation."""
    same = _other.c.conversation == task.c.conversation
    is_before = sa.tuple_(_other.c.created_at, _other.c.id) < sa.tuple_(
        task.c.created_at, task.c.id
    )
    return sa.or_(
        sa.exists().where(same, _other.c.state == _running),
        sa.exists().where(same, _other.c.state != _done, is_before),
    )


# What nobody waits for is nothing to stop, and says nothing to what was sent before it.
_BACKGROUND: list[sa.ColumnElement[str]] = [
    sa.literal_column(f"'{kind}'")
    for kind in ("suggest_follow_ups", "show_follow_ups", "ratings", "recalled", "title")
]
_is_later = sa.tuple_(_other.c.created_at, _other.c.id) > sa.tuple_(inbox.c.created_at, inbox.c.id)
# A message without words waits for the last of those that came together, unless something else
# was said after it.
_has_word_after = sa.or_(
    *(
        sa.exists().where(
            same == getattr(inbox.c, same.name),
            _other.c.state != _done,
            _other.c.held_until.is_(None),
            _other.c.kind.not_in(_BACKGROUND),
            _is_later,
        )
        for same in (_other.c.conversation, _other.c.place)
    )
)
_is_held = sa.and_(
    inbox.c.held_until.is_not(None),
    sa.exists().where(
        _other.c.place == inbox.c.place,
        _other.c.state != _done,
        # Further away than any is held it was before the clock was set.
        _other.c.held_until > sa.bindparam("now"),
        _other.c.held_until <= sa.bindparam("longest_hold"),
    ),
    ~_has_word_after,
)
# The words belong to it, also where they open a conversation of their own.
_is_after_held = sa.exists().where(
    _other.c.place == inbox.c.place,
    _other.c.state != _done,
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
    which = sa.and_(inbox.c.state == _waiting, *conditions, *is_next)
    if takes_over:
        which = sa.or_(which, sa.and_(inbox.c.state == _running, _is_due))
    return (
        sa.select(inbox.c.id)
        .where(inbox.c.state != _done, which)
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

# The leases of others, with what changes as long as they are renewed.
OTHER_LEASES = sa.select(
    inbox.c.id, inbox.c.worker, inbox.c.attempt, inbox.c.renewals, inbox.c.lease_until
).where(IS_RUNNING, inbox.c.worker.is_not(None), inbox.c.lease_until != 0)
END_LEASE = (
    sa.update(inbox)
    .where(
        IS_RUNNING,
        inbox.c.id == sa.bindparam("job"),
        inbox.c.attempt == sa.bindparam("tried"),
        inbox.c.renewals == sa.bindparam("renewed"),
        inbox.c.lease_until == sa.bindparam("was_until"),
    )
    .values(lease_until=0.0)
)

OTHER_WORKERS = (
    sa.select(inbox.c.worker)
    .distinct()
    .where(IS_RUNNING, inbox.c.host == sa.bindparam("on"), inbox.c.worker != sa.bindparam("by"))
)

EXPIRE = (
    sa.update(inbox)
    .where(IS_RUNNING, inbox.c.worker.in_(sa.bindparam("dead", expanding=True)))
    .values(lease_until=0.0)
)

ENDED_UNANSWERED = sa.select(
    sa.exists().where(
        inbox.c.dedupe_id == sa.bindparam("asked"),
        IS_DONE,
        inbox.c.outcome.in_(("noticed", "failed")),
    )
)

_is_ours = sa.and_(
    IS_RUNNING,
    inbox.c.id == sa.bindparam("job"),
    inbox.c.worker == sa.bindparam("by"),
    inbox.c.attempt == sa.bindparam("tried"),
)
_END = {
    "state": "done",
    "sender": "",
    "payload": None,
    "checkpoint": None,
    "progress": None,
    "lease_until": None,
    "place": None,
    "held_until": None,
    "parts": None,
    "reserved_tokens": None,
    "reserved_cost": None,
}
PROLONG = (
    sa.update(inbox)
    .where(
        IS_RUNNING,
        inbox.c.worker == sa.bindparam("by"),
        inbox.c.id.in_(sa.bindparam("jobs", expanding=True)),
        inbox.c.lease_until != 0,
    )
    .values(lease_until=sa.bindparam("until"), renewals=inbox.c.renewals + 1)
    .returning(inbox.c.id, inbox.c.stop_requested)
)
CHECKPOINT = (
    sa.update(inbox)
    .where(_is_ours)
    .values(checkpoint=sa.bindparam("kept"), waiting_card=sa.bindparam("waits"))
)
KEEP_PROGRESS = (
    sa.update(inbox)
    .where(_is_ours)
    .values(progress=sa.func.coalesce(inbox.c.progress, "") + sa.bindparam("more", type_=CleanText))
)
FINISH = (
    sa.update(inbox)
    .where(_is_ours)
    .values(**_END, outcome=sa.bindparam("ended"), done_at=sa.bindparam("now"))
    .returning(inbox.c.forget_requested)
)
RELEASE = (
    sa.update(inbox)
    .where(_is_ours)
    .values(state="waiting", worker=None, host=None, lease_until=None)
)
# Still "running", so that no later message of its conversation overtakes it.
POSTPONE = (
    sa.update(inbox)
    .where(_is_ours)
    .values(
        worker=None,
        host=None,
        lease_until=sa.bindparam("until"),
        failures=inbox.c.failures + 1,
    )
)
_is_named = inbox.c.dedupe_id == sa.bindparam("asked")
REPLACE = (
    sa.update(inbox)
    .where(
        inbox.c.state == _waiting,
        _is_named,
        sa.or_(
            inbox.c.checkpoint.is_(None),
            # Its card is one for an answer, and a command's reply is another.
            sa.and_(inbox.c.waiting_card, sa.bindparam("now_kind", type_=sa.Text) == "ask"),
        ),
    )
    .values(
        kind=sa.bindparam("now_kind"),
        payload=sa.bindparam("now_payload"),
        place=sa.bindparam("now_place"),
        # Words that came by an edit are waited for no more.
        held_until=sa.case((sa.bindparam("now_wordless"), inbox.c.held_until)),
    )
)
KNOWN = sa.select(sa.exists().where(_is_named))
OPEN = sa.select(inbox).where(IS_OPEN, _is_named)
RUNNING = sa.select(inbox).where(IS_RUNNING, inbox.c.conversation == sa.bindparam("of"))
RUNNING_OF = (
    sa.select(inbox)
    .where(
        IS_OPEN,
        sa.or_(inbox.c.state == _running, inbox.c.held_until.is_not(None), inbox.c.waiting_card),
        inbox.c.kind.not_in(_BACKGROUND),
        inbox.c.sender == sa.bindparam("person"),
        inbox.c.chat_id == sa.bindparam("chat"),
    )
    .order_by(inbox.c.created_at, inbox.c.id)
)

_is_idle = sa.and_(IS_OPEN, inbox.c.worker.is_(None))
# Of a message that became a part of a question the row names the message of the question.
_part = inbox.alias("part")
_of_part = sa.select(_part.c.message_id).where(_part.c.dedupe_id == sa.bindparam("asked"))
_asked = inbox.alias("asked_for")
_open_asked = sa.select(_asked.c.id).where(_asked.c.state != _done)
# Each has its index; an OR of them would look at every open task.
_is_asked_for = inbox.c.id.in_(
    sa.union_all(
        sa.select(_asked.c.id).where(_asked.c.dedupe_id == sa.bindparam("asked")),
        _open_asked.where(_asked.c.message_id == sa.bindparam("asked")),
        _open_asked.where(_asked.c.message_id == _of_part.scalar_subquery()),
    )
)
_is_event = inbox.c.event_id == sa.bindparam("event")
_is_from = inbox.c.sender == sa.bindparam("person")


def _end_unseen(which: sa.ColumnElement[bool]) -> sa.Update:
    """Ends jobs that no process works on and of which nothing was shown."""
    return (
        sa.update(inbox)
        .where(_is_idle, inbox.c.checkpoint.is_(None), which)
        .values(**_END, outcome="stopped", done_at=sa.bindparam("now"))
    )


STOP_UNSEEN = _end_unseen(_is_asked_for)
STOP_SHOWN = (
    sa.update(inbox)
    .where(IS_OPEN, _is_asked_for)
    .values(stop_requested=True, forget_requested=True)
)
STOP_EVENT_UNSEEN = _end_unseen(_is_event)
STOP_EVENT_SHOWN = sa.update(inbox).where(IS_OPEN, _is_event).values(stop_requested=True)
FORGET_UNSEEN = _end_unseen(_is_from)
FORGET_SHOWN = (
    sa.update(inbox).where(_is_idle, _is_from).values(stop_requested=True, forget_requested=True)
)
# What is being answered goes on, but leaves no turn.
FORGET_RUNNING = sa.update(inbox).where(IS_RUNNING, _is_from).values(forget_requested=True)
# More than a person sends at once; the rest is a question of its own.
_MOST_PARTS = 50
# What another process is just claiming is none of ours.
FOLLOWERS = (
    sa.select(inbox)
    .where(
        IS_OPEN,
        inbox.c.state == _waiting,
        inbox.c.kind.not_in(_BACKGROUND),
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
        **_END,
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
OLD = OldRows(inbox, IS_DONE, inbox.c.done_at < sa.bindparam("before"))
