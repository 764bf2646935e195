"""Deletes the data of a person who wants to be forgotten."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from feishu_bot.core.people import ErasureReport, pseudonym
from feishu_bot.stores import inbox_statements
from feishu_bot.stores.database import Database
from feishu_bot.stores.schema import (
    IS_DONE,
    PLAYS_ROLE,
    admin_changes,
    admin_links,
    admin_sessions,
    beginning_of,
    chats,
    conversations,
    feedback,
    grants,
    inbox,
    overrides,
    own_roles,
    people,
    turns,
    usage,
)
from feishu_bot.stores.turns import FORGOTTEN

_person: sa.BindParameter[str] = sa.bindparam("person")
_since: sa.BindParameter[float] = sa.bindparam("since")

# Tasks that are looked at in one read.
TASKS_READ = 5_000
# Ids that earlier versions made of a person's own, which no index leads to. What is known by one
# stays known.
_named = (inbox.c.dedupe_id, inbox.c.conversation, inbox.c.root)
_LAST_TASK = sa.select(sa.func.max(inbox.c.id))
_NAMED_TASKS = sa.select(inbox.c.id).where(
    inbox.c.id > sa.bindparam("after"),
    inbox.c.id <= sa.bindparam("until"),
    sa.or_(*(column.contains(_person) for column in _named)),
)
_HIDE_NAME = (
    sa.update(inbox)
    .where(inbox.c.id.in_(sa.bindparam("tasks", expanding=True)), IS_DONE)
    .values({c.name: sa.func.replace(c, _person, sa.bindparam("hidden")) for c in _named})
)
_private_chat = sa.select(people.c.private_chat).where(
    people.c.open_id == _person, people.c.private_chat != ""
)
_others_asked = sa.exists().where(
    turns.c.chat_id == conversations.c.chat_id,
    turns.c.root == conversations.c.root,
    turns.c.asker.not_in(("", _person)),
)
# A role may be told before anybody asks. Who told it isn't known, but that they are in the chat.
_is_where_they_are = conversations.c.chat_id.in_(
    sa.union(
        sa.select(turns.c.chat_id).where(turns.c.asker == _person),
        sa.select(usage.c.chat_id).where(usage.c.open_id == _person),
        _private_chat,
    )
)
_EMPTY_ROLES = (
    sa.update(conversations)
    .where(_is_where_they_are, conversations.c.role != "", ~_others_asked)
    .values(role="")
)
_RESET_PRIVATE = (
    sa.update(conversations)
    .where(
        conversations.c.chat_id.in_(_private_chat),
        sa.or_(*(conversations.c[name] != "" for name in ("role", "model", "mode"))),
    )
    .values(role="", model="", mode="")
)
# What they kept for themselves is theirs wherever it is played, unless others keep it too.
_others = own_roles.alias("others")
_OWN_ROLES = sa.select(own_roles.c.prompt).where(
    own_roles.c.open_id == _person,
    own_roles.c.prompt != "",
    ~sa.exists().where(
        # The index has the beginnings only.
        beginning_of(_others.c.prompt) == beginning_of(own_roles.c.prompt),
        _others.c.prompt == own_roles.c.prompt,
        _others.c.open_id != _person,
    ),
)
_EMPTY_OWN_ROLE = (
    sa.update(conversations)
    .where(
        beginning_of(conversations.c.role) == beginning_of(sa.bindparam("prompt", type_=sa.Text)),
        PLAYS_ROLE,
        conversations.c.role == sa.bindparam("prompt", type_=sa.Text),
    )
    .values(role="")
)
_DELETE_CHAT = sa.delete(chats).where(chats.c.chat_id.in_(_private_chat))
_EMPTY_TURNS = sa.update(turns).where(turns.c.asker == _person).values(FORGOTTEN)
_DELETE_USAGE = sa.delete(usage).where(usage.c.open_id == _person, usage.c.created_at < _since)
_DELETE_GRANTS = sa.delete(grants).where(grants.c.subject == _person, grants.c.created_at < _since)
# The rest goes when the day is over, or the month where a limit is of one.
_MARK_KEPT = tuple(
    sa.update(one).where(owner == _person).values(forgotten=True)
    for one, owner in ((usage, usage.c.open_id), (grants, grants.c.subject))
)
_HIDE_GRANTER = sa.update(grants).where(grants.c.granted_by == _person).values(granted_by="")
_hidden: sa.BindParameter[str] = sa.bindparam("hidden")
# What was changed stays in the list, by whom nobody is told any more.
_HIDE_ADMIN = tuple(
    sa.update(column.table).where(column == _person).values({column: _hidden})
    for column in (admin_changes.c.actor, admin_changes.c.subject, overrides.c.changed_by)
)
_LOG_OUT = (
    sa.delete(admin_sessions).where(admin_sessions.c.actor == _person),
    sa.delete(admin_links).where(admin_links.c.open_id == _person),
)
_DELETE_FEEDBACK = sa.delete(feedback).where(feedback.c.open_id == _person)

_is_this = people.c.open_id == _person
_RESET_SETTINGS = (
    sa.update(people)
    .where(_is_this, sa.or_(people.c.language != "", people.c.model != ""))
    .values(language="", model="")
)
_DELETE_ROLES = sa.delete(own_roles).where(own_roles.c.open_id == _person)
_DELETE_PERSON = sa.delete(people).where(_is_this, sa.not_(people.c.blocked))
_FORGET_MEETING = sa.update(people).where(_is_this).values(met=False, private_chat="")


def tasks_that_name(database: Database, open_id: str) -> list[int]:
    """The tasks with ids that are made of a person's own; no new ones are put.

    Read in steps that hold up nobody, while nothing is locked.
    """
    found: list[int] = []
    with database.read() as connection:
        last = connection.execute(_LAST_TASK).scalar() or 0
    for after in range(0, last, TASKS_READ):
        within = {"person": open_id, "after": after, "until": after + TASKS_READ}
        with database.read() as connection:
            found += connection.execute(_NAMED_TASKS, within).scalars()
    return found


def erase_person(
    connection: sa.Connection,
    open_id: str,
    *,
    now: float,
    keep_usage_since: float,
    tasks: Sequence[int] = (),
) -> ErasureReport:
    """Delete what is stored about a person, in the connection's transaction.

    Their questions that no process works on yet end here, unless a part of the answer is on the
    screen: then the process that claims it is told, and can end the card. A running job goes on,
    and leaves no turn. Empty turns stay, so that the turns of others still have their way to the
    root; so do the ids of messages, by which the bot knows its own.

    Times are in seconds since the epoch; usage from `keep_usage_since` on stays until the day is
    over, and so do grants.
    """
    person = {"person": open_id}
    before = {"person": open_id, "since": keep_usage_since}

    connection.execute(inbox_statements.FORGET_UNSEEN, {**person, "now": now})
    connection.execute(inbox_statements.FORGET_SHOWN, person)
    connection.execute(inbox_statements.FORGET_RUNNING, person)
    hidden = {**person, "hidden": pseudonym(open_id)}
    for first in range(0, len(tasks), TASKS_READ):
        connection.execute(_HIDE_NAME, {**hidden, "tasks": tasks[first : first + TASKS_READ]})
    # Who has asked where is known only as long as the turns have their askers.
    settings = connection.execute(_RESET_PRIVATE, person).rowcount
    settings += connection.execute(_EMPTY_ROLES, person).rowcount
    for prompt in connection.execute(_OWN_ROLES, person).scalars().all():
        settings += connection.execute(_EMPTY_OWN_ROLE, {"prompt": prompt}).rowcount
    settings += connection.execute(_DELETE_CHAT, person).rowcount
    emptied = connection.execute(_EMPTY_TURNS, person).rowcount
    used = connection.execute(_DELETE_USAGE, before).rowcount
    connection.execute(_DELETE_GRANTS, before)
    for statement in _MARK_KEPT:
        connection.execute(statement, person)
    connection.execute(_HIDE_GRANTER, person)
    for hide in _HIDE_ADMIN:
        connection.execute(hide, hidden)
    for log_out in _LOG_OUT:
        connection.execute(log_out, person)
    judged = connection.execute(_DELETE_FEEDBACK, person).rowcount
    settings += connection.execute(_RESET_SETTINGS, person).rowcount
    settings += connection.execute(_DELETE_ROLES, person).rowcount
    connection.execute(_DELETE_PERSON, person)
    connection.execute(_FORGET_MEETING, person)
    return ErasureReport(turns=emptied, usage=used, feedback=judged, settings=settings)
