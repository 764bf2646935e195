"""How much may be asked in a day."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Literal, get_args

from feishu_bot.core import days
from feishu_bot.core.formatting import format_count, format_money
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import ReplyTarget
from feishu_bot.core.usage import UsageStore, UsageTotal

Unit = Literal["questions", "tokens", "cost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What was used since a time. `questions` are those that got an answer.

    `cost` has that of pictures and speech in it.
    """

    questions: int = 0
    tokens: int = 0
    cost: float = 0.0
    pictures: int = 0
    audio_seconds: float = 0.0
    files: int = 0

    @property
    def has_media(self) -> bool:
        """Whether anything but words was made, heard, spoken or read."""
        return bool(self.pictures or self.audio_seconds or self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a person or a group may use in a day; 0 sets no limit. `cost` is in money."""

    questions: int = 0
    tokens: int = 0
    cost: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.questions or self.tokens or self.cost)

    def limits(self, spent: Spending) -> list[tuple[Unit, float, float]]:
        """The units that have a limit, each with this limit and with what was used."""
        return [
            (unit, getattr(self, unit), getattr(spent, unit))
            for unit in get_args(Unit)
            if getattr(self, unit)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyUsage:
    """A person's day: what is used, and the quota with what was granted beyond it."""

    spent: Spending
    quota: Quota
    granted: int = 0


def sum_usage(totals: list[UsageTotal]) -> Spending:
    """The sum of these totals."""
    return Spending(
        questions=sum(total.answers for total in totals),
        tokens=sum(total.tokens for total in totals),
        cost=sum(total.cost for total in totals),
        pictures=sum(total.pictures for total in totals),
        audio_seconds=sum(total.audio_seconds for total in totals),
        files=sum(total.files for total in totals),
    )


@dataclass(frozen=True)
class QuotaChecker:
    """Daily limits of a person, without grants, and of a group for all in it together.

    The day begins at midnight by the server's clock and TZ. Questions that are being answered by
    this process count as well; those of other processes count once they are answered.
    """

    usage: UsageStore
    _: KW_ONLY
    person: Quota
    chat: Quota
    currency: Callable[[], str] = lambda: ""
    clock: Callable[[], float] = time.time
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _running: Counter[str] = field(default_factory=Counter, init=False)

    @contextmanager
    def reserve(self, target: ReplyTarget, *, is_admin: bool) -> Iterator[Notice | None]:
        """Inside this block the question counts as asked; why it isn't answered, or None."""
        if not (self.person or self.chat):
            yield None
            return
        ids = (target.sender.open_id, target.chat_id)
        with self._lock:
            self._running.update(ids)
            # With itself: of two at once the first has the last question, the second has none.
            own, chats = (self._running[name] for name in ids)
        try:
            yield None if is_admin else self._refusal(target, own, chats)
        finally:
            with self._lock:
                self._running.subtract(ids)
                for name in ids:
                    if not self._running[name]:
                        del self._running[name]

    def day_of(self, open_id: str) -> DailyUsage:
        """What a person has used today, and may use."""
        now = self.clock()
        spent = sum_usage(self.usage.totals(days.day_start(now), open_id=open_id))
        if not self.person.questions:
            return DailyUsage(spent=spent, quota=self.person)
        granted = self.usage.granted(open_id, days.day_name(now))
        quota = replace(self.person, questions=self.person.questions + granted)
        return DailyUsage(spent=spent, quota=quota, granted=granted)

    def format(self, unit: Unit, amount: float) -> str:
        """An amount of a unit as people read it."""
        if unit == "cost":
            return format_money(self.currency(), amount)
        return format_count(int(amount))

    def _refusal(self, target: ReplyTarget, own: int, chats: int) -> Notice | None:
        if self.person:
            day = self.day_of(target.sender.open_id)
            notice = self._exceeded("person", day.spent, day.quota, own)
            if notice:
                return notice
        if self.chat and not target.is_private:
            since = days.day_start(self.clock())
            spent = sum_usage(self.usage.totals(since, chat_id=target.chat_id))
            return self._exceeded("chat", spent, self.chat, chats)
        return None

    def _exceeded(self, whose: str, spent: Spending, quota: Quota, running: int) -> Notice | None:
        asked = replace(spent, questions=spent.questions + running - 1)
        for unit, limit, used in quota.limits(asked):
            if used >= limit:
                params = {"used": self.format(unit, used), "limit": self.format(unit, limit)}
                zone = days.zone(self.clock())
                return Notice(f"limit_{whose}_{unit}", {"zone": zone, **params})
        return None
