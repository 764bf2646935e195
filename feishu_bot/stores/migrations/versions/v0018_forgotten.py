"""What is kept of a forgotten person until the end of the day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"

_TABLES = ("usage", "grants")


def upgrade() -> None:
    for table in _TABLES:
        forgotten = sa.Column("forgotten", sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column(table, forgotten)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "forgotten")
