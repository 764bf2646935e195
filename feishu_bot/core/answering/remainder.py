"""The remainder of an answer that was too long to be shown at once."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot import metrics
from feishu_bot.core.answer_files import AnswerFiles
from feishu_bot.core.answering.answer_run import AnswerRun
from feishu_bot.core.answering.draft import FINISH_NOTICES, Draft
from feishu_bot.core.conversations import Conversations, Turn
from feishu_bot.core.jobs import MAX_ATTEMPTS, Job
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import Messenger
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.inbox import JobStore
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import ShowMore
from feishu_bot.errors import LeaseLost
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class AnswerRemainder:
    """Shows it from the stored turn: the model isn't asked."""

    jobs: JobStore
    conversations: Conversations
    messenger: Messenger
    files: AnswerFiles

    def show(self, job: Job, task: ShowMore, control: JobControl) -> Notice | None:
        """Send the next cards and end the job; or say in a notice why not.

        Raises FeishuUnavailable when the end could not be shown: the job is to be done again.
        """
        if job.attempt > MAX_ATTEMPTS:
            return Notice("gave_up")
        turn = self._turn(job, task)
        if turn is None or not turn.answer:
            return Notice("more_unknown")

        def note_sent(sent: SentMessages) -> None:
            self.conversations.bind(job.key, sent, turn.id)

        run = AnswerRun(
            job,
            control,
            jobs=self.jobs,
            messenger=self.messenger,
            footer=frozenset(),
            seconds=lambda: 0.0,
            on_sent=note_sent,
            offered=self.files.offered,
            position=task.position,
        )
        shown = run.show(lambda stream: _written(turn))
        if shown is None:
            return None
        try:
            run.while_ours(lambda: self.jobs.finish(job, shown.outcome, None, None))
        except LeaseLost:
            logger.info("answer taken over")
            return None
        metrics.ANSWERS.labels(outcome=shown.outcome).inc()
        logger.info("more", conversation=job.key, outcome=shown.outcome, attempt=job.attempt)
        return None

    def _turn(self, job: Job, task: ShowMore) -> Turn | None:
        """The turn of the pressed card, which must be one of this conversation."""
        if self.conversations.key_of(task.card_id) != job.key:
            return None
        return self.conversations.turn_of(task.card_id)


def _written(turn: Turn) -> Draft:
    """The answer as it was written, with its end."""
    # Whether a person stopped it or the connection broke is not known any more.
    notice = "" if turn.finish_reason == "cut" else FINISH_NOTICES.get(turn.finish_reason, "")
    return Draft(
        text=turn.answer,
        model=turn.model,
        reason=turn.finish_reason,
        notice=notice,
        pictures=turn.pictures,
    )
