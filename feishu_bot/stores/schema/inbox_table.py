"""All tasks, each once."""

from __future__ import annotations

import sqlalchemy as sa

from feishu_bot.stores.schema.columns import (
    IS_DONE,
    IS_OPEN,
    IS_RUNNING,
    CleanText,
    Id,
    Json,
    index_where,
    metadata,
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("event_id", sa.Text, nullable=False, unique=True),
    sa.Column("dedupe_id", sa.Text, nullable=False, unique=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("chat_id", sa.Text, nullable=False),
    sa.Column("root", sa.Text, nullable=False),
    # The open_id of the person; deleted when the job ends, like the payload.
    sa.Column("sender", sa.Text, nullable=False, server_default=""),
    sa.Column("payload", Json),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("received_at", sa.Double, nullable=False),
    sa.Column("done_at", sa.Double),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    # How often it was claimed: the fencing token of whoever holds the lease.
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    # Tries that failed, and those whose process died or was cut off.
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("crashes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("worker", sa.Text),
    sa.Column("host", sa.Text),
    # Of a postponed job the time of its next try. A lease that has ended has 0; else it is the
    # holder's guess, by no clock that counts.
    sa.Column("lease_until", sa.Double),
    # Grows with each renewal: that is how others see that the holder lives.
    sa.Column("renewals", sa.Integer, nullable=False, server_default="0"),
    sa.Column("checkpoint", Json),
    # All that the checkpoint holds is a card that says that the question waits.
    sa.Column("waiting_card", sa.Boolean, nullable=False, server_default=sa.false()),
    # What the model has said so far, a JSON object a line; deleted when the job ends.
    sa.Column("progress", CleanText),
    sa.Column("stop_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    # The question was recalled as well: no turn is to be stored.
    sa.Column("forget_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("outcome", sa.Text),
    # Where a question is asked; deleted when the job ends, like the payload.
    sa.Column("place", sa.Text),
    # Until then a message without words waits for the words about it, unless it is claimed.
    sa.Column("held_until", sa.Double),
    # What came before a question without words, as attachments.
    sa.Column("parts", Json),
    # What a question being answered is expected to take, as long as the lease is good; None where
    # nothing is limited.
    sa.Column("reserved_tokens", sa.Integer),
    sa.Column("reserved_cost", sa.Double),
    index_where(IS_OPEN, "inbox_queue", "created_at", "id"),
    index_where(IS_OPEN, "inbox_order", "conversation", "created_at", "id"),
    index_where(IS_OPEN, "inbox_place", "place", "created_at", "id"),
    index_where(IS_OPEN, "inbox_message", "message_id"),
    # One running job per conversation, whatever two claims at the same time saw of each other.
    index_where(IS_RUNNING, "inbox_running", "conversation", unique=True),
    index_where(IS_DONE, "inbox_done", "done_at"),
)
