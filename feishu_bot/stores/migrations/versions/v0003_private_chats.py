"""The private chats of people with the bot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    column = sa.Column("private_chat", sa.Text, nullable=False, server_default="")
    op.add_column("people", column)


def downgrade() -> None:
    op.drop_column("people", "private_chat")
