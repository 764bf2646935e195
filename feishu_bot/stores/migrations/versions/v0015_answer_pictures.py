"""The pictures of answers, by what the text calls them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("turns", sa.Column("pictures", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("turns", "pictures")
