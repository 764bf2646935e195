"""Where a conversation was left when it ended by itself, so that it can be taken up again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("expired_head", _Id))


def downgrade() -> None:
    # Not as a batch: SQLite would build the table anew, and turns and messages go with the old one.
    op.drop_column("conversations", "expired_head")
