"""What answers cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from feishu_bot.core.jobs import Outcome
from feishu_bot.core.limits import Spending


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one answer cost. `outcome` as in the log line; `seconds` from claim to end.

    Tokens are our estimate where the gateway gave no figures; `cost` is in the currency of the
    prices. `pictures` were made, `audio_seconds` heard or spoken, `files` read. The question
    `waited` so many seconds for its turn, and then for the `first_text`. What failed has the kind
    of its `notice`, and the `request_id` on the card.
    """

    open_id: str
    chat_id: str
    model: str
    outcome: Outcome
    seconds: float
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    pictures: int = 0
    audio_seconds: float = 0.0
    files: int = 0
    created_at: float = 0.0
    waited: float | None = None
    first_text: float | None = None
    notice: str = ""
    request_id: str = ""
    chat_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaUse:
    """What an answer took besides the model that gave it: of which model, and what it cost.

    It is stored with the answer as a usage of its own, which is no question. `files` were read
    without a model: then `model` is empty.
    """

    model: str
    pictures: int = 0
    audio_seconds: float = 0.0
    files: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotal:
    """What answers have cost together; `name` is what they were summed by (model, open_id).

    `answers` leaves out notices, and what was stopped before its first word; what those took is
    in the other figures. `cost` is in the currency of the prices.
    """

    name: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    pictures: int = 0
    audio_seconds: float = 0.0
    files: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


UsageGroup = Literal["day", "person", "chat", "model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """The total of a group of answers; by what they weren't grouped is empty, and the day 0.

    `day` counts from 0.
    """

    total: UsageTotal
    day: int = 0
    person: str = ""
    chat: str = ""
    model: str = ""


class UsageStore(Protocol):
    """What answers have cost, and what was granted beyond the limits."""

    def totals(
        self, since: float, *, open_id: str | None = None, chat_id: str | None = None
    ) -> list[UsageTotal]:
        """One total per model from `since` (seconds since the epoch) on, for one person or chat."""

    def people(self, since: float, limit: int) -> list[UsageTotal]:
        """One total per person, by open_id, the greatest number of tokens first."""

    def count_people(self, since: float) -> int:
        """How many people have used anything from that time on."""

    def grouped(
        self, starts: Sequence[float], by: Sequence[UsageGroup], limit: int
    ) -> list[UsageRow]:
        """One total per group, the first days first and then the greatest number of tokens.

        `starts` are when the days begin, in seconds since the epoch; the last one has no end.
        """

    def grant(
        self, subject: str, period: str, more: Spending, granted_by: str, *, message_id: str
    ) -> bool:
        """Allow a person, a group or the company so much more in that day or month (2026-11-22).

        Once for the message that asked for it, however often it is worked on; False when that was
        granted before.
        """


class Prices(Protocol):
    """What tokens, pictures and speech cost."""

    @property
    def currency(self) -> str:
        """The sign or code that goes with amounts; empty when there is no price table."""

    def cost(self, model: str, prompt_tokens: int, completion_tokens: int) -> float:
        """What an answer cost, in the currency; 0 for a model without a price."""

    def picture_cost(
        self, model: str, pictures: int, prompt_tokens: int = 0, completion_tokens: int = 0
    ) -> float:
        """What making so many pictures cost: by picture, by token, or both."""

    def audio_cost(self, model: str, seconds: float) -> float:
        """What hearing or speaking so many seconds cost."""
