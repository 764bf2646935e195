"""Asks the model: with which prompt, which model, and again where that helps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, astuple, dataclass, replace

from feishu_bot.core import modes, own_pictures
from feishu_bot.core.answering.answer_pictures import AnswerPictures
from feishu_bot.core.answering.answer_reader import AnswerReader, OpenAnswer
from feishu_bot.core.answering.answer_run import SaveState
from feishu_bot.core.answering.attached_files import has_document
from feishu_bot.core.answering.context import MissingContext
from feishu_bot.core.answering.draft import FINISH_NOTICES, Draft
from feishu_bot.core.answering.modalities import Modalities
from feishu_bot.core.answering.model_failures import ModelFailures
from feishu_bot.core.answering.progress import Progress, ShownText
from feishu_bot.core.answering.prompt import FittedPrompt, estimate_tokens, fit_prompt
from feishu_bot.core.answering.question import Question
from feishu_bot.core.answering.question_context import QuestionContext
from feishu_bot.core.answering.recording_context import has_recording, spoken
from feishu_bot.core.answering.sent_things import has_things
from feishu_bot.core.answering.shown_pictures import PictureLoader, ShownPictures
from feishu_bot.core.answering.speakers import SPEAKER_INSTRUCTION, Speakers
from feishu_bot.core.answering.vision import Vision
from feishu_bot.core.answering.voice_messages import Hear, VoiceMessages
from feishu_bot.core.chat_model import ChatMessage, ChatModel, ModelSight, Prompt
from feishu_bot.core.conversations import Conversation
from feishu_bot.core.jobs import Job
from feishu_bot.core.messenger import AnswerStream
from feishu_bot.core.pictures import Picture
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.usage import MediaUse, Prices
from feishu_bot.errors import ModelError

# The failures that say that there is no such model (any more), or none to talk to.
MODEL_GONE = frozenset({"model_unavailable", "model_not_allowed", "model_not_chat"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the model is asked: the question behind its context, by whom, and its pictures."""

    text: str
    speaker: str
    pictures: ShownPictures


