"""What the administrator's page shows and changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_HAS_FAILED = sa.text("notice != ''")
_IS_BLOCKED = sa.text("blocked")
_WORDS = ("notice", "request_id", "chat_type")
_TIMES = ("waited", "first_text")


def upgrade() -> None:
    for name in _TIMES:
        op.add_column("usage", sa.Column(name, sa.Double))
    for name in _WORDS:
        op.add_column("usage", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_index(
        "usage_failed",
        "usage",
        ["created_at"],
        sqlite_where=_HAS_FAILED,
        postgresql_where=_HAS_FAILED,
    )
    op.create_index(
        "people_blocked",
        "people",
        ["open_id"],
        sqlite_where=_IS_BLOCKED,
        postgresql_where=_IS_BLOCKED,
    )
    op.create_table(
        "overrides",
        sa.Column("section", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.JSON),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
    )
    op.create_table(
        "admin_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("admin_changes_created", "admin_changes", ["created_at"])
    op.create_table(
        "admin_sessions",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("ids", sa.JSON),
        sa.Column("password_mark", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
    )
    op.create_table(
        "admin_links",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("open_id", sa.Text, nullable=False),
        sa.Column("ids", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("used_at", sa.Double),
    )


def downgrade() -> None:
    for table in ("admin_links", "admin_sessions", "admin_changes", "overrides"):
        op.drop_table(table)
    op.drop_index("people_blocked", "people")
    op.drop_index("usage_failed", "usage")
    for name in (*_WORDS, *_TIMES):
        op.drop_column("usage", name)
