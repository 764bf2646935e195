"""A short text by a model that nobody waits for, and what it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.answering.question_context import excerpt_of, without_context
from feishu_bot.core.chat_model import (
    ChatMessage,
    ChatModel,
    LateReasoning,
    Prompt,
    StreamEnd,
    StreamStart,
    TextDelta,
)
from feishu_bot.core.conversations import Turn
from feishu_bot.core.jobs import Job
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.usage import Prices, Usage
from feishu_bot.errors import ModelError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """The model is told `instruction` and shown `text`.

    With `is_fixed` the administrator has named it. It is read for so many `seconds`, and little
    further than `most_chars`.
    """

    model: str
    is_fixed: bool
    instruction: str
    text: str
    most_chars: int
    seconds: float
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote, as far as it was read; empty where it failed."""

    text: str
    usage: Usage


@dataclass(frozen=True, kw_only=True)
class Completer:
    """Asks models in the background. `clock` is in seconds since the epoch, `timer` monotonic."""

    chat_model: ChatModel
    prices: Prices
    clock: Callable[[], float] = time.time
    timer: Callable[[], float] = time.monotonic

    def complete(self, job: Job, request: CompletionRequest, control: JobControl) -> Completion:
        """What the model writes, charged to the person whom the job is for."""
        model, text, tokens, has_failed = request.model, "", (0, 0), False
        started = self.timer()

        def is_enough() -> bool:
            is_late = self.timer() > started + request.seconds
            return control.is_cancelled or is_late or len(text) > request.most_chars

        try:
            for event in self.chat_model.stream(_prompt(request), is_enough):
                match event:
                    case StreamStart():
                        model = event.model or model
                    case TextDelta():
                        text += event.text
                    case LateReasoning():
                        # What was taken for the text was no part of it.
                        text = ""
                    case StreamEnd():
                        tokens = event.prompt_tokens, event.completion_tokens
                if is_enough():
                    break
        except ModelError as exc:
            has_failed = True
            request_id = exc.request_id or "-"
            logger.info("no completion", kind=exc.kind, request_id=request_id, detail=exc.detail)
        if text and not any(tokens):
            asked = request.instruction + request.text
            tokens = estimate_tokens(asked), estimate_tokens(text)
        usage = self._usage(job, model, tokens, self.timer() - started)
        return Completion("" if has_failed else text, usage)

    def _usage(self, job: Job, model: str, tokens: tuple[int, int], seconds: float) -> Usage:
        """It counts in tokens and money, and is no question of the person's."""
        return Usage(
            open_id=job.target.sender.open_id,
            chat_id=job.target.chat_id,
            model=model,
            outcome="noticed",
            seconds=seconds,
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            cost=self.prices.cost(model, *tokens),
            created_at=self.clock(),
        )


def excerpt(turn: Turn, *, question_chars: int, answer_chars: int) -> str:
    """As much of a question and its answer as tells what they are about."""
    question = without_context(turn.question)[:question_chars]
    answer = turn.answer[:answer_chars]
    return excerpt_of(question, answer)


def _prompt(request: CompletionRequest) -> Prompt:
    messages = (ChatMessage("system", request.instruction), ChatMessage("user", request.text))
    return Prompt(
        messages=messages,
        model=request.model,
        is_fixed=request.is_fixed,
        max_tokens=request.max_tokens,
    )