class AnswerGenerator:
    """Asks with as much of the conversation as fits into `context_tokens`.

    `vision_model` is the model of `Vision`. `{date}` in `system_prompt` is the day. `is_allowed` is
    whether people may choose a model.

    What an earlier process had shown of an answer is gone on from with `continue_prompt`: what was
    written isn't paid again, and stays on the screen.
    """

    def __init__(
        self,
        *,
        model: ChatModel,
        context: MissingContext,
        pictures: PictureLoader,
        voices: VoiceMessages,
        answer_pictures: AnswerPictures,
        sight: ModelSight,
        speakers: Speakers,
        failures: ModelFailures,
        system_prompt: str,
        context_tokens: int,
        vision_model: str,
        continue_prompt: str,
        prices: Prices,
        is_allowed: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._context = context
        self._pictures = pictures
        self._voices = voices
        self._reader = AnswerReader(answer_pictures, timer)
        self._vision = Vision(sight, vision_model)
        self._speakers = speakers
        self._failures = failures
        self._system_prompt = system_prompt
        self._context_tokens = context_tokens
        self._continue_prompt = continue_prompt
        self._prices = prices
        self._is_allowed = is_allowed
        self._clock = clock

    def generate(
        self,
        job: Job,
        question: Question,
        stream: AnswerStream,
        control: JobControl,
        save: SaveState,
    ) -> Draft:
        """Read the model's answer into a draft; a failure becomes the draft's notice."""

        def is_cancelled() -> bool:
            return control.is_cancelled or stream.is_over

        before = ShownText.read(job.progress)
        control.progress = progress = Progress(before)
        run = OpenAnswer(stream, is_cancelled, progress)
        draft = self._generate(job, question, run, save)
        draft.heard = question.heard
        draft.media = (*question.media, *draft.media, *self._earlier_tries(before))
        return draft

    def broken_off(self, job: Job) -> Draft:
        """What was shown of an answer that is given up."""
        shown = ShownText.read(job.progress)
        draft = _cut_draft(shown)
        draft.notice, draft.media = "gave_up", self._earlier_tries(shown)
        return draft

    def _earlier_tries(self, shown: ShownText) -> tuple[MediaUse, ...]:
        """What earlier requests for the same answer have cost."""
        return tuple(
            MediaUse(**asdict(one), cost=self._prices.cost(*astuple(one))) for one in shown.tries
        )

    def _generate(self, job: Job, question: Question, run: OpenAnswer, save: SaveState) -> Draft:
        turns = question.conversation.turns
        hear = self._voices.for_question(job, turns, run.is_cancelled, save)
        context, speaker = self._context_and_speaker(job, question, hear)
        if question.heard and question.message:
            context = QuestionContext(spoken(question.message.message_id)) + context
        written = context.text + question.text
        pictures = self._load_pictures(written, question.conversation, run, ready=context.pictures)
        context += QuestionContext(notices=pictures.notices)
        failure = context.failure or next(iter(pictures.notices), None)
        if question.is_wordless and failure and not (pictures.own or _is_read(context.text)):
            draft = Draft(notice=failure.kind, notice_params=dict(failure.params))
            draft.context, draft.speaker, draft.media = context.text, speaker, context.media
            # It is heard with the message that it came in, not when it is asked about again.
            draft.is_unheard = not draft.is_unread
            return draft
        draft = self._ask(job, question, _Asked(written, speaker, pictures), run)
        draft.context, draft.speaker = context.text, speaker
        draft.media = (*draft.media, *context.media)
        if context.files:
            draft.media = (*draft.media, MediaUse(model="", files=context.files))
        last = question.conversation.expired_turn
        if last is not None:
            draft.resumable_turn = str(last.id)
            draft.idle_seconds = self._clock() - last.created_at
        unread = (*question.unread, *context.notices)
        draft.unread = [(notice.kind, dict(notice.params)) for notice in unread]
        return draft

    def _context_and_speaker(
        self, job: Job, question: Question, hear: Hear
    ) -> tuple[QuestionContext, str]:
        """What to put before the question: what it refers to, and who asks."""
        message, turns = question.message, question.conversation.turns
        context = QuestionContext()
        if message:
            model = question.conversation.model
            modalities = Modalities(lambda: self._vision.is_possible(model), hear)
            context = self._context.of(message, question.conversation, modalities)
        if question.regenerated:
            return context, question.regenerated.speaker
        if job.target.is_private:
            return context, ""
        if message:
            self._speakers.learn(message)
        return context, self._speakers.name_of(job.target.sender.open_id, turns)

    def _ask(self, job: Job, question: Question, asked: _Asked, run: OpenAnswer) -> Draft:
        before = run.progress.before
        if before.text and before.pictures:
            # The model would call its next pictures by the same names.
            return _cut_draft(before)
        if before.text:
            run.stream.write(before.text, run.progress.whole_reasoning)
        conversation, budget = question.conversation, self._context_tokens
        gone = ""
        if conversation.uses_favourite and not self._is_allowed(conversation.model):
            gone, conversation = conversation.model, _without_favourite(conversation)
        system = self._system(job, question)
        model = self._vision.model_for(conversation.model, asked.pictures.all)
        while True:
            fitted = self._fitted(system, conversation, asked, budget, before.text)
            run.progress.ask(model, fitted.estimated_tokens)
            draft = Draft(model=model, estimated_tokens=fitted.estimated_tokens)
            prompt = Prompt(
                messages=fitted.messages,
                model=model,
                temperature=modes.temperature(conversation.mode),
            )
            try:
                draft.is_asked = True
                self._reader.read(self._model.stream(prompt, run.is_cancelled), draft, run)
            except ModelError as exc:
                is_begun = bool(run.progress.text)
                if run.is_cancelled():
                    draft.break_off()
                    return draft
                can_shrink = len(fitted.messages) > 2 and budget == self._context_tokens
                if exc.kind == "model_cant_see" and self._vision.model not in ("", model):
                    model = self._vision.model
                    continue
                if exc.kind == "model_cant_see" and not asked.pictures.own:
                    # The question has none: it can be answered without those of before.
                    asked, model = replace(asked, pictures=ShownPictures()), conversation.model
                    continue
                if exc.kind in MODEL_GONE and conversation.uses_favourite and not is_begun:
                    gone, conversation = conversation.model, _without_favourite(conversation)
                    model = self._vision.model_for(conversation.model, asked.pictures.all)
                    continue
                if exc.kind == "context_too_long" and not is_begun and can_shrink:
                    budget = min(budget, fitted.estimated_tokens) // 2
                    continue
                self._failures.note(draft, exc, job.target.sender)
            draft.missed_favourite = gone
            return draft

    def _fitted(
        self,
        system: str,
        conversation: Conversation,
        asked: _Asked,
        budget: int,
        before: str,
    ) -> FittedPrompt:
        """The prompt: with what was shown `before`, if there is any, to go on from."""
        told: tuple[ChatMessage, ...] = ()
        if before:
            # A character is a token at most; of a long answer its end has to do.
            said = own_pictures.for_model(before[-self._context_tokens // 2 :])
            told = (ChatMessage("assistant", said), ChatMessage("user", self._continue_prompt))
        more = sum(estimate_tokens(message.content) for message in told)
        fitted = fit_prompt(
            system,
            conversation.turns,
            asked.text,
            budget - more,
            speaker=asked.speaker,
            pictures=asked.pictures.all,
        )
        return FittedPrompt((*fitted.messages, *told), fitted.estimated_tokens + more)

    def _load_pictures(
        self,
        written: str,
        conversation: Conversation,
        run: OpenAnswer,
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
            sees_earlier=lambda: self._vision.is_possible(conversation.model),
            is_cancelled=run.is_cancelled,
        )

    def _system(self, job: Job, question: Question) -> str:
        date = time.strftime("%Y-%m-%d", time.localtime(self._clock()))
        prompt = (question.conversation.role or self._system_prompt).replace("{date}", date)
        names = "" if job.target.is_private else SPEAKER_INSTRUCTION
        return "\n\n".join(filter(None, (prompt, names)))


def _is_read(context: str) -> bool:
    """Whether something was read of what came without words."""
    return has_document(context) or has_recording(context) or has_things(context)


def _without_favourite(conversation: Conversation) -> Conversation:
    """The conversation with the bot's own model, in place of the favourite of who asks."""
    return replace(conversation, model="", uses_favourite=False)


def _cut_draft(shown: ShownText) -> Draft:
    """An answer that breaks off where an earlier try did; it can be continued by a button."""
    return Draft(
        text=shown.text,
        reasoning=shown.reasoning,
        pictures=shown.pictures,
        model=shown.tries[-1].model if shown.tries else "",
        reason="cut",
        notice=FINISH_NOTICES["cut"],
    )
