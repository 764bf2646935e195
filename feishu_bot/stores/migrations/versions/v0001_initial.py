"""The inbox, conversations with their turns, messages and threads, and usage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_inbox()
    _create_conversations()
    _create_usage()


def downgrade() -> None:
    for table in ("usage", "threads", "messages", "turns", "conversations", "inbox"):
        op.drop_table(table)


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_a_conversation() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["chat_id", "root"], ["conversations.chat_id", "conversations.root"], ondelete="CASCADE"
    )


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", _id(), primary_key=True),
        sa.Column("event_id", sa.Text, nullable=False, unique=True),
        sa.Column("dedupe_id", sa.Text, nullable=False, unique=True),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("chat_id", sa.Text, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("received_at", sa.Double, nullable=False),
        sa.Column("done_at", sa.Double),
        sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("worker", sa.Text),
        sa.Column("host", sa.Text),
        sa.Column("lease_until", sa.Double),
        sa.Column("checkpoint", sa.JSON),
        sa.Column("stop_requested", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("outcome", sa.Text),
    )
    for name, columns, condition in (
        ("inbox_queue", ["created_at", "id"], "state != 'done'"),
        ("inbox_order", ["conversation", "created_at", "id"], "state != 'done'"),
        ("inbox_running", ["conversation"], "state = 'running'"),
        ("inbox_done", ["done_at"], "state = 'done'"),
    ):
        op.create_index(
            name,
            "inbox",
            columns,
            unique=name == "inbox_running",
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("chat_id", sa.Text, primary_key=True),
        sa.Column("root", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False, server_default=""),
        sa.Column("model", sa.Text, nullable=False, server_default=""),
        sa.Column("mode", sa.Text, nullable=False, server_default=""),
        sa.Column("kind", sa.Text, nullable=False, server_default="chat"),
        sa.Column("ended_with", _id(), nullable=False, server_default="0"),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("last_at", sa.Double, nullable=False),
    )
    op.create_index("conversations_last", "conversations", ["last_at"])
    op.create_table(
        "turns",
        sa.Column("id", _id(), primary_key=True),
        sa.Column("chat_id", sa.Text, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("parent", _id()),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("question_id", sa.Text, nullable=False),
        sa.Column("answer_ids", sa.JSON, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("finish_reason", sa.Text, nullable=False),
        sa.Column("prompt_tokens", sa.Integer, nullable=False),
        sa.Column("completion_tokens", sa.Integer, nullable=False),
        sa.Column("estimated_tokens", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("forgotten", sa.Boolean, nullable=False, server_default=sa.false()),
        _of_a_conversation(),
    )
    op.create_index("turns_conversation", "turns", ["chat_id", "root", "id"])
    op.create_index("turns_question", "turns", ["question_id"])
    op.create_table(
        "messages",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("chat_id", sa.Text, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("turn", _id()),
        sa.Column("own", sa.Boolean, nullable=False),
        _of_a_conversation(),
    )
    op.create_index("messages_conversation", "messages", ["chat_id", "root"])
    op.create_table(
        "threads",
        sa.Column("chat_id", sa.Text, primary_key=True),
        sa.Column("thread_id", sa.Text, primary_key=True),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("threads_created", "threads", ["created_at"])


def _create_usage() -> None:
    op.create_table(
        "usage",
        sa.Column("id", _id(), primary_key=True),
        sa.Column("open_id", sa.Text, nullable=False),
        sa.Column("chat_id", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("prompt_tokens", sa.Integer, nullable=False),
        sa.Column("completion_tokens", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("usage_created", "usage", ["created_at"])
    op.create_index("usage_person", "usage", ["open_id", "created_at"])
