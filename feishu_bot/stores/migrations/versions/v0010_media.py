"""Pictures, seconds of speech and files beside the tokens of an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_COLUMNS = (("pictures", sa.Integer), ("audio_seconds", sa.Double), ("files", sa.Integer))


def upgrade() -> None:
    for name, kind in _COLUMNS:
        op.add_column("usage", sa.Column(name, kind, nullable=False, server_default="0"))


def downgrade() -> None:
    for name, _ in _COLUMNS:
        op.drop_column("usage", name)
