"""An index that leads to what an administrator has granted."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_index("grants_granter", "grants", ["granted_by"])


def downgrade() -> None:
    op.drop_index("grants_granter", "grants")
