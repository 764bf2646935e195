"""Conversations, and what they consist of."""

from __future__ import annotations

import sqlalchemy as sa

from feishu_bot.stores.schema.columns import PLAYS_ROLE, CleanText, Id, Json, beginning_of, metadata

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
    sa.Column("ended_with", Id, key="cleared_up_to", nullable=False, server_default="0"),
    # The turn that the next question continues, where that isn't the newest one.
    sa.Column("head", Id),
    # Where it was left when nothing was said for too long; until the next answer.
    sa.Column("expired_head", Id),
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
    sa.Column("id", Id, primary_key=True),
    sa.Column("chat_id", sa.Text, nullable=False),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("parent", Id),
    sa.Column("question", CleanText, nullable=False),
    sa.Column("answer", CleanText, nullable=False),
    sa.Column("question_id", sa.Text, nullable=False),
    # The messages without words that came before it.
    sa.Column("part_ids", Json),
    sa.Column("asker", sa.Text, nullable=False, server_default=""),
    sa.Column("speaker", CleanText, nullable=False, server_default=""),
    sa.Column("answer_ids", Json, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("finish_reason", sa.Text, nullable=False),
    sa.Column("prompt_tokens", sa.Integer, nullable=False),
    sa.Column("completion_tokens", sa.Integer, nullable=False),
    sa.Column("estimated_tokens", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("forgotten", sa.Boolean, nullable=False, server_default=sa.false()),
    # Kinds and params of notices.
    sa.Column("unread", Json),
    # Keys of pictures.
    sa.Column("pictures", Json),
    # The pictures that were drawn, and how; empty for an answer in words.
    sa.Column("drawing", Json),
    # The id of the turn that the way to this one begins with, which may have been swept; for that
    # turn its own. Empty only until a row of version 0.1 is completed.
    sa.Column("origin", Id),
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
    sa.Column("turn", Id),
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
