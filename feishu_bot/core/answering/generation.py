"""Asks the model, and reads what it says into a draft."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from feishu_bot import metrics
from feishu_bot.core import modes
from feishu_bot.core.answering.answer_pictures import AnswerPictures
from feishu_bot.core.answering.attached_files import has_document
from feishu_bot.core.answering.context import MissingContext
from feishu_bot.core.answering.draft import FINISH_NOTICES, Draft
from feishu_bot.core.answering.model_failures import ModelFailures
from feishu_bot.core.answering.prompt import fit_prompt
from feishu_bot.core.answering.question import Question
from feishu_bot.core.answering.question_context import QuestionContext
from feishu_bot.core.answering.sent_things import has_things
from feishu_bot.core.answering.shown_pictures import PictureLoader, ShownPictures
from feishu_bot.core.answering.speakers import SPEAKER_INSTRUCTION, Speakers
from feishu_bot.core.chat_model import (
    ChatModel,
    LateReasoning,
    ModelSight,
    PictureDelta,
    Prompt,
    ReasoningDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    StreamWait,
    TextDelta,
)
from feishu_bot.core.conversations import Conversation
from feishu_bot.core.messenger import AnswerStream
from feishu_bot.core.pictures import Picture
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import Job
from feishu_bot.core.usage import MediaUse
from feishu_bot.errors import ModelError

# The failures that say that there is no such model (any more), or none to talk to.
MODEL_GONE = frozenset({"model_unavailable", "model_not_allowed", "model_not_chat"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the model is asked: the question behind its context, by whom, and its pictures."""

    text: str
    speaker: str
    pictures: ShownPictures
    is_cancelled: Callable[[], bool]


