"""What the processes of an installation share."""

from __future__ import annotations

import sqlalchemy as sa

from feishu_bot.stores.schema.columns import CleanText, Json, metadata

# The bot's reactions on messages that wait for their turn. A row is there before its reaction,
# whose id is empty until Feishu has told it; nobody else touches it before `busy_until`.
waiting_reactions = sa.Table(
    "waiting_reactions",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("reaction_id", sa.Text, nullable=False, server_default=""),
    sa.Column("busy_until", sa.Double, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
)

# What the admins are to see to: how often it was met since when, and when they were told.
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("cause", sa.Text, primary_key=True),
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("told_at", sa.Double, nullable=False),
)

# What was seen of Feishu's traffic; core/sightings says by which names.
sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("first_at", sa.Double, nullable=False),
    sa.Column("last_at", sa.Double, nullable=False),
)

# What belongs to all processes that share this database, each under its name.
installation = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", CleanText, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)

# What each process that calls Feishu holds of the calls that are allowed; core/call_budget says
# what the figures mean.
call_holdings = sa.Table(
    "call_holdings",
    metadata,
    sa.Column("process", sa.Text, primary_key=True),
    sa.Column("second", sa.Integer, nullable=False),
    sa.Column("minute", sa.Integer, nullable=False),
    sa.Column("spent", sa.Integer, nullable=False),
    sa.Column("demand", sa.Integer, nullable=False),
    sa.Column("floor", sa.Integer, nullable=False),
    # By the database's own clock.
    sa.Column("ends_at", sa.Double, nullable=False),
    sa.Column("gone_at", sa.Double, nullable=False),
)

# Leases on what one process of all does. An empty `holder` is nobody; `term` grows with each new
# holder and `renewals` while it lives. `note` is what it tells the others.
exclusive_leases = sa.Table(
    "exclusive_leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("term", sa.BigInteger, nullable=False),
    sa.Column("renewals", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("note", Json),
)
