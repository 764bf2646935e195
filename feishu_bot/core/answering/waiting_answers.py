"""Says in an answer's own card that its question waits, before it has begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.answering.message_kinds import unreadable
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.jobs import Job
from feishu_bot.core.light_replies import LightReplies
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import Messenger
from feishu_bot.core.people import People
from feishu_bot.core.queue.inbox import JobStore
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import AskQuestion, ContinueAnswer, DrawAgain, Regenerate


@dataclass(frozen=True, kw_only=True)
class WaitingAnswers:
    """Only for what a model will answer: anything else has no card that grows."""

    jobs: JobStore
    conversations: Conversations
    people: People
    policy: AccessPolicy
    light_replies: LightReplies
    messenger: Messenger

    def show(self, job: Job, control: JobControl, ahead: int) -> bool:
        """Say that so many questions stand before it; False where that isn't said of this one.

        Raises FeishuError, LeaseLost.
        """
        if job.has_begun or not (job.has_waiting_card or self._will_be_answered(job)):
            return False

        def save(card: Mapping[str, Any], sent: SentMessages) -> None:
            with self.jobs.together():
                self.jobs.checkpoint(job, {"card": card}, is_waiting_card=True)
                if sent.message_ids:
                    self.conversations.bind(job.key, sent)

        return self.messenger.show_waiting(
            job.target,
            ahead,
            key=job.key,
            reference=job.dedupe_id,
            checkpoint=job.checkpoint.get("card", {}),
            save=save,
            lease=control.lease,
        )

    def _will_be_answered(self, job: Job) -> bool:
        match job.task:
            case AskQuestion() as task:
                is_heard = task.text or job.target.is_private
                if not is_heard or unreadable(task) or self.light_replies.takes(job, task):
                    return False
            case Regenerate() | ContinueAnswer() | DrawAgain():
                pass
            case _:
                return False
        return self.policy.refusal_for(job.target, self.people) is None