class AnswerGenerator:
    """Asks with as much of the conversation as fits into `context_tokens`.

    `vision_model` answers where there are pictures that the chosen one can't see; it may be empty.
    `{date}` in `system_prompt` is the day. `is_allowed` is whether people may choose a model.
    """

    def __init__(
        self,
        *,
        model: ChatModel,
        context: MissingContext,
        pictures: PictureLoader,
        answer_pictures: AnswerPictures,
        sight: ModelSight,
        speakers: Speakers,
        failures: ModelFailures,
        system_prompt: str,
        context_tokens: int,
        vision_model: str,
        is_allowed: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._context = context
        self._pictures = pictures
        self._answer_pictures = answer_pictures
        self._sight = sight
        self._speakers = speakers
        self._failures = failures
        self._system_prompt = system_prompt
        self._context_tokens = context_tokens
        self._vision_model = vision_model
        self._is_allowed = is_allowed
        self._clock = clock
        self._timer = timer

    def generate(
        self,
        job: Job,
        question: Question,
        stream: AnswerStream,
        control: JobControl,
    ) -> Draft:
        """Read the model's answer into a draft; a failure becomes the draft's notice."""

        def is_cancelled() -> bool:
            return control.lost or control.stopped or stream.is_over

        draft = self._generate(job, question, stream, is_cancelled)
        draft.heard, draft.media = question.heard, (*question.media, *draft.media)
        return draft

    def _generate(
        self,
        job: Job,
        question: Question,
        stream: AnswerStream,
        is_cancelled: Callable[[], bool],
    ) -> Draft:
        context, speaker = self._introduction(job, question)
        written = context.text + question.text
        pictures = self._shown(written, question.conversation, is_cancelled, ready=context.pictures)
        context += QuestionContext(notices=pictures.notices)
        failure = context.failure or next(iter(pictures.notices), None)
        if question.is_wordless and failure and not (pictures.own or _is_read(context.text)):
            draft = Draft(notice=failure.kind, notice_params=dict(failure.params))
            draft.context, draft.speaker = context.text, speaker
            return draft
        asked = _Asked(written, speaker, pictures, is_cancelled)
        draft = self._ask(job, question, asked, stream)
        draft.context, draft.speaker = context.text, speaker
        if context.files:
            draft.media = (*draft.media, MediaUse(model="", files=context.files))
        last = question.conversation.expired_turn
        if last is not None:
            draft.resumable_turn = str(last.id)
            draft.idle_seconds = self._clock() - last.created_at
        unread = (*question.unread, *context.notices)
        draft.unread = [(notice.kind, dict(notice.params)) for notice in unread]
        return draft

    def _introduction(self, job: Job, question: Question) -> tuple[QuestionContext, str]:
        """What to put before the question: what it refers to, and who asks."""
        message, turns = question.message, question.conversation.turns
        context = QuestionContext()
        if message:
            model = question.conversation.model
            context = self._context.of(message, question.conversation, lambda: self._is_seen(model))
        if question.regenerated:
            return context, question.regenerated.speaker
        if job.target.is_private:
            return context, ""
        if message:
            self._speakers.learn(message)
        return context, self._speakers.name_of(job.target.sender.open_id, turns)

    def _ask(self, job: Job, question: Question, asked: _Asked, stream: AnswerStream) -> Draft:
        conversation, budget = question.conversation, self._context_tokens
        gone = ""
        if conversation.uses_favourite and not self._is_allowed(conversation.model):
            gone, conversation = conversation.model, _without_favourite(conversation)
        system = self._system(job, question)
        shown = asked.pictures
        model = self._seeing(conversation.model, shown)
        while True:
            fitted = fit_prompt(
                system,
                conversation.turns,
                asked.text,
                budget,
                speaker=asked.speaker,
                pictures=shown.all,
            )
            draft = Draft(model=model, estimated_tokens=fitted.estimated_tokens)
            prompt = Prompt(
                messages=fitted.messages,
                model=model,
                temperature=modes.temperature(conversation.mode),
            )
            try:
                draft.is_asked = True
                events = self._model.stream(prompt, asked.is_cancelled)
                self._read(events, draft, stream, asked.is_cancelled)
            except ModelError as exc:
                if asked.is_cancelled():
                    draft.break_off()
                    return draft
                can_shrink = len(fitted.messages) > 2 and budget == self._context_tokens
                if exc.kind == "model_cant_see" and self._vision_model not in ("", model):
                    model = self._vision_model
                    continue
                if exc.kind == "model_cant_see" and not shown.own:
                    # The question has none: it can be answered without those of before.
                    shown, model = ShownPictures(), conversation.model
                    continue
                if exc.kind in MODEL_GONE and conversation.uses_favourite and not draft.text:
                    gone, conversation = conversation.model, _without_favourite(conversation)
                    model = self._seeing(conversation.model, shown)
                    continue
                if exc.kind == "context_too_long" and not draft.text and can_shrink:
                    budget = min(budget, fitted.estimated_tokens) // 2
                    continue
                self._failures.note(draft, exc, job.target.sender)
            draft.missed_favourite = gone
            return draft

    def _shown(
        self,
        written: str,
        conversation: Conversation,
        is_cancelled: Callable[[], bool],
        ready: Mapping[str, Picture],
    ) -> ShownPictures:
        """The pictures of the question and of what was said before."""
        # With nothing before the words there are none: that costs an answer in words nothing.
        questions = (written, *(turn.question for turn in conversation.turns))
        if not any(question.startswith("<") for question in questions):
            return ShownPictures()
        return self._pictures.load(
            written,
            conversation.turns,
            ready=ready,
            sees_earlier=lambda: self._is_seen(conversation.model),
            is_cancelled=is_cancelled,
        )

    def _seeing(self, model: str, shown: ShownPictures) -> str:
        """The model for this question: another one where there are pictures that it can't see."""
        if not shown.all or not self._vision_model or self._can_see(model):
            return model
        return self._vision_model

    def _is_seen(self, model: str) -> bool:
        """Whether this model or another one can look at pictures."""
        return bool(self._vision_model) or self._can_see(model)

    def _can_see(self, model: str) -> bool:
        try:
            return self._sight.can_see(model)
        except ModelError:
            # There is no model: that is told when it is asked.
            return True

    def _read(
        self,
        events: Iterator[StreamEvent],
        draft: Draft,
        stream: AnswerStream,
        is_cancelled: Callable[[], bool],
    ) -> None:
        started = self._timer()
        text: list[str] = []
        reasoning: list[str] = []
        try:
            for event in events:
                if is_cancelled():
                    draft.break_off()
                    break
                match event:
                    case TextDelta():
                        if not (text or draft.first_text):
                            draft.first_text = self._timer() - started
                            metrics.FIRST_TEXT_SECONDS.observe(draft.first_text)
                        text.append(event.text)
                        stream.write(event.text)
                    case PictureDelta():
                        # Uploaded before the text that names it comes, while the model waits.
                        key = self._answer_pictures.keep(event, draft, is_cancelled)
                        # One with an address is a link until the end.
                        if key and not event.url:
                            stream.add_picture(event.target, key)
                    case ReasoningDelta():
                        reasoning.append(event.text)
                        stream.write(reasoning=event.text)
                    case LateReasoning():
                        # What was shown as the answer was no part of it.
                        reasoning = ["".join([*reasoning, *text]).rstrip()]
                        text = []
                        stream.rewrite(reasoning=reasoning[0])
                    case StreamWait():
                        stream.tell_wait(event.seconds)
                        # It was refused, and is asked again after that.
                        draft.is_asked = not event.seconds
                    case StreamStart():
                        draft.model, draft.request_id = event.model, event.request_id
                    case StreamEnd():
                        draft.reason = event.reason
                        draft.notice = FINISH_NOTICES.get(event.reason, "")
                        draft.prompt_tokens = event.prompt_tokens
                        draft.completion_tokens = event.completion_tokens
        finally:
            draft.text, draft.reasoning = "".join(text), "".join(reasoning)

    def _system(self, job: Job, question: Question) -> str:
        date = time.strftime("%Y-%m-%d", time.localtime(self._clock()))
        prompt = (question.conversation.role or self._system_prompt).replace("{date}", date)
        names = "" if job.target.is_private else SPEAKER_INSTRUCTION
        return "\n\n".join(filter(None, (prompt, names)))


def _is_read(context: str) -> bool:
    """Whether something was read of what came without words."""
    return has_document(context) or has_things(context)


def _without_favourite(conversation: Conversation) -> Conversation:
    """The conversation with the bot's own model, in place of the favourite of who asks."""
    return replace(conversation, model="", uses_favourite=False)
