"""What was written of an answer, whose leases live, and failures apart from crashes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_COUNTS = ("renewals", "failures", "crashes")


def upgrade() -> None:
    op.add_column("inbox", sa.Column("progress", sa.Text))
    for name in _COUNTS:
        column = sa.Column(name, sa.Integer, nullable=False, server_default="0")
        op.add_column("inbox", column)


def downgrade() -> None:
    for name in (*_COUNTS, "progress"):
        op.drop_column("inbox", name)
