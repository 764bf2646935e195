"""Figures of what was answered, and the newest failures. No word of any message is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from feishu_bot.core.limits import Spending
from feishu_bot.core.usage import UsageTotal

# How long somebody has waited is counted in steps; what took longer than the last is beyond it.
WAIT_BOUNDS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0, 120.0, 300.0)

# From being sent to being taken up, and from then to the first words.
Wait = Literal["queue", "first_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTotal:
    """What a stretch of time brought; `number` counts the stretches from 0.

    `failures` ended with a notice in place of an answer, or of a part of it.
    """

    number: int
    answers: int
    failures: int
    prompt_tokens: int
    completion_tokens: int
    cost: float


@dataclass(frozen=True, slots=True)
class WaitCount:
    """How many answers of a stretch of time waited so long: up to WAIT_BOUNDS[step]."""

    number: int
    step: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A question that failed: when (seconds since the epoch), why, and in which kind of chat.

    `request_id` is the one that the card shows, `notice` the kind of the notice on it.
    """

    at: float
    notice: str
    request_id: str
    model: str
    chat_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody was allowed beyond a limit, in a day or month, and by whom."""

    subject: str
    period: str
    more: Spending
    granted_by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTotal:
    """What was used in a chat; `chat_type` is empty where it isn't known."""

    total: UsageTotal
    chat_type: str


class Reports(Protocol):
    """What is stored of answers, as sums. Times are in seconds since the epoch."""

    def totals(self, starts: Sequence[float]) -> list[PeriodTotal]:
        """The sums of stretches of time that begin at `starts`; the last one has no end."""

    def waits(self, starts: Sequence[float], of: Wait) -> list[WaitCount]:
        """How long answers waited, counted by stretch and step."""

    def failures(self, limit: int) -> list[Failure]:
        """The newest failures, the newest first."""

    def chats(self, since: float, limit: int) -> list[ChatTotal]:
        """One total per chat, the greatest number of tokens first."""

    def grants(self, since: float, limit: int) -> list[Grant]:
        """What was granted since then, the newest first."""

    def blocked(self, limit: int) -> list[str]:
        """The open_ids of people who are blocked."""


def wait_at(counts: Sequence[WaitCount], number: int, share: float) -> float | None:
    """How long that share of a stretch's answers waited at most, in seconds; None for no answers.

    As exact as the steps are. What took longer than the last step counts as that.
    """
    steps = {one.step: one.count for one in counts if one.number == number}
    wanted, seen = sum(steps.values()) * share, 0
    for step in sorted(steps):
        seen += steps[step]
        if seen >= wanted:
            return WAIT_BOUNDS[min(step, len(WAIT_BOUNDS) - 1)]
    return None
