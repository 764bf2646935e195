"""Joins messages without words to the words about them, as they are claimed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.queue.wordless import one_question, parts_of
from feishu_bot.logs import get_logger
from feishu_bot.stores import claim_statements as statements
from feishu_bot.stores.inbox_rows import attachments_of, task_of

logger = get_logger(__name__)


def join_words(
    connection: sa.Connection, row: sa.Row[Any], lease: Mapping[str, object]
) -> sa.Row[Any]:
    """The row of the whole question that a claimed one begins, claimed in its place.

    In the transaction of the claim: whoever dies loses nothing. Any other row is its own.
    """
    # What has begun on the screen stays what it is.
    has_begun = row.checkpoint or row.failures or row.crashes
    if not row.place or has_begun or _has_words(row):
        return row
    first = _readable(row)
    if first is None or not first.is_wordless:
        return row
    found = [(row, first), *_followers(connection, row, first)]
    joined = one_question([task for _, task in found])
    if len(joined) == 1:
        return row
    *parts, (last, question) = found[: len(joined)]
    before = [part for _, task in parts for part in parts_of(task)]
    before += attachments_of(last)
    ended = {"joined": [part.id for part, _ in parts], "question": question.target.message_id}
    connection.execute(statements.END_PARTS, {**ended, "now": lease["now"]})
    claimed = {**lease, "last": last.id, "before": [dataclasses.asdict(part) for part in before]}
    del claimed["now"]
    logger.info("joined", event_id=question.event_id, messages=len(joined))
    return connection.execute(statements.CLAIM_JOINED, claimed).one()


def _followers(
    connection: sa.Connection, row: sa.Row[Any], first: QueuedTask
) -> list[tuple[sa.Row[Any], QueuedTask]]:
    """What waits behind it, up to the first that has begun or isn't readable."""
    rows = connection.execute(
        statements.FOLLOWERS,
        {"of": str(first.key), "at": row.place, "sent": row.created_at, "first": row.id},
    )
    found = []
    for follower in rows:
        task = None if follower.checkpoint else _readable(follower)
        if task is None:
            break
        found.append((follower, task))
    return found


def _has_words(row: sa.Row[Any]) -> bool:
    """Whether it certainly needs nothing else, as most do, without reading all of it."""
    try:
        return bool(row.payload["task"]["text"].strip())
    except (AttributeError, KeyError, TypeError):
        return False


def _readable(row: sa.Row[Any]) -> QueuedTask | None:
    try:
        return task_of(row)
    except (KeyError, TypeError, ValueError):
        # Whoever claims it says so.
        return None
