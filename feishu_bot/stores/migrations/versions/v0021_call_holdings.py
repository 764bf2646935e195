"""What each process holds of the calls that Feishu allows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "call_holdings",
        sa.Column("process", sa.Text, primary_key=True),
        sa.Column("second", sa.Integer, nullable=False),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("spent", sa.Integer, nullable=False),
        sa.Column("demand", sa.Integer, nullable=False),
        sa.Column("floor", sa.Integer, nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
        sa.Column("gone_at", sa.Double, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("call_holdings")
