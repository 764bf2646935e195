"""What people think of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Verdict = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedAnswer:
    """The answer that a verdict is about: its message, its model, and the message that asked."""

    message_id: str
    model: str = ""
    question_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """How many people said what of an answer, or of several."""

    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyRatings:
    """The verdicts of a day on the answers of a model; `day` counts from 0."""

    day: int
    model: str
    ratings: Ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a person said of an answer. An empty comment is a verdict alone."""

    answer: RatedAnswer
    open_id: str
    verdict: Verdict
    comment: str
    created_at: float


class FeedbackStore(Protocol):
    """What people think of answers."""

    def save(self, answer: RatedAnswer, open_id: str, verdict: Verdict, comment: str = "") -> None:
        """Keep a person's verdict on an answer; the newest one counts."""

    def toggle(self, answer: RatedAnswer, open_id: str, verdict: Verdict) -> bool:
        """Keep the verdict, or take it back with its comment where it is the person's already.

        Returns whether it holds now.
        """

    def ratings(self, message_id: str) -> Ratings:
        """What people think of one answer."""

    def by_day(self, starts: Sequence[float]) -> list[DailyRatings]:
        """The verdicts of days, by day and model.

        `starts` are when the days begin, in seconds since the epoch; the last one has no end.
        """

    def newest(self, since: float, limit: int, *, comments_only: bool = False) -> list[Feedback]:
        """What was said since that time, the newest first."""
