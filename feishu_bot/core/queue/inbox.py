"""The inbox: events stored, each once, and the leases on those being worked on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.tasks import Job, Outcome, QueuedTask
from feishu_bot.core.usage import Usage


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the inbox said about our jobs: those no longer ours, and those to be stopped."""

    lost: frozenset[int]
    stopped: frozenset[int]


class Inbox(Protocol):
    """Events taken in, each once, and the leases on those being worked on."""

    def put(self, event: QueuedTask) -> bool:
        """Store the event; False when its event id or dedupe id is known already."""

    def claim(self, limit: int) -> list[Job]:
        """Lease up to `limit` events, oldest first, each the next of its conversation."""

    def renew(self) -> Renewal:
        """Prolong every lease of this process."""

    def checkpoint(self, job: Job, state: Mapping[str, Any]) -> None:
        """Keep `state` for whoever works on the job next. Raises LeaseLost."""

    def finish(self, job: Job, outcome: Outcome, turn: Turn | None, usage: Usage | None) -> None:
        """End the job and store its turn and usage, all or nothing. Raises LeaseLost."""

    def release(self, jobs: Iterable[Job]) -> None:
        """Hand jobs back, so that another process takes them up at once."""

    def drop(self, job: Job) -> None:
        """Renew the job's lease no more, whatever became of it; does nothing to a finished one."""

    def postpone(self, job: Job, seconds: float) -> None:
        """Give the job up for now: it can be claimed again in `seconds`."""

    def stop(self, message_id: str) -> None:
        """Stop the job of this message, wherever it runs or waits, and forget its turn."""

    def running(self, key: ConversationKey) -> QueuedTask | None:
        """What is being done in a conversation now, by whichever process; None when nothing is."""

    def running_of(self, open_id: str, chat_id: str) -> tuple[QueuedTask, ...]:
        """What is being done for a person in any conversation of a chat, oldest first."""

    def stop_event(self, event_id: str) -> bool:
        """Stop the job of this event, but keep what it has answered; False when it is over."""

    def ended_unanswered(self, dedupe_id: str) -> bool:
        """Whether the event of this dedupe id is over, and came to no answer."""

    def sweep(self, before: float) -> int:
        """Forget events done before that time (seconds since the epoch); how many they were."""
