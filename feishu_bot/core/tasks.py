"""What there is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.messages import IncomingMessage

EventKind = Literal["message", "continue", "command", "regenerate", "welcome"]


Outcome = Literal["answered", "noticed", "stopped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTask:
    """One thing to do, as it goes into the inbox: once per `event_id` and per `dedupe_id`.

    `dedupe_id` is the message id for a message (Feishu may push one message under several event
    ids); a click to go on has one for each card, however often it is pressed.
    """

    event_id: str
    dedupe_id: str
    kind: EventKind
    key: ConversationKey
    message: IncomingMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An event that this process has claimed, with what an earlier process left behind.

    `attempt` counts from 1. `checkpoint` is what the last attempt saved, or an empty dict.
    """

    id: int
    event: QueuedTask
    attempt: int
    checkpoint: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Regenerate:
    """Answer the question of a turn once more, on a branch of its own; `model` may be empty."""

    turn: Turn
    model: str = ""
