"""Tries of the admin page's password, and an index that leads to what an admin has granted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "login_tries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("by_whom", sa.Text, nullable=False),
        sa.Column("is_known", sa.Boolean, nullable=False),
        sa.Column("tried_at", sa.Double, nullable=False),
    )
    op.create_index("grants_granter", "grants", ["granted_by"])


def downgrade() -> None:
    op.drop_index("grants_granter", "grants")
    op.drop_table("login_tries")
