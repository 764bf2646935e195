"""The tables, in SQL that SQLite and PostgreSQL both understand."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from typing_extensions import override


class CleanText(sa.types.TypeDecorator[str]):
    """Text that people or models wrote, without what PostgreSQL refuses: NUL and half pairs."""

    impl = sa.Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if not value or (value.isascii() and "\0" not in value):
            return value
        return value.encode("utf-8", "replace").decode().replace("\0", "")


# SQLite numbers rows by itself only in a column that is an INTEGER to the letter.
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Json = sa.JSON(none_as_null=True)

metadata = sa.MetaData()

# A query uses a partial index only if it repeats the condition literally, without parameters.
IS_OPEN = sa.text("state != 'done'")
IS_RUNNING = sa.text("state = 'running'")
IS_DONE = sa.text("state = 'done'")
PLAYS_ROLE = sa.text("role != ''")
HAS_FAILED = sa.text("notice != ''")
IS_BLOCKED = sa.text("blocked")


def _index_where(condition: sa.TextClause, *names: str, unique: bool = False) -> sa.Index:
    return sa.Index(*names, unique=unique, sqlite_where=condition, postgresql_where=condition)


def beginning_of(prompt: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """What an index of prompts keeps: PostgreSQL takes no more than 2,700 bytes of a row."""
    return sa.func.substr(prompt, sa.literal_column("1"), sa.literal_column("64"))


inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("event_id", sa.Text, nullable=False, unique=True),
    sa.Column("dedupe_id", sa.Text, nullable=False, unique=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("chat_id", sa.Text, nullable=False),
    sa.Column("root", sa.Text, nullable=False),
    # The open_id of the person; deleted when the job ends, like the payload.
    sa.Column("sender", sa.Text, nullable=False, server_default=""),
    sa.Column("payload", _Json),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("received_at", sa.Double, nullable=False),
    sa.Column("done_at", sa.Double),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    # How often it was claimed: the fencing token of whoever holds the lease.
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    # Tries that failed, and those whose process died or was cut off.
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("crashes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("worker", sa.Text),
    sa.Column("host", sa.Text),
    # Of a postponed job the time of its next try. A lease that has ended has 0; else it is the
    # holder's guess, by no clock that counts.
    sa.Column("lease_until", sa.Double),
    # Grows with each renewal: that is how others see that the holder lives.
    sa.Column("renewals", sa.Integer, nullable=False, server_default="0"),
    sa.Column("checkpoint", _Json),
    # What the model has said so far, a JSON object a line; deleted when the job ends.
    sa.Column("progress", CleanText),
    sa.Column("stop_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    # The question was recalled as well: no turn is to be stored.
    sa.Column("forget_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("outcome", sa.Text),
    # Where a question is asked; deleted when the job ends, like the payload.
    sa.Column("place", sa.Text),
    # Until then a message without words waits for the words about it, unless it is claimed.
    sa.Column("held_until", sa.Double),
    # What came before a question without words, as attachments.
    sa.Column("parts", _Json),
    # What a question being answered is expected to take, as long as the lease is good; None where
    # nothing is limited.
    sa.Column("reserved_tokens", sa.Integer),
    sa.Column("reserved_cost", sa.Double),
    _index_where(IS_OPEN, "inbox_queue", "created_at", "id"),
    _index_where(IS_OPEN, "inbox_order", "conversation", "created_at", "id"),
    _index_where(IS_OPEN, "inbox_place", "place", "created_at", "id"),
    _index_where(IS_OPEN, "inbox_message", "message_id"),
    # One running job per conversation, whatever two claims at the same time saw of each other.
    _index_where(IS_RUNNING, "inbox_running", "conversation", unique=True),
    _index_where(IS_DONE, "inbox_done", "done_at"),
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("chat_id", sa.Text, primary_key=True),
    sa.Column("root", sa.Text, primary_key=True),
    sa.Column("role", CleanText, nullable=False, server_default=""),
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    sa.Column("mode", sa.Text, nullable=False, server_default=""),
    # "chat" or "picture".
    sa.Column("kind", sa.Text, nullable=False, server_default="chat"),
    # Turns up to this one were cleared and are not loaded any more.
    sa.Column("ended_with", _Id, key="cleared_up_to", nullable=False, server_default="0"),
    # The turn that the next question continues, where that isn't the newest one.
    sa.Column("head", _Id),
    # Where it was left when nothing was said for too long; until the next answer.
    sa.Column("expired_head", _Id),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("last_at", sa.Double, nullable=False),
    sa.Index("conversations_last", "last_at"),
)
sa.Index(
    "conversations_role",
    beginning_of(conversations.c.role),
    sqlite_where=PLAYS_ROLE,
    postgresql_where=PLAYS_ROLE,
)


def _of_a_conversation() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["chat_id", "root"], ["conversations.chat_id", "conversations.root"], ondelete="CASCADE"
    )


# Turns go with their whole conversation, so that their ids need no references and no indexes.
turns = sa.Table(
    "turns",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("chat_id", sa.Text, nullable=False),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("parent", _Id),
    sa.Column("question", CleanText, nullable=False),
    sa.Column("answer", CleanText, nullable=False),
    sa.Column("question_id", sa.Text, nullable=False),
    # The messages without words that came before it.
    sa.Column("part_ids", _Json),
    sa.Column("asker", sa.Text, nullable=False, server_default=""),
    sa.Column("speaker", CleanText, nullable=False, server_default=""),
    sa.Column("answer_ids", _Json, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("finish_reason", sa.Text, nullable=False),
    sa.Column("prompt_tokens", sa.Integer, nullable=False),
    sa.Column("completion_tokens", sa.Integer, nullable=False),
    sa.Column("estimated_tokens", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("forgotten", sa.Boolean, nullable=False, server_default=sa.false()),
    # Kinds and params of notices.
    sa.Column("unread", _Json),
    # Keys of pictures.
    sa.Column("pictures", _Json),
    # The pictures that were drawn, and how; empty for an answer in words.
    sa.Column("drawing", _Json),
    # The id of the turn that the way to this one begins with, which may have been swept; for that
    # turn its own. Empty only until a row of version 0.1 is completed.
    sa.Column("origin", _Id),
    # Made by the model, for a turn without a parent.
    sa.Column("title", CleanText, nullable=False, server_default=""),
    _of_a_conversation(),
    sa.Index("turns_conversation", "chat_id", "root", "id"),
    sa.Index("turns_question", "question_id"),
    sa.Index("turns_chat", "chat_id", "id"),
    # All that a list of a person's conversations is made of, without reading a row.
    sa.Index("turns_person", "asker", "id", "origin", "chat_id"),
    sa.Index("turns_origin", "origin", "id"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("chat_id", sa.Text, nullable=False),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("turn", _Id),
    # Whether the bot wrote it; the others are questions.
    sa.Column("own", sa.Boolean, nullable=False),
    # The CardKit entity that it shows, by which it can be edited; empty for anything else.
    sa.Column("card_id", sa.Text, nullable=False, server_default=""),
    _of_a_conversation(),
    sa.Index("messages_conversation", "chat_id", "root"),
)

# A thread is bound when its first message arrives, before there is a conversation: no reference.
threads = sa.Table(
    "threads",
    metadata,
    sa.Column("chat_id", sa.Text, primary_key=True),
    sa.Column("thread_id", sa.Text, primary_key=True),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Index("threads_created", "created_at"),
)

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("open_id", sa.Text, nullable=False),
    sa.Column("chat_id", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("prompt_tokens", sa.Integer, nullable=False),
    sa.Column("completion_tokens", sa.Integer, nullable=False),
    sa.Column("cost", sa.Double, nullable=False, server_default="0"),
    sa.Column("pictures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("audio_seconds", sa.Double, nullable=False, server_default="0"),
    sa.Column("files", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", sa.Double, nullable=False),
    # The person is to be forgotten: it goes when its day is over.
    sa.Column("forgotten", sa.Boolean, nullable=False, server_default=sa.false()),
    # How long the question waited for its turn, and then for the first words; empty for what was
    # no question, or got no words.
    sa.Column("waited", sa.Double),
    sa.Column("first_text", sa.Double),
    # Of what failed: the kind of the notice, and the id on the card.
    sa.Column("notice", sa.Text, nullable=False, server_default=""),
    sa.Column("request_id", sa.Text, nullable=False, server_default=""),
    # "p2p" or "group"; empty where it isn't known.
    sa.Column("chat_type", sa.Text, nullable=False, server_default=""),
    sa.Index("usage_created", "created_at"),
    sa.Index("usage_person", "open_id", "created_at"),
    sa.Index("usage_chat", "chat_id", "created_at"),
    sa.Index("usage_failed", "created_at", sqlite_where=HAS_FAILED, postgresql_where=HAS_FAILED),
)

# Several grants for one day or month add up, and each keeps who gave it. An older version only
# knows those of questions, for a person's day.
grants = sa.Table(
    "grants",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    # An open_id, a chat_id or "company".
    sa.Column("open_id", sa.Text, key="subject", nullable=False),
    # 2026-11-22 or 2026-11.
    sa.Column("day", sa.Text, key="period", nullable=False),
    sa.Column("questions", sa.Integer, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cost", sa.Double, nullable=False, server_default="0"),
    sa.Column("granted_by", sa.Text, nullable=False),
    # The message that asked for it: a command is run again after a crash.
    sa.Column("message_id", sa.Text, unique=True),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("forgotten", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("grants_person", "subject", "period"),
    sa.Index("grants_created", "created_at"),
)

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("chat_id", sa.Text, primary_key=True),
    sa.Column("role", CleanText, nullable=False, server_default=""),
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    sa.Column("mode", sa.Text, nullable=False, server_default=""),
    sa.Column("reply_in_thread", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("open_id", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("blocked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("met", sa.Boolean, nullable=False, server_default=sa.false()),
    # The person's own chat with the bot, as soon as a message has come from there.
    sa.Column("private_chat", sa.Text, nullable=False, server_default=""),
    # The model that the person likes best.
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    # When something was last set or the person was last met, to within a day.
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Index("people_seen", "seen_at"),
    sa.Index("people_blocked", "open_id", sqlite_where=IS_BLOCKED, postgresql_where=IS_BLOCKED),
)

# Prompts that people keep for themselves, each under a name.
own_roles = sa.Table(
    "own_roles",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("open_id", sa.Text, nullable=False),
    sa.Column("name", CleanText, nullable=False),
    sa.Column("prompt", CleanText, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.UniqueConstraint("open_id", "name", name="own_roles_name"),
)
sa.Index("own_roles_prompt", beginning_of(own_roles.c.prompt))

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("open_id", sa.Text, primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("comment", CleanText, nullable=False, server_default=""),
    # Of the answer: its turn may be deleted before the verdict is.
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    sa.Column("question_id", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Index("feedback_created", "created_at"),
)

# The bot's reactions on messages that wait for their turn. A row is there before its reaction,
# whose id is empty until Feishu has told it; nobody else touches it before `busy_until`.
waiting_reactions = sa.Table(
    "waiting_reactions",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("reaction_id", sa.Text, nullable=False, server_default=""),
    sa.Column("busy_until", sa.Double, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
)

# What the admins are to see to: how often it was met since when, and when they were told.
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("cause", sa.Text, primary_key=True),
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("told_at", sa.Double, nullable=False),
)

# What was seen of Feishu's traffic; core/sightings says by which names.
sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("first_at", sa.Double, nullable=False),
    sa.Column("last_at", sa.Double, nullable=False),
)

# What belongs to all processes that share this database, each under its name.
installation = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", CleanText, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)

# What each process that calls Feishu holds of the calls that are allowed; core/call_budget says
# what the figures mean.
call_holdings = sa.Table(
    "call_holdings",
    metadata,
    sa.Column("process", sa.Text, primary_key=True),
    sa.Column("second", sa.Integer, nullable=False),
    sa.Column("minute", sa.Integer, nullable=False),
    sa.Column("spent", sa.Integer, nullable=False),
    sa.Column("demand", sa.Integer, nullable=False),
    sa.Column("floor", sa.Integer, nullable=False),
    # By the database's own clock.
    sa.Column("ends_at", sa.Double, nullable=False),
    sa.Column("gone_at", sa.Double, nullable=False),
)

# What administrators have changed while the bot runs. A row whose value was taken back stays, so
# that the sum of the revisions grows with every change.
overrides = sa.Table(
    "overrides",
    metadata,
    sa.Column("section", sa.Text, primary_key=True),
    sa.Column("name", CleanText, primary_key=True),
    sa.Column("value", _Json),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Double, nullable=False),
)

# Everything that administrators did on their page; nothing here is ever edited.
admin_changes = sa.Table(
    "admin_changes",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", CleanText, nullable=False),
    sa.Column("before", CleanText, nullable=False),
    sa.Column("after", CleanText, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Index("admin_changes_created", "created_at"),
)

# Of tokens only their hashes.
admin_sessions = sa.Table(
    "admin_sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("actor", sa.Text, nullable=False),
    # All ids of the person; empty for whoever has the password.
    sa.Column("ids", _Json),
    sa.Column("password_mark", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
)

admin_links = sa.Table(
    "admin_links",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("open_id", sa.Text, nullable=False),
    sa.Column("ids", _Json, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("used_at", sa.Double),
)

# Leases on what one process of all does. An empty `holder` is nobody; `term` grows with each new
# holder and `renewals` while it lives. `note` is what it tells the others.
exclusive_leases = sa.Table(
    "exclusive_leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("term", sa.BigInteger, nullable=False),
    sa.Column("renewals", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("note", _Json),
)
