"""One question to the model, and what it says, as a draft."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from feishu_bot import metrics
from feishu_bot.core import modes
from feishu_bot.core.answering.draft import FINISH_NOTICES, Draft
from feishu_bot.core.answering.prompt import fit_prompt
from feishu_bot.core.answering.speakers import SPEAKER_INSTRUCTION
from feishu_bot.core.chat_model import (
    ChatModel,
    Prompt,
    ReasoningDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
)
from feishu_bot.core.conversations import Conversation
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.messenger import AnswerStream
from feishu_bot.core.queue.job_control import JobControl
from feishu_bot.core.tasks import Job
from feishu_bot.errors import ModelError

logger = logging.getLogger(__name__)


class AnswerGenerator:
    """Asks with as much of the conversation as fits. `names_speakers` is about groups."""

    def __init__(
        self,
        *,
        model: ChatModel,
        system_prompt: str,
        context_tokens: int,
        names_speakers: bool,
        clock: Callable[[], float],
        timer: Callable[[], float],
    ) -> None:
        self._model = model
        self._system_prompt = system_prompt
        self._context_tokens = context_tokens
        self._names_speakers = names_speakers
        self._clock = clock
        self._timer = timer

    def ask(
        self,
        job: Job,
        conversation: Conversation,
        question: str,
        stream: AnswerStream,
        control: JobControl,
    ) -> Draft:
        """Read the model's answer into a draft; a failure becomes the draft's notice."""
        budget = self._context_tokens
        system = self._system(job.event.message, conversation)
        while True:
            fitted = fit_prompt(system, conversation.turns, question, budget)
            draft = Draft(model=conversation.model, estimated_tokens=fitted.estimated_tokens)
            prompt = Prompt(
                messages=fitted.messages,
                model=conversation.model,
                temperature=modes.temperature(conversation.mode),
            )
            try:
                pieces = self._model.stream(prompt, lambda: _is_unwanted(stream, control))
                self._read(pieces, draft, stream, control)
            except ModelError as exc:
                if _is_unwanted(stream, control):
                    _break_off(draft)
                    return draft
                can_shrink = len(fitted.messages) > 2 and budget == self._context_tokens
                if exc.kind == "context_too_long" and not draft.text and can_shrink:
                    budget = min(budget, fitted.estimated_tokens) // 2
                    continue
                logger.warning(
                    "model failed event_id=%s kind=%s request_id=%s detail=%s",
                    job.event.event_id,
                    exc.kind,
                    exc.request_id or "-",
                    exc.detail,
                )
                metrics.MODEL_ERRORS.labels(kind=exc.kind).inc()
                draft.notice = exc.kind
                draft.request_id = exc.request_id or draft.request_id
                draft.reason = "cut"
            return draft

    def _read(
        self, pieces: Iterator[StreamEvent], draft: Draft, stream: AnswerStream, control: JobControl
    ) -> None:
        started = self._timer()
        text: list[str] = []
        reasoning: list[str] = []
        try:
            for piece in pieces:
                if _is_unwanted(stream, control):
                    _break_off(draft)
                    break
                match piece:
                    case TextDelta():
                        if not text:
                            draft.first_text = self._timer() - started
                            metrics.FIRST_TEXT_SECONDS.observe(draft.first_text)
                        text.append(piece.text)
                        stream.write(piece.text)
                    case ReasoningDelta():
                        reasoning.append(piece.text)
                        stream.write(reasoning=piece.text)
                    case StreamStart():
                        draft.model, draft.request_id = piece.model, piece.request_id
                    case StreamEnd():
                        draft.reason = piece.reason
                        draft.notice = FINISH_NOTICES.get(piece.reason, "")
                        draft.prompt_tokens = piece.prompt_tokens
                        draft.completion_tokens = piece.completion_tokens
        finally:
            draft.text, draft.reasoning = "".join(text), "".join(reasoning)

    def _system(self, message: IncomingMessage, conversation: Conversation) -> str:
        date = time.strftime("%Y-%m-%d", time.localtime(self._clock()))
        prompt = (conversation.role or self._system_prompt).replace("{date}", date)
        has_names = self._names_speakers and message.chat_type == "group"
        return "\n\n".join(filter(None, (prompt, SPEAKER_INSTRUCTION if has_names else "")))


def _is_unwanted(stream: AnswerStream, control: JobControl) -> bool:
    return control.lost or control.stopped or stream.is_over


def _break_off(draft: Draft) -> None:
    """The rest of the answer isn't wanted; it can be gone on with like one that was cut."""
    draft.notice, draft.reason = "stopped", "cut"
