"""Questions that may follow an answer, suggested by a model once the answer has landed.

Two tasks beside the conversation: one asks the model, the other puts the questions on the card.
Neither holds up the answer or the next question, and one that fails leaves the card as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass

from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.background.completion import (
    Completer,
    Completion,
    CompletionRequest,
    excerpt,
)
from feishu_bot.core.conversations import ConversationKey, Conversations, Turn
from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.messenger import FollowUpQuestions, Messenger
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.inbox import JobStore
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import ShowFollowUps, SuggestFollowUps
from feishu_bot.core.usage import Usage
from feishu_bot.errors import FeishuError, LeaseLost
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

MAX_QUESTIONS = 3
# What fits on a button of a phone.
MAX_CHARS = 80
# What the model is shown of the question, and of the answer.
QUESTION_CHARS = 1_000
ANSWER_CHARS = 3_000
MAX_TOKENS = 200
# Nobody waits for them; a model that thinks for longer is the wrong one.
TIME_LIMIT = 20.0
READ_CHARS = 600

# Bullets, numbers and headings before a question, and Markdown and quotes around one.
_BEFORE = re.compile(r"\A(?:[-–—•·*>#]+\s+|\d{1,2}\s?[.)）、:：](?!\d)\s*|[(（]\d{1,2}[)）]\s*)")
_AROUND = (("**", "**"), ("__", "__"), ("`", "`"), ('"', '"'), ("“", "”"), ("「", "」"))


@dataclass(frozen=True, kw_only=True)
class FollowUps:
    """With `is_on` false nothing happens. An empty `model` is the one that gave the answer.

    `instruction` is what the model is told.
    """

    is_on: bool
    model: str
    instruction: str
    jobs: JobStore
    enqueuer: Enqueuer
    conversations: Conversations
    messenger: Messenger
    quotas: QuotaChecker
    completer: Completer

    def request(self, job: Job, answer_id: str) -> None:
        """Suggest questions for an answer that has landed, later."""
        if self.is_on:
            target = ReplyTarget(
                message_id=answer_id,
                chat_id=job.target.chat_id,
                chat_type=job.target.chat_type,
                sender=job.target.sender,
            )
            key = ConversationKey(target.chat_id, f"follow_ups:{answer_id}")
            self._enqueue(
                f"suggest:{answer_id}", key, target, SuggestFollowUps(answer_id=answer_id)
            )

    def make(self, job: Job, task: SuggestFollowUps | ShowFollowUps, control: JobControl) -> None:
        """Do one of the tasks and end the job; it isn't tried again."""
        usage = None
        try:
            if self.is_on and job.attempt == 1:
                if isinstance(task, SuggestFollowUps):
                    usage = self._suggest(job, task, control)
                else:
                    self._show(job, task)
        except FeishuError as exc:
            logger.info("no follow-ups", message_id=task.answer_id, error=exc)
        except Exception as exc:  # noqa: BLE001
            logger.failure("no follow-ups", exc, message_id=task.answer_id)
        with contextlib.suppress(LeaseLost):
            self.jobs.finish(job, "noticed", None, usage)

    def _suggest(self, job: Job, task: SuggestFollowUps, control: JobControl) -> Usage | None:
        turn = self._newest(task.answer_id)
        if turn is None or self._is_used_up(job):
            return None
        written = self._ask(job, turn, control)
        questions = clean_questions(written.text, but=without_context(turn.question))
        if questions and not control.is_cancelled:
            # With the card's other edits: no two are made at once.
            key = ConversationKey(job.key.chat_id, f"card:{task.answer_id}")
            show = ShowFollowUps(answer_id=task.answer_id, questions=questions)
            self._enqueue(f"show:{task.answer_id}", key, job.target, show)
        return written.usage

    def _ask(self, job: Job, turn: Turn, control: JobControl) -> Completion:
        request = CompletionRequest(
            model=self.model or turn.model,
            is_fixed=bool(self.model),
            instruction=self.instruction,
            text=excerpt(turn, question_chars=QUESTION_CHARS, answer_chars=ANSWER_CHARS),
            most_chars=READ_CHARS,
            seconds=TIME_LIMIT,
            max_tokens=MAX_TOKENS,
        )
        return self.completer.complete(job, request, control)

    def _show(self, job: Job, task: ShowFollowUps) -> None:
        key = self.conversations.key_of(task.answer_id)
        if key is None or self._newest(task.answer_id) is None:
            return
        card_id = self.conversations.card_of(task.answer_id)
        # Whatever was stored: it is checked where it is shown.
        questions = clean_questions("\n".join(task.questions))
        edit = FollowUpQuestions(questions=questions)
        self.messenger.edit_answer(job.target, task.answer_id, card_id, edit, key=key)

    def _newest(self, answer_id: str) -> Turn | None:
        """The answer's turn; None when it is gone, or the conversation has gone on since."""
        turn, key = self.conversations.turn_of(answer_id), self.conversations.key_of(answer_id)
        if turn is None or key is None:
            return None
        tree = self.conversations.tree(key)
        return turn if tree and tree[-1].id == turn.id else None

    def _is_used_up(self, job: Job) -> bool:
        """Whether the person has nothing left to spend on suggestions."""
        return self.quotas.is_used_up(job.target.sender.open_id)

    def _enqueue(
        self,
        name: str,
        key: ConversationKey,
        target: ReplyTarget,
        task: SuggestFollowUps | ShowFollowUps,
    ) -> None:
        self.enqueuer.enqueue(
            QueuedTask(event_id=name, dedupe_id=name, key=key, target=target, task=task)
        )


def clean_questions(text: str, *, but: str = "") -> tuple[str, ...]:
    """Up to three questions from what a model wrote, one on each line.

    A model may write anything: what is no short line of plain words is left out, and so are
    repetitions, also of `but`.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        question = _unwrapped(line)
        is_plain = not set(question) & set("<>{}[]|\\`") and "**" not in question
        if 2 <= len(question) <= MAX_CHARS and is_plain and question != but.strip():
            found.setdefault(question.casefold(), question)
    return tuple(found.values())[:MAX_QUESTIONS]


def _unwrapped(line: str) -> str:
    """The words of a line, without what nobody sees and what marks them as one of a list."""
    shown = "".join(letter if letter.isprintable() else " " for letter in line)
    question, before = " ".join(shown.split()), None
    while question != before:
        before = question
        question = _BEFORE.sub("", question).strip()
        for begin, end in _AROUND:
            inner = question[len(begin) : -len(end)]
            if question == f"{begin}{inner}{end}" and end not in inner:
                question = inner.strip()
    return question


def digest(question: str) -> str:
    """A short name for a question, for what is asked once."""
    return hashlib.sha256(question.encode("utf-8", "replace")).hexdigest()[:16]
