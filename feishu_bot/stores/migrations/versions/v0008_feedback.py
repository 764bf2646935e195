"""The model and the question of what people think, and the card of each answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_COLUMNS = (("feedback", "model"), ("feedback", "question_id"), ("messages", "card_id"))


def upgrade() -> None:
    for table, name in _COLUMNS:
        op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    for table, name in _COLUMNS:
        op.drop_column(table, name)
