"""The message that each grant comes from, so that none is made twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("grants") as grants:
        grants.add_column(sa.Column("message_id", sa.Text))
        grants.create_unique_constraint("grants_message_id_key", ["message_id"])


def downgrade() -> None:
    with op.batch_alter_table("grants") as grants:
        grants.drop_constraint("grants_message_id_key", type_="unique")
        grants.drop_column("message_id")
