"""Limits: what a person, a group or the whole company may use in a day or a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from feishu_bot.core.jobs import Job

Unit = Literal["questions", "tokens", "cost"]
Whose = Literal["person", "chat", "company"]
Period = Literal["day", "month"]

# Whose the company's grants are, beside open_ids and chat_ids.
COMPANY = "company"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What was used. `questions` are those that got an answer.

    `cost` is in money, and has that of pictures and speech in it.
    """

    questions: int = 0
    tokens: int = 0
    cost: float = 0.0
    pictures: int = 0
    audio_seconds: float = 0.0
    files: int = 0

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            questions=self.questions + other.questions,
            tokens=self.tokens + other.tokens,
            cost=self.cost + other.cost,
            pictures=self.pictures + other.pictures,
            audio_seconds=self.audio_seconds + other.audio_seconds,
            files=self.files + other.files,
        )

    @property
    def has_media(self) -> bool:
        """Whether anything but words was made, heard, spoken or read."""
        return bool(self.pictures or self.audio_seconds or self.files)

    def of(self, unit: Unit) -> float:
        """The amount of one unit."""
        return float(getattr(self, unit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What may be used; 0 sets no limit. `cost` is in money."""

    questions: int = 0
    tokens: int = 0
    cost: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.questions or self.tokens or self.cost)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units that have a limit."""
        return tuple(unit for unit in get_args(Unit) if getattr(self, unit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What each person, each group, or the company may use in a period."""

    whose: Whose
    period: Period
    quota: Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a limit counts now: the usage of `subject` from `since` on (seconds since the epoch).

    `subject` is an open_id, a chat_id or COMPANY. `name` is that of the period, 2026-11-22 or
    2026-11, to which grants belong.
    """

    limit: Limit
    subject: str
    since: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """How a limit stands: what was used, what questions being answered may take, what was granted.

    `reserved` leaves out the question that asks.
    """

    window: Window
    spent: Spending
    reserved: Spending = Spending()
    granted: Spending = Spending()

    def limit_of(self, unit: Unit) -> float:
        """What may be used of a unit that has a limit, with what was granted beyond it."""
        return float(getattr(self.window.limit.quota, unit)) + self.granted.of(unit)

    def left(self, unit: Unit) -> float:
        """What is left of a unit that has a limit."""
        return max(0.0, self.limit_of(unit) - self.spent.of(unit))

    @property
    def used_up(self) -> Unit | None:
        """The first unit of which nothing is left."""
        return next((unit for unit in self.window.limit.quota.units if not self.left(unit)), None)

    @property
    def spoken_for(self) -> Unit | None:
        """The first unit of which nothing is left but what questions being answered may take."""
        taken = self.spent + self.reserved
        units = self.window.limit.quota.units
        return next((unit for unit in units if taken.of(unit) >= self.limit_of(unit)), None)


class Limits(Protocol):
    """The limits there are. They may change at any time, as a whole."""

    @property
    def current(self) -> tuple[Limit, ...]:
        """Those that hold now."""


@dataclass(frozen=True, slots=True)
class FixedLimits:
    """Limits that never change."""

    current: tuple[Limit, ...] = ()


class Reservations(Protocol):
    """What questions may take while they are being answered, over all processes."""

    def reserve(
        self, job: Job, expected: Spending, windows: Sequence[Window]
    ) -> tuple[WindowState, ...]:
        """Reserve what a job's question may take, if each window has something left.

        Returns nothing then, else how the windows stand. It is reserved until the job ends, or
        its lease does. Raises LeaseLost.
        """

    def states(self, windows: Sequence[Window]) -> tuple[WindowState, ...]:
        """How the windows stand, in their order."""
