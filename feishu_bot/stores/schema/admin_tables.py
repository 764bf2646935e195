"""The administrators' page: what was changed, by whom, and who is logged in."""

from __future__ import annotations

import sqlalchemy as sa

from feishu_bot.stores.schema.columns import CleanText, Id, Json, metadata

# What administrators have changed while the bot runs. A row whose value was taken back stays, so
# that the sum of the revisions grows with every change.
overrides = sa.Table(
    "overrides",
    metadata,
    sa.Column("section", sa.Text, primary_key=True),
    sa.Column("name", CleanText, primary_key=True),
    sa.Column("value", Json),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Double, nullable=False),
)

# Everything that administrators did on their page; nothing here is ever edited.
admin_changes = sa.Table(
    "admin_changes",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", CleanText, nullable=False),
    sa.Column("before", CleanText, nullable=False),
    sa.Column("after", CleanText, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Index("admin_changes_created", "created_at"),
)

# Of tokens only their hashes.
admin_sessions = sa.Table(
    "admin_sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("actor", sa.Text, nullable=False),
    # All ids of the person; empty for whoever has the password.
    sa.Column("ids", Json),
    sa.Column("password_mark", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
)

admin_links = sa.Table(
    "admin_links",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("open_id", sa.Text, nullable=False),
    sa.Column("ids", Json, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("used_at", sa.Double),
)

# Tries of the page's password that didn't succeed, of the last minutes, by a hash of whoever tried.
# `is_known`: a browser that was logged in before.
login_tries = sa.Table(
    "login_tries",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("by_whom", sa.Text, nullable=False),
    sa.Column("is_known", sa.Boolean, nullable=False),
    sa.Column("tried_at", sa.Double, nullable=False),
)
