"""Leases on what one process of all does: holding the long connection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "exclusive_leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("renewals", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("note", sa.JSON(none_as_null=True)),
    )


def downgrade() -> None:
    op.drop_table("exclusive_leases")
