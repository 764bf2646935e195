"""What people keep for themselves: a favourite model, and roles of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("people", sa.Column("model", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "own_roles",
        sa.Column("id", _Id, primary_key=True),
        sa.Column("open_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.UniqueConstraint("open_id", "name", name="own_roles_name"),
    )


def downgrade() -> None:
    op.drop_table("own_roles")
    op.drop_column("people", "model")
