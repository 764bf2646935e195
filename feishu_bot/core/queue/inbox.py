"""The inbox: tasks stored, each once, and the leases on those being worked on.

One store implements all ports; each caller sees what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from feishu_bot.core.conversations import ConversationKey, Turn
from feishu_bot.core.jobs import Job, Outcome, QueuedTask
from feishu_bot.core.queue.admission import AdmissionStore
from feishu_bot.core.queue.concurrency_limits import NOBODY, Askers
from feishu_bot.core.usage import Usage


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the inbox said about our jobs: those lost, those to be stopped, those still ours."""

    lost: frozenset[int]
    stopped: frozenset[int]
    kept: frozenset[int] = frozenset()


class TaskInbox(Protocol):
    """Where tasks are put."""

    def put(self, task: QueuedTask) -> bool:
        """Store the task; False when its event id or dedupe id is known already."""

    def replace(self, task: QueuedTask) -> bool:
        """Do this in place of the task with the same dedupe id; False when that has begun."""

    def is_known(self, dedupe_id: str) -> bool:
        """Whether there is a task of this dedupe id, done or not, as far as memory reaches."""

    def open_task(self, dedupe_id: str) -> QueuedTask | None:
        """The task of this dedupe id; None when it is over, or there is none."""

    def stop(self, message_id: str) -> None:
        """Stop the job of this message, wherever it runs or waits, and forget its turn."""

    def take_click(self, event_id: str) -> bool:
        """Note that a click is being done; False when it was done before, by whichever process."""

    def ended_unanswered(self, dedupe_id: str) -> bool:
        """Whether the task of this dedupe id is over, and came to no answer."""


class RunningTasks(Protocol):
    """What is being done now, by whichever process."""

    def running(self, key: ConversationKey) -> QueuedTask | None:
        """What is being done in a conversation; None when nothing is."""

    def running_of(self, open_id: str, chat_id: str) -> tuple[QueuedTask, ...]:
        """What is being done for a person in any conversation of a chat, oldest first.

        With what they have sent without words, and only waits for those.
        """

    def open_task(self, dedupe_id: str) -> QueuedTask | None:
        """The task of this dedupe id, running or not; None when it is over."""

    def stop_event(self, event_id: str) -> bool:
        """Stop the job of this event, but keep what it has answered; False when it is over."""


class TaskQueue(Protocol):
    """Leases on tasks."""

    def claim(self, limit: int, *, but: Askers = NOBODY, only_with_card: bool = False) -> list[Job]:
        """Lease up to `limit` tasks, oldest first, each the next of its conversation.

        None that waits of those in `but`, and `only_with_card` those that say in a card that they
        do; what another process has begun is taken over all the same.
        """

    def claim_one(self, task_id: int) -> Job | None:
        """Lease this task, if it waits and is the next of its conversation."""

    def renew(self, progress: Iterable[tuple[Job, str]] = ()) -> Renewal:
        """Prolong every lease of this process, and add to what is kept of these jobs' answers.

        All or nothing: where it fails the same is to be given again.
        """

    def keep_progress(self, progress: Iterable[tuple[Job, str]]) -> None:
        """Add to what is kept of these jobs' answers, as far as their leases are still ours."""

    def release(self, jobs: Iterable[Job]) -> None:
        """Hand jobs back, so that another process claims them at once. That is no attempt."""

    def drop(self, job: Job) -> None:
        """Renew the job's lease no more, whatever became of it; does nothing to a finished one."""

    def postpone(self, job: Job, seconds: float) -> None:
        """Give the job up for the moment: it can be claimed again in `seconds`."""


class JobStore(Protocol):
    """What a job leaves behind."""

    def together(self) -> AbstractContextManager[None]:
        """What this thread reads and writes inside, here or elsewhere in the same database, is one
        transaction. Raises StoreUnavailable.
        """

    def checkpoint(
        self, job: Job, state: Mapping[str, Any], *, is_waiting_card: bool = False
    ) -> None:
        """Keep `state` for the next attempt. Raises LeaseLost.

        `is_waiting_card` says that it is nothing but a card that says that the question waits.
        """

    def finish(
        self, job: Job, outcome: Outcome, turn: Turn | None, usage: Usage | None, *further: Usage
    ) -> bool:
        """End the job and store its turn and usage, all or nothing. Raises LeaseLost.

        `further` is what other models took for the same answer. Returns whether the question was
        recalled meanwhile: then no turn is stored.
        """


class Inbox(TaskInbox, AdmissionStore, RunningTasks, TaskQueue, JobStore, Protocol):
    """All of it."""
