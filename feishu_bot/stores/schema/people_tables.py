"""What people and chats have chosen, keep and say."""

from __future__ import annotations

import sqlalchemy as sa

from feishu_bot.stores.schema.columns import IS_BLOCKED, CleanText, Id, beginning_of, metadata

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("chat_id", sa.Text, primary_key=True),
    sa.Column("role", CleanText, nullable=False, server_default=""),
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    sa.Column("mode", sa.Text, nullable=False, server_default=""),
    sa.Column("reply_in_thread", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("open_id", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("blocked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("met", sa.Boolean, nullable=False, server_default=sa.false()),
    # The person's own chat with the bot, as soon as a message has come from there.
    sa.Column("private_chat", sa.Text, nullable=False, server_default=""),
    # The model that the person likes best.
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    # When something was last set or the person was last met, to within a day.
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Index("people_seen", "seen_at"),
    sa.Index("people_blocked", "open_id", sqlite_where=IS_BLOCKED, postgresql_where=IS_BLOCKED),
)

# Prompts that people keep for themselves, each under a name.
own_roles = sa.Table(
    "own_roles",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("open_id", sa.Text, nullable=False),
    sa.Column("name", CleanText, nullable=False),
    sa.Column("prompt", CleanText, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.UniqueConstraint("open_id", "name", name="own_roles_name"),
)
sa.Index("own_roles_prompt", beginning_of(own_roles.c.prompt))

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("open_id", sa.Text, primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("comment", CleanText, nullable=False, server_default=""),
    # Of the answer: its turn may be deleted before the verdict is.
    sa.Column("model", sa.Text, nullable=False, server_default=""),
    sa.Column("question_id", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Index("feedback_created", "created_at"),
    sa.Index("feedback_person", "open_id"),
)
