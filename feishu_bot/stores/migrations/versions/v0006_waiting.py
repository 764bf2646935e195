"""What wasn't read of a question, the reactions on waiting messages, and what admins were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("turns", sa.Column("unread", sa.JSON))
    op.create_table(
        "waiting_reactions",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("reaction_id", sa.Text, nullable=False, server_default=""),
        sa.Column("busy_until", sa.Double, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_table(
        "alerts",
        sa.Column("cause", sa.Text, primary_key=True),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("told_at", sa.Double, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("alerts")
    op.drop_table("waiting_reactions")
    op.drop_column("turns", "unread")
