"""How much of a conversation the model is shown: whole turns, newest first, inside a budget.

Tokens are estimated, not counted: tokenizers differ by model and their tables are not at hand
everywhere. A third of the UTF-8 bytes errs high for prose in any language; what the gateway
reported for the last prompt corrects it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feishu_bot.core.answering.question_context import without_references
from feishu_bot.core.answering.speakers import with_speaker
from feishu_bot.core.chat_model import ChatMessage
from feishu_bot.core.conversations import Turn

BYTES_PER_TOKEN = 3
TOKENS_PER_MESSAGE = 4
# How far a reported figure may move the estimate: beyond this the report is odd, not the text.
# The gateway's own overhead says nothing about the text when there is little of it.
MIN_ESTIMATE = 200
MIN_RATIO = 0.3
MAX_RATIO = 3.0


@dataclass(frozen=True, slots=True)
class FittedPrompt:
    """The messages to send, and our estimate of their tokens."""

    messages: tuple[ChatMessage, ...]
    estimated_tokens: int


def estimate_tokens(text: str) -> int:
    """Tokens of one message, erring high."""
    return len(text.encode()) // BYTES_PER_TOKEN + TOKENS_PER_MESSAGE


def fit_prompt(system: str, turns: Sequence[Turn], question: str, budget: int) -> FittedPrompt:
    """The prompt for `question`: the system prompt and the question always, turns as they fit.

    `budget` is in tokens. The oldest turns are dropped first, and always whole. Questions that got
    no answer are left out.
    """
    turns = [turn for turn in turns if turn.answer]
    ratio = _ratio(turns)
    used = estimate_tokens(question) + (estimate_tokens(system) if system else 0)
    kept: list[Turn] = []
    for turn in reversed(turns):
        cost = estimate_tokens(_asked(turn)) + estimate_tokens(turn.answer)
        if (used + cost) * ratio > budget:
            break
        used += cost
        kept.append(turn)
    messages = [ChatMessage("system", system)] if system else []
    for turn in reversed(kept):
        messages.append(ChatMessage("user", _asked(turn)))
        messages.append(ChatMessage("assistant", turn.answer))
    messages.append(ChatMessage("user", question))
    return FittedPrompt(tuple(messages), used)


def _asked(turn: Turn) -> str:
    return with_speaker(turn.speaker, without_references(turn.question))


def _ratio(turns: Sequence[Turn]) -> float:
    """Reported over estimated tokens of the newest prompt that is long enough to tell."""
    for turn in reversed(turns):
        if turn.prompt_tokens and turn.estimated_tokens >= MIN_ESTIMATE:
            ratio = turn.prompt_tokens / turn.estimated_tokens
            return min(MAX_RATIO, max(MIN_RATIO, ratio))
    return 1.0
