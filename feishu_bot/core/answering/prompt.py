"""How much of a conversation the model is shown: whole turns, newest first, inside a budget.

Tokens are estimated, not counted: tokenizers differ by model and their tables are not at hand
everywhere. A third of the UTF-8 bytes errs high for prose in any language; what the gateway
reported for the last prompt corrects it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from feishu_bot.core import own_pictures
from feishu_bot.core.answering.question_context import for_model, pictures_in
from feishu_bot.core.answering.speakers import with_speaker
from feishu_bot.core.chat_model import ChatMessage
from feishu_bot.core.conversations import Turn
from feishu_bot.core.pictures import Picture

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


def fit_prompt(
    system: str,
    turns: Sequence[Turn],
    question: str,
    budget: int,
    *,
    speaker: str = "",
    pictures: Mapping[str, Picture] = MappingProxyType({}),
) -> FittedPrompt:
    """The prompt for `question`: the system prompt and the question always, turns as they fit.

    `speaker` is who asks, `pictures` are those to show, by key. `budget` is in tokens. The oldest
    turns are dropped first, and always whole. Questions that got no answer are left out.
    """
    turns = [turn for turn in turns if turn.answer]
    ratio = _ratio(turns)
    asked = _asked(question, pictures, speaker)
    used = _tokens(asked) + (estimate_tokens(system) if system else 0)
    kept: list[Turn] = []
    for turn in reversed(turns):
        cost = _tokens(_of_turn(turn, pictures)) + estimate_tokens(_answer_of(turn))
        if (used + cost) * ratio > budget:
            break
        used += cost
        kept.append(turn)
    messages = [ChatMessage("system", system)] if system else []
    for turn in reversed(kept):
        messages.append(_of_turn(turn, pictures))
        messages.append(ChatMessage("assistant", _answer_of(turn)))
    messages.append(asked)
    return FittedPrompt(tuple(messages), used)


def _answer_of(turn: Turn) -> str:
    if turn.drawing:
        return f"(a picture: {turn.answer})"
    return own_pictures.for_model(turn.answer)


def _of_turn(turn: Turn, pictures: Mapping[str, Picture]) -> ChatMessage:
    return _asked(turn.question, pictures, turn.speaker)


def _asked(question: str, pictures: Mapping[str, Picture], speaker: str = "") -> ChatMessage:
    shown = tuple(pictures[key] for key in pictures_in(question) if key in pictures)
    return ChatMessage("user", with_speaker(speaker, for_model(question, pictures)), shown)


def _tokens(message: ChatMessage) -> int:
    return estimate_tokens(message.content) + sum(each.tokens for each in message.pictures)


def _ratio(turns: Sequence[Turn]) -> float:
    """Reported over estimated tokens of the newest prompt that is long enough to tell."""
    for turn in reversed(turns):
        if turn.prompt_tokens and turn.estimated_tokens >= MIN_ESTIMATE:
            ratio = turn.prompt_tokens / turn.estimated_tokens
            return min(MAX_RATIO, max(MIN_RATIO, ratio))
    return 1.0
