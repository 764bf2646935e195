"""The statements of the inbox, built once: SQLAlchemy then compiles each only once.

Those that claim are in `claim_statements`.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.stores.schema import IS_DONE, IS_OPEN, IS_RUNNING, CleanText, inbox
from feishu_bot.stores.sweep import OldRows

PUT = insert(inbox).on_conflict_do_nothing().returning(inbox.c.id)

WAITING_STATE: sa.ColumnElement[str] = sa.literal_column("'waiting'")
RUNNING_STATE: sa.ColumnElement[str] = sa.literal_column("'running'")
DONE_STATE: sa.ColumnElement[str] = sa.literal_column("'done'")
_other = inbox.alias("other")


def is_held_up(task: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether a task waits for another one of its conversation."""
    same = _other.c.conversation == task.c.conversation
    is_before = sa.tuple_(_other.c.created_at, _other.c.id) < sa.tuple_(
        task.c.created_at, task.c.id
    )
    return sa.or_(
        sa.exists().where(same, _other.c.state == RUNNING_STATE),
        sa.exists().where(same, _other.c.state != DONE_STATE, is_before),
    )


# What nobody waits for is nothing to stop, and says nothing to what was sent before it.
BACKGROUND: list[sa.ColumnElement[str]] = [
    sa.literal_column(f"'{kind}'")
    for kind in ("suggest_follow_ups", "show_follow_ups", "ratings", "recalled", "title")
]
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
# What is left of a task that is over.
END = {
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
    .values(**END, outcome=sa.bindparam("ended"), done_at=sa.bindparam("now"))
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
        inbox.c.state == WAITING_STATE,
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
        sa.or_(
            inbox.c.state == RUNNING_STATE, inbox.c.held_until.is_not(None), inbox.c.waiting_card
        ),
        inbox.c.kind.not_in(BACKGROUND),
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
_open_asked = sa.select(_asked.c.id).where(_asked.c.state != DONE_STATE)
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
        .values(**END, outcome="stopped", done_at=sa.bindparam("now"))
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
OLD = OldRows(inbox, IS_DONE, inbox.c.done_at < sa.bindparam("before"))
