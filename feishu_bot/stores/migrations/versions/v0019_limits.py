"""What questions may take while they are being answered, and grants of tokens and money."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("reserved_tokens", sa.Integer))
    op.add_column("inbox", sa.Column("reserved_cost", sa.Double))
    op.add_column("grants", sa.Column("tokens", sa.Integer, nullable=False, server_default="0"))
    op.add_column("grants", sa.Column("cost", sa.Double, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("grants", "cost")
    op.drop_column("grants", "tokens")
    op.drop_column("inbox", "reserved_cost")
    op.drop_column("inbox", "reserved_tokens")
