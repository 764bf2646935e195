"""An index that leads to what a person has said of answers."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_index("feedback_person", "feedback", ["open_id"])


def downgrade() -> None:
    op.drop_index("feedback_person", "feedback")
