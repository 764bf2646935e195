"""Stops answers that run, in whichever process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.messages import Sender
from feishu_bot.core.queue.inbox import RunningTasks
from feishu_bot.core.queue.running_jobs import RunningJobs


class CancelResult(StrEnum):
    """What became of a wish to stop."""

    DONE = "done"
    NOTHING = "nothing"
    NOT_YOURS = "not_yours"


@dataclass(frozen=True)
class Cancellation:
    """The asker and admins may stop an answer. What there is of it is kept.

    `jobs` are those of this process; others hear of it with the next renewal of their leases.
    """

    tasks: RunningTasks
    jobs: RunningJobs

    def cancel_answer(
        self, key: ConversationKey, reference: str, sender: Sender, *, is_admin: bool
    ) -> CancelResult:
        """Stop the answer that `reference` (its task's dedupe id) names, also while it waits."""
        task = self.tasks.open_task(reference)
        if task is None or task.key != key:
            return CancelResult.NOTHING
        return self._cancel([task], sender, is_admin=is_admin)

    def cancel_for(self, request: QueuedTask, *, is_admin: bool) -> CancelResult:
        """Do what /stop asks for.

        Stop what runs in its conversation, or else what the person has sent last: in a chat where
        it is a new conversation whatever they wait for, and anywhere what has no words yet.
        """
        message, sender = request.message, request.target.sender
        # A command that was pressed runs itself, and what it shall stop isn't on its card.
        found = [self.tasks.running(request.key)]
        tasks = [task for task in found if task and task.event_id != request.event_id]
        is_about_its_thread = message and (message.parent_id or message.thread_id)
        if not tasks:
            running = self.tasks.running_of(sender.open_id, request.target.chat_id)
            tasks = [
                task
                for task in running
                if task.event_id != request.event_id
                and (task.key == request.key or not is_about_its_thread)
            ]
        # An event that is delivered once more stops nothing that was asked for after it.
        asked_at = request.created_at
        tasks = [task for task in tasks if not asked_at or task.created_at <= asked_at]
        return self._cancel(tasks, sender, is_admin=is_admin)

    def _cancel(self, tasks: list[QueuedTask], sender: Sender, *, is_admin: bool) -> CancelResult:
        own = [t for t in tasks if is_admin or t.target.sender.open_id in sender.ids]
        if tasks and not own:
            return CancelResult.NOT_YOURS
        stopped = [task for task in own if self.tasks.stop_event(task.event_id)]
        for task in stopped:
            self.jobs.stop(task.dedupe_id)
        return CancelResult.DONE if stopped else CancelResult.NOTHING
