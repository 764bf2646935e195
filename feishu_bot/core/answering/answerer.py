"""Answers a question: conversation, model, card, stored turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial

from feishu_bot import metrics
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.answering.answer_pictures import AnswerPictures
from feishu_bot.core.answering.answer_run import AnswerRun, SaveState, ShownAnswer
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.expectation import Expectation
from feishu_bot.core.answering.file_sender import AnswerFileSender
from feishu_bot.core.answering.generation import AnswerGenerator
from feishu_bot.core.answering.question import AnswerTask, Question, QuestionReader
from feishu_bot.core.answering.spoken_question import SpokenQuestions
from feishu_bot.core.answering.usage_counter import UsageCounter
from feishu_bot.core.background.background_tasks import BackgroundTasks
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.jobs import MAX_ATTEMPTS, Job
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import AnswerStream, Messenger
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People, note_private_chat
from feishu_bot.core.queue.inbox import JobStore
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.studio.painter import Painter
from feishu_bot.core.usage import Prices, Usage
from feishu_bot.errors import FeishuUnavailable, LeaseLost
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Fills an answer; a "draft" that it saves is shown if this process dies first.
Writer = Callable[[AnswerStream, SaveState], Draft]


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """One object serves all threads; it keeps nothing of an answer.

    `footer` names the parts of the small print; `log_messages` logs what people ask.
    """

    jobs: JobStore
    conversations: Conversations
    people: People
    questions: QuestionReader
    spoken: SpokenQuestions
    generator: AnswerGenerator
    painter: Painter
    pictures: AnswerPictures
    file_sender: AnswerFileSender
    messenger: Messenger
    policy: AccessPolicy
    quotas: QuotaChecker
    expectation: Expectation
    prices: Prices
    counter: UsageCounter
    background: BackgroundTasks
    footer: frozenset[str]
    log_messages: bool = False
    clock: Callable[[], float] = time.time
    timer: Callable[[], float] = time.monotonic

    def answer(self, job: Job, task: AnswerTask, control: JobControl) -> Notice | None:
        """Answer, store the turn and end the job; or say in a notice why not.

        Leaves no trace when the job is lost to another process, and no turn when its message is
        gone. Raises FeishuUnavailable when the end could not be shown: the job is to be done
        again, and then shows what is saved by now without asking the model anew.
        """
        question = self.questions.read(job, task)
        if isinstance(question, Notice):
            return question
        if self.log_messages:
            logger.info("question", text=question.text)
        if job.attempt > MAX_ATTEMPTS:
            return self._give_up(job, question, control)
        if job.has_waiting_card and control.stopped:
            # Its card is there; nobody has been asked anything.
            self._run(job, question, control, lambda *_: Draft(notice="stopped"))
            return None
        is_admin = self.policy.is_admin(job.target.sender)
        try:
            refusal = self.quotas.reserve(
                job, lambda: self.expectation.of(question), is_admin=is_admin
            )
        except LeaseLost:
            logger.info("answer taken over")
            return None
        if refusal:
            return refusal
        self._run(job, question, control, partial(self._write, job, question, control))
        return None

    def _write(
        self,
        job: Job,
        question: Question,
        control: JobControl,
        stream: AnswerStream,
        save: SaveState,
    ) -> Draft:
        def answer(asked: Question) -> Draft:
            if asked.drawing is not None:
                return self.painter.paint(job, asked, stream, control, save)
            return self.generator.generate(job, asked, stream, control, save)

        return self.spoken.heard(job, question, stream, control, save=save, answer=answer)

    def close(self, job: Job, notice: Notice, control: JobControl) -> None:
        """End an answer that has begun, but has nothing to answer any more; no turn is stored."""
        draft = Draft(notice=notice.kind, notice_params=dict(notice.params), is_refusal=True)
        self._run(job, None, control, lambda *_: draft)

    def _give_up(self, job: Job, question: Question, control: JobControl) -> Notice | None:
        """End an answer that failed too often, in its own card, with what there is of it."""
        try:
            self._run(job, question, control, lambda *_: self.generator.broken_off(job))
        except FeishuUnavailable:
            raise
        except Exception:
            if job.attempt <= 2 * MAX_ATTEMPTS:
                raise
            # Not even that much can be said in its card; what waits for it shall go on.
            logger.exception("answer not given up in its card")
            return Notice("gave_up")
        return None

    def _run(
        self,
        job: Job,
        question: Question | None,
        control: JobControl,
        write: Writer,
    ) -> None:
        started = self.timer()

        def note_sent(sent: SentMessages) -> None:
            self.conversations.bind(job.key, sent)
            if job.message and job.target.is_private:
                note_private_chat(self.people, job.target.sender.open_id, job.target.chat_id)

        run = AnswerRun(
            job,
            control,
            jobs=self.jobs,
            messenger=self.messenger,
            footer=self.footer,
            seconds=lambda: self.timer() - started,
            on_sent=note_sent,
            offered=self.file_sender.files.offered,
            complete=lambda draft: self.pictures.complete(
                draft, question, lambda: control.is_cancelled
            ),
        )
        with metrics.ANSWERS_RUNNING.track_inprogress():
            shown = run.show(lambda stream: write(stream, run.save))
        if shown:
            self._finish(job, question, shown, run, self.timer() - started)

    def _finish(
        self,
        job: Job,
        question: Question | None,
        shown: ShownAnswer,
        run: AnswerRun,
        seconds: float,
    ) -> None:
        now, draft = self.clock(), shown.draft
        turn = None
        # What was asked is kept without an answer too, so that it can be asked once more.
        if shown.sent and question:
            turn = question.turn(job, draft, shown.sent.message_ids, now)
        usage, *further = used = self._used(job, shown, seconds, now)
        answer_id = shown.sent.message_ids[-1] if shown.sent and shown.sent.message_ids else ""
        if answer_id and turn:
            # Before the end, so that a crash loses none; they wait for it.
            self.file_sender.request(job, answer_id, shown.files)
        try:
            is_recalled = run.while_ours(lambda: self.jobs.finish(job, shown.outcome, turn, *used))
        except LeaseLost:
            logger.info("answer taken over")
            return
        self.counter.count(usage, *further)
        logger.info(
            "answer",
            asker=usage.open_id,
            chat=usage.chat_id,
            conversation=job.key,
            outcome=shown.outcome,
            notice=draft.notice or "-",
            model=draft.model or "-",
            waited_ms=_milliseconds(usage.waited or 0.0),
            first_ms=_milliseconds(draft.first_text),
            total_ms=_milliseconds(seconds),
            prompt_tokens=draft.prompt_tokens,
            completion_tokens=draft.completion_tokens,
            attempt=job.attempt,
            request_id=draft.request_id or "-",
        )
        self.background.request_after(
            job, answer_id, turn, is_complete=draft.is_complete, is_recalled=is_recalled
        )

    def _used(self, job: Job, shown: ShownAnswer, seconds: float, now: float) -> list[Usage]:
        """What the answer took: its own model first, then the others."""
        draft = shown.draft
        prompt_tokens, completion_tokens = draft.spent()
        # Who stops before the service has said which model it is.
        model = self.expectation.model_of(draft.model) if prompt_tokens else draft.model
        own = Usage(
            open_id=job.target.sender.open_id,
            chat_id=job.target.chat_id,
            model=model,
            outcome=shown.outcome,
            seconds=seconds,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cost=self.prices.cost(model, prompt_tokens, completion_tokens),
            created_at=now,
            chat_type=job.target.chat_type or "",
        )
        # An answer is counted once, whatever else it took.
        further = (replace(own, outcome="noticed", **asdict(used)) for used in draft.media)
        waited = max(0.0, now - seconds - job.created_at) if job.created_at else None
        own = replace(own, waited=waited, first_text=draft.first_text or None)
        if shown.outcome != "stopped" and draft.shown_notice:
            request_id = draft.shown_request_id(job.event_id)
            own = replace(own, notice=draft.shown_notice, request_id=request_id)
        return [own, *further]


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))
