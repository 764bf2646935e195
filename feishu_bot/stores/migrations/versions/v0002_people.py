"""Askers, branches of a conversation, settings of chats and people, grants, and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_inbox = sa.table(
    "inbox",
    sa.column("id", sa.BigInteger),
    sa.column("state", sa.Text),
    sa.column("payload", sa.JSON),
    sa.column("sender", sa.Text),
    sa.column("stop_requested", sa.Boolean),
    sa.column("forget_requested", sa.Boolean),
)

# A turn was stored together with the usage of its answer, which knows who asked. Where two people
# were answered in one chat within the same second nobody is named.
_NAME_ASKERS = """
    UPDATE turns SET asker = coalesce((
        SELECT CASE WHEN min(usage.open_id) = max(usage.open_id) THEN min(usage.open_id) END
        FROM usage
        WHERE usage.chat_id = turns.chat_id
        AND usage.created_at BETWEEN turns.created_at AND turns.created_at + 1
    ), '')
    WHERE NOT forgotten
"""


def upgrade() -> None:
    _extend_inbox()
    _extend_usage()
    _extend_conversations()
    _create_settings()
    _create_feedback()


def downgrade() -> None:
    for table in ("feedback", "people", "chats", "grants"):
        op.drop_table(table)
    op.drop_index("turns_asker", "turns")
    op.drop_index("usage_chat", "usage")
    for table, column in (
        ("turns", "speaker"),
        ("turns", "asker"),
        ("conversations", "head"),
        ("usage", "cost"),
        ("inbox", "forget_requested"),
        ("inbox", "sender"),
    ):
        op.drop_column(table, column)


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _extend_inbox() -> None:
    op.add_column("inbox", _text("sender"))
    op.add_column("inbox", _flag("forget_requested"))
    # Until now only a recalled question was stopped.
    op.execute(sa.update(_inbox).values(forget_requested=_inbox.c.stop_requested))
    connection = op.get_bind()
    # Read here, not by SQL: PostgreSQL finds nothing in JSON that has an escaped NUL anywhere.
    for row in connection.execute(
        sa.select(_inbox.c.id, _inbox.c.payload).where(_inbox.c.state != "done")
    ).all():
        sender = (row.payload or {}).get("sender", {}).get("open_id", "")
        connection.execute(sa.update(_inbox).where(_inbox.c.id == row.id).values(sender=sender))


def _extend_usage() -> None:
    op.add_column("usage", sa.Column("cost", sa.Double, nullable=False, server_default="0"))
    op.create_index("usage_chat", "usage", ["chat_id", "created_at"])
    op.create_table(
        "grants",
        sa.Column("id", _id(), primary_key=True),
        sa.Column("open_id", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("questions", sa.Integer, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("grants_person", "grants", ["open_id", "day"])


def _extend_conversations() -> None:
    op.add_column("conversations", sa.Column("head", _id()))
    op.add_column("turns", _text("asker"))
    op.add_column("turns", _text("speaker"))
    op.execute(_NAME_ASKERS)
    op.create_index("turns_asker", "turns", ["asker"])


def _create_settings() -> None:
    op.create_table(
        "chats",
        sa.Column("chat_id", sa.Text, primary_key=True),
        _text("role"),
        _text("model"),
        _text("mode"),
        _text("reply_in_thread"),
        _text("language"),
    )
    op.create_table(
        "people",
        sa.Column("open_id", sa.Text, primary_key=True),
        _text("language"),
        _flag("blocked"),
        _flag("met"),
        sa.Column("seen_at", sa.Double, nullable=False),
    )


def _create_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("open_id", sa.Text, primary_key=True),
        sa.Column("verdict", sa.Text, nullable=False),
        _text("comment"),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("feedback_created", "feedback", ["created_at"])
