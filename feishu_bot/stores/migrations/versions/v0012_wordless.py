"""Messages without words that wait for the words about them, and belong to a question."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.add_column("inbox", sa.Column("place", sa.Text))
    op.add_column("inbox", sa.Column("held_until", sa.Double))
    op.add_column("inbox", sa.Column("parts", _JSON))
    op.add_column("turns", sa.Column("part_ids", _JSON))
    is_open = sa.text("state != 'done'")
    op.create_index(
        "inbox_place",
        "inbox",
        ["place", "created_at", "id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def downgrade() -> None:
    op.drop_index("inbox_place", "inbox")
    op.drop_column("turns", "part_ids")
    for name in ("parts", "held_until", "place"):
        op.drop_column("inbox", name)
