"""Rows of the inbox as tasks and jobs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import Job, QueuedTask, read_payload
from feishu_bot.core.legacy_tasks import is_legacy, read_legacy_payload
from feishu_bot.core.messages import Attachment, known_fields
from feishu_bot.core.queue.wordless import with_parts

# A process that dies has many jobs, and most of them have nothing to do with it. One that kills
# its process each time comes to an end all the same.
FORGIVEN_CRASHES = 15


def job_of(row: sa.Row[Any]) -> Job:
    """A claimed task. Raises KeyError, TypeError or ValueError when it isn't readable."""
    crashes = max(0, row.crashes - FORGIVEN_CRASHES)
    return Job.of(
        task_of(row),
        id=row.id,
        attempt=1 + row.failures + crashes,
        fencing_token=row.attempt,
        checkpoint=row.checkpoint or {},
        has_waiting_card=row.waiting_card,
        is_stopped=row.stop_requested,
        progress=row.progress or "",
    )


def row_of(task: QueuedTask, now: float, media_wait: float) -> dict[str, Any]:
    """The row of a task that is new. What has no words is held for so many seconds."""
    is_held = media_wait > 0 and task.is_wordless
    return {
        "event_id": task.event_id,
        "dedupe_id": task.dedupe_id,
        "message_id": task.target.message_id,
        "kind": task.kind,
        "conversation": task.turn_in,
        "chat_id": task.key.chat_id,
        "root": task.key.root,
        "sender": task.target.sender.open_id,
        "payload": task.payload(),
        "created_at": 0.0 if task.goes_first else task.created_at or now,
        "received_at": now,
        "place": task.place or None if media_wait > 0 else None,
        "held_until": now + media_wait if is_held else None,
    }


def recalled_row(message_id: str, now: float) -> dict[str, Any]:
    """Stands for a message that was recalled before it came: it is known then, and over."""
    return _done_row("recall", f"recall:{message_id}", message_id, now) | {"message_id": message_id}


def refused_row(task: QueuedTask, now: float) -> dict[str, Any]:
    """Stands for a question that was refused at the door: a repeat of it is known.

    What a button asked for may be asked for again, as it was not answered.
    """
    return _done_row(task.kind, task.event_id, task.dedupe_id, now) | {"outcome": "noticed"}


def click_row(event_id: str, now: float) -> dict[str, Any]:
    """Stands for a click that is done, apart from what it may have put into the inbox."""
    done = f"done:{event_id}"
    return _done_row("click", done, done, now)


def _done_row(kind: str, event_id: str, dedupe_id: str, now: float) -> dict[str, Any]:
    """What is over without ever having been a task."""
    row = {"event_id": event_id, "dedupe_id": dedupe_id, "message_id": "", "kind": kind}
    row |= {"conversation": "", "chat_id": "", "root": "", "state": "done"}
    return row | dict.fromkeys(("created_at", "received_at", "done_at"), now)


def task_of(row: sa.Row[Any]) -> QueuedTask:
    """A task. Raises KeyError, TypeError or ValueError when it isn't readable."""
    read = read_legacy_payload if is_legacy(row.payload) else read_payload
    target, task, created_at = read(row.kind, row.payload)
    queued = QueuedTask(
        event_id=row.event_id,
        dedupe_id=row.dedupe_id,
        key=ConversationKey(row.chat_id, row.root),
        target=target,
        task=task,
        created_at=created_at,
    )
    return with_parts(queued, attachments_of(row)) if row.parts else queued


def attachments_of(row: sa.Row[Any]) -> tuple[Attachment, ...]:
    """What came before a question without words. Raises TypeError or ValueError."""
    return tuple(Attachment(**known_fields(Attachment, part)) for part in row.parts or ())
