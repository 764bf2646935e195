"""Edits of answers that have ended: what people think of them, and that a question was recalled.

They are tasks like all others, since what is clicked or recalled must be acknowledged at once.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.feedback import FeedbackStore
from feishu_bot.core.jobs import MAX_ATTEMPTS, Job, QueuedTask
from feishu_bot.core.messages import Sender
from feishu_bot.core.messenger import (
    AnswerEdit,
    FollowUpQuestions,
    Messenger,
    RatingMarks,
    Retirement,
)
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.inbox import JobStore
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import MarkRatings, MarkRecalled
from feishu_bot.errors import FeishuError, LeaseLost
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class AnswerEdits:
    """Puts edits into the inbox, and makes them. One that fails leaves the card as it is.

    `has_follow_ups` is whether questions are suggested under answers.
    """

    jobs: JobStore
    enqueuer: Enqueuer
    conversations: Conversations
    feedback: FeedbackStore
    messenger: Messenger
    has_follow_ups: bool = False

    def mark_ratings(self, click: CardClick, card: str, rated: str) -> None:
        """Show on the pressed card what people think of its answer, after this click.

        An answer may have several cards: verdicts are kept under the message `rated`, and shown on
        its card as well.
        """
        for answer_id in dict.fromkeys((rated, card)):
            event_id = _id_of(click) if answer_id == rated else f"{_id_of(click)}:{card}"
            self._mark(click, event_id, answer_id)

    def _mark(self, click: CardClick, event_id: str, answer_id: str) -> None:
        target = ReplyTarget(
            message_id=answer_id,
            chat_id=click.key.chat_id,
            chat_type=click.chat_type,
            sender=click.action.operator,
        )
        self._enqueue(event_id, target, MarkRatings(answer_id=answer_id))

    def mark_recalled(self, question_id: str) -> None:
        """Take the buttons off every answer to a question that was recalled."""
        answers = [*self.conversations.answers_to(question_id)]
        for answer_id in answers:
            self.retire(answer_id)
            # An answer that was continued is what its continuation answers.
            continued = self.conversations.answers_to(answer_id)
            answers += [one for one in continued if one not in answers]

    def retire(self, answer_id: str) -> None:
        """Take the buttons off an answer whose question was recalled."""
        key = self.conversations.key_of(answer_id)
        target = ReplyTarget(
            message_id=answer_id,
            chat_id=key.chat_id if key else "",
            # Whoever reads it: the text is given in all languages.
            chat_type=None,
            sender=Sender(""),
        )
        self._enqueue(f"recalled:{answer_id}", target, MarkRecalled(answer_id=answer_id))

    def make(self, job: Job, task: MarkRatings | MarkRecalled) -> None:
        """Edit the card and end the job. Raises only what another try may cure.

        A process may die of it, which raises nothing: after so many tries the card stays as it is.
        """
        try:
            if job.attempt <= MAX_ATTEMPTS:
                self._make(job, task)
        except FeishuError as exc:
            logger.info("card not edited", message_id=task.answer_id, error=exc)
        with contextlib.suppress(LeaseLost):
            self.jobs.finish(job, "noticed", None, None)

    def _make(self, job: Job, task: MarkRatings | MarkRecalled) -> None:
        answer_id = task.answer_id
        edit: AnswerEdit = Retirement(notice=Notice("question_recalled"))
        if isinstance(task, MarkRatings):
            turn = self.conversations.turn_of(answer_id)
            ratings = self.feedback.ratings(turn.rated_id if turn else answer_id)
            edit = RatingMarks(ratings=ratings, counts=not job.target.is_private)
        card_id = self.conversations.card_of(answer_id)
        self.messenger.edit_answer(job.target, answer_id, card_id, edit, key=None)
        if self.has_follow_ups and isinstance(task, MarkRecalled):
            # By itself: where there are none, nothing else may fail with it.
            gone = FollowUpQuestions(questions=())
            self.messenger.edit_answer(job.target, answer_id, card_id, gone, key=None)

    def _enqueue(
        self, event_id: str, target: ReplyTarget, task: MarkRatings | MarkRecalled
    ) -> None:
        # By card, not by conversation: an edit waits for no answer, and no two are made at once.
        key = ConversationKey(target.chat_id, f"card:{task.answer_id}")
        queued = QueuedTask(
            event_id=event_id, dedupe_id=event_id, key=key, target=target, task=task
        )
        self.enqueuer.enqueue(queued)


def _id_of(click: CardClick) -> str:
    """The id of the edit that a click asks for, apart from that of what else it asks for."""
    return f"ratings:{click.action.event_id}"
