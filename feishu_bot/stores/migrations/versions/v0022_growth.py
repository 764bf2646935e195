"""Indexes for what read a whole table, and an inbox that PostgreSQL cleans more often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_IS_OPEN = sa.text("state != 'done'")
_PLAYS_ROLE = sa.text("role != ''")


def upgrade() -> None:
    op.create_index(
        "inbox_message",
        "inbox",
        ["message_id"],
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )
    op.create_index("turns_chat", "turns", ["chat_id", "id"])
    op.create_index("people_seen", "people", ["seen_at"])
    op.create_index("grants_created", "grants", ["created_at"])
    op.create_index("own_roles_prompt", "own_roles", [sa.text("substr(prompt, 1, 64)")])
    op.create_index(
        "conversations_role",
        "conversations",
        [sa.text("substr(role, 1, 64)")],
        sqlite_where=_PLAYS_ROLE,
        postgresql_where=_PLAYS_ROLE,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Every task leaves dead entries in the indexes of open tasks, which each claim walks over.
        # By default they would pile up until a fifth of the whole table has changed.
        op.execute(
            "ALTER TABLE inbox SET (autovacuum_vacuum_scale_factor = 0.01,"
            " autovacuum_analyze_scale_factor = 0.02)"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE inbox RESET (autovacuum_vacuum_scale_factor,"
            " autovacuum_analyze_scale_factor)"
        )
    op.drop_index("conversations_role", "conversations")
    op.drop_index("own_roles_prompt", "own_roles")
    op.drop_index("grants_created", "grants")
    op.drop_index("people_seen", "people")
    op.drop_index("turns_chat", "turns")
    op.drop_index("inbox_message", "inbox")
