"""The pictures that a turn was answered with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("turns", sa.Column("drawing", sa.JSON))


def downgrade() -> None:
    op.drop_column("turns", "drawing")
