"""What was used, and what was granted beyond the limits."""

from __future__ import annotations

import sqlalchemy as sa

from feishu_bot.stores.schema.columns import HAS_FAILED, Id, metadata

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("id", Id, primary_key=True),
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
    sa.Column("id", Id, primary_key=True),
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
    sa.Index("grants_granter", "granted_by"),
)
