"""Which conversation of a person each turn belongs to, and titles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# One pass over the tree, from its roots down. Answers to one question begin one conversation.
_SET_ORIGINS = """
WITH RECURSIVE tree (id, origin) AS (
    SELECT id, coalesce((
        SELECT min(same.id) FROM turns AS same
        WHERE same.question_id = turns.question_id AND same.question_id <> ''
        AND same.parent IS NULL AND same.chat_id = turns.chat_id AND same.root = turns.root
    ), id) FROM turns WHERE parent IS NULL
    UNION ALL
    SELECT child.id, tree.origin FROM turns AS child JOIN tree ON child.parent = tree.id
)
UPDATE turns SET origin = tree.origin FROM tree WHERE tree.id = turns.id
"""
# What the bot has built beside the turns by itself, to search them.
_DROP_TEXT_INDEX = {
    "sqlite": ("DROP TABLE IF EXISTS turns_text", "DROP TABLE IF EXISTS turns_text_state"),
    "postgresql": (
        "DROP TRIGGER IF EXISTS turns_text_changed ON turns",
        "DROP FUNCTION IF EXISTS turns_text_change",
        "DROP TABLE IF EXISTS turns_text",
    ),
}


def upgrade() -> None:
    op.add_column("turns", sa.Column("origin", _Id))
    op.add_column("turns", sa.Column("title", sa.Text, nullable=False, server_default=""))
    op.create_index("turns_parent", "turns", ["parent"])
    op.execute(_SET_ORIGINS)
    op.drop_index("turns_parent", "turns")
    op.create_index("turns_person", "turns", ["asker", "id", "origin", "chat_id"])
    op.create_index("turns_origin", "turns", ["origin", "id"])
    op.drop_index("turns_asker", "turns")


def downgrade() -> None:
    dialect = op.get_context().dialect.name
    if dialect == "sqlite":
        for trigger in ("turns_text_changed", "turns_text_deleted"):
            op.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for statement in _DROP_TEXT_INDEX[dialect]:
        op.execute(statement)
    op.create_index("turns_asker", "turns", ["asker"])
    op.drop_index("turns_origin", "turns")
    op.drop_index("turns_person", "turns")
    op.drop_column("turns", "title")
    op.drop_column("turns", "origin")
