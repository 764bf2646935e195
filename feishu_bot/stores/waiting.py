"""Messages that wait, and the reactions that the bot has on them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's as well

from feishu_bot.core.queue.waiting import LeftReaction, WaitingTask
from feishu_bot.core.tasks import ANSWERS
from feishu_bot.stores.database import Database
from feishu_bot.stores.inbox_statements import is_held_up
from feishu_bot.stores.schema import IS_OPEN, inbox, waiting_reactions

# Of the oldest so many. By this index alone, whatever the database believes to know of the table:
# PostgreSQL takes it for full of open tasks until it has statistics, and would read all of it.
_MOST_OPEN = 1_000
# Where so many of them wait there may be more.
_MANY = _MOST_OPEN // 2
_MOST_PAGES = 5
_open = (
    sa.select(inbox)
    .where(
        IS_OPEN,
        sa.tuple_(inbox.c.created_at, inbox.c.id)
        > sa.tuple_(
            sa.bindparam("after", type_=sa.Double), sa.bindparam("after_id", type_=sa.BigInteger)
        ),
    )
    .order_by(inbox.c.created_at, inbox.c.id)
    .limit(sa.literal_column(str(_MOST_OPEN), sa.Integer))
    .subquery("task")
)
_is_waiting = inbox.c.state == "waiting"
_its_reaction = waiting_reactions.c.message_id == inbox.c.dedupe_id
_is_message = _open.c.dedupe_id == _open.c.message_id
_WAITING = (
    sa.select(
        _open.c.id,
        _open.c.kind,
        _open.c.message_id,
        _open.c.conversation,
        _open.c.chat_id,
        _open.c.sender,
        _open.c.received_at,
        # What was pressed has no message of a person to react to.
        _is_message.label("is_message"),
        _open.c.stop_requested.label("is_stopped"),
        _open.c.waiting_card.label("has_card"),
        # What only waits for the words about it isn't behind anything.
        sa.and_(
            is_held_up(_open),
            sa.or_(_open.c.held_until.is_(None), _open.c.held_until <= sa.bindparam("now")),
        ).label("is_behind"),
        waiting_reactions.c.message_id.is_not(None).label("has_reaction"),
        # Not told, but where the next page begins.
        _open.c.created_at,
    )
    .outerjoin_from(_open, waiting_reactions, waiting_reactions.c.message_id == _open.c.dedupe_id)
    .where(
        _open.c.state == "waiting",
        # An answer that was handed back has begun.
        sa.or_(_open.c.checkpoint.is_(None), _open.c.waiting_card),
        sa.or_(
            _open.c.kind.in_(sorted(ANSWERS | {"refuse"})),
            sa.and_(_open.c.kind == "run", _is_message),
        ),
    )
    .order_by(_open.c.created_at, _open.c.id)
)
# In the order of the columns above.
_FIELDS = tuple(field.name for field in fields(WaitingTask))
_LEFT = (
    sa.select(
        waiting_reactions.c.message_id,
        waiting_reactions.c.reaction_id,
        waiting_reactions.c.created_at,
    )
    .outerjoin_from(waiting_reactions, inbox, _its_reaction)
    .where(
        waiting_reactions.c.busy_until <= sa.bindparam("now"),
        sa.or_(inbox.c.id.is_(None), sa.not_(_is_waiting)),
    )
)
_is_this = waiting_reactions.c.message_id == sa.bindparam("message")
_BEGIN = (
    insert(waiting_reactions)
    .values(
        message_id=sa.bindparam("message"),
        busy_until=sa.bindparam("until"),
        created_at=sa.bindparam("now"),
    )
    .on_conflict_do_nothing()
    .returning(waiting_reactions.c.message_id)
)
_NOTE = (
    sa.update(waiting_reactions)
    .where(_is_this)
    .values(reaction_id=sa.bindparam("reaction"), busy_until=0.0)
)
_TAKE = (
    sa.update(waiting_reactions)
    .where(_is_this, waiting_reactions.c.busy_until <= sa.bindparam("now"))
    .values(busy_until=sa.bindparam("until"))
)
_HOLD = sa.update(waiting_reactions).where(_is_this).values(busy_until=sa.bindparam("until"))
_FORGET = sa.delete(waiting_reactions).where(_is_this)


class SqlWaiting:
    """Implements `core.queue.waiting.WaitingStore`. `clock` gives seconds since the epoch."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def waiting(self) -> tuple[WaitingTask, ...]:
        found: list[WaitingTask] = []
        after, after_id = -1.0, 0
        for _ in range(_MOST_PAGES):
            parameters = {"now": self._clock(), "after": after, "after_id": after_id}
            with self._database.read() as connection:
                rows = connection.execute(_WAITING, parameters).all()
            found += [WaitingTask(**dict(zip(_FIELDS, row, strict=False))) for row in rows]
            if len(rows) < _MANY:
                break
            after, after_id = rows[-1].created_at, rows[-1].id
        return tuple(found)

    def left(self) -> tuple[LeftReaction, ...]:
        with self._database.read() as connection:
            rows = connection.execute(_LEFT, {"now": self._clock()}).mappings().all()
        return tuple(LeftReaction(**row) for row in rows)

    def begin(self, message_id: str, *, until: float) -> bool:
        parameters = {"message": message_id, "until": until, "now": self._clock()}
        with self._database.write() as connection:
            return connection.execute(_BEGIN, parameters).first() is not None

    def note(self, message_id: str, reaction_id: str) -> None:
        with self._database.write() as connection:
            connection.execute(_NOTE, {"message": message_id, "reaction": reaction_id})

    def take(self, message_id: str, *, until: float) -> bool:
        parameters = {"message": message_id, "until": until, "now": self._clock()}
        with self._database.write() as connection:
            return connection.execute(_TAKE, parameters).rowcount == 1

    def hold(self, message_id: str, *, until: float) -> None:
        with self._database.write() as connection:
            connection.execute(_HOLD, {"message": message_id, "until": until})

    def forget(self, message_id: str) -> None:
        with self._database.write() as connection:
            connection.execute(_FORGET, {"message": message_id})
