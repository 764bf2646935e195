"""How much may be asked in a day."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from feishu_bot.core import days
from feishu_bot.core.formatting import format_count, format_money
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import ReplyTarget
from feishu_bot.core.usage import UsageStore, UsageTotal


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a person or a group may use in a day; 0 sets no limit. `cost` is in money."""

    questions: int = 0
    tokens: int = 0
    cost: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.questions or self.tokens or self.cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What was used since a time. `questions` are those that got an answer."""

    questions: int = 0
    tokens: int = 0
    cost: float = 0.0


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
    )


class QuotaChecker:
    """Daily limits of a person, and of a group for all in it together. No limits without `usage`.

    The day begins at midnight by the server's clock and TZ. Questions that are being answered by
    this process count as well; those of other processes count once they are answered.
    """

    def __init__(
        self,
        usage: UsageStore | None = None,
        *,
        person: Quota = Quota(),
        chat: Quota = Quota(),
        currency: Callable[[], str] = lambda: "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._usage = usage
        self._person = person
        self._chat = chat
        self._currency = currency
        self._clock = clock
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    @property
    def person(self) -> Quota:
        """What a person may use in a day, without grants."""
        return self._person

    @contextmanager
    def reserve(self, target: ReplyTarget, *, is_admin: bool) -> Iterator[Notice | None]:
        """Inside this block the question counts as asked; why it isn't answered, or None."""
        if self._usage is None or not (self._person or self._chat):
            yield None
            return
        ids = (target.sender.open_id, target.chat_id)
        with self._lock:
            self._running.update(ids)
            # With itself: of two at once the first has the last question, the second has none.
            own, chats = (self._running[name] for name in ids)
        try:
            yield None if is_admin else self._refusal(self._usage, target, own, chats)
        finally:
            with self._lock:
                self._running.subtract(ids)
                for name in ids:
                    if not self._running[name]:
                        del self._running[name]

    def day_of(self, open_id: str) -> DailyUsage:
        """What a person has used today, and may use."""
        if self._usage is None:
            return DailyUsage(spent=Spending(), quota=self._person)
        now = self._clock()
        spent = sum_usage(self._usage.totals(days.day_start(now), open_id=open_id))
        if not self._person.questions:
            return DailyUsage(spent=spent, quota=self._person)
        granted = self._usage.granted(open_id, days.day_name(now))
        quota = Quota(
            questions=self._person.questions + granted,
            tokens=self._person.tokens,
            cost=self._person.cost,
        )
        return DailyUsage(spent=spent, quota=quota, granted=granted)

    def _refusal(
        self, usage: UsageStore, target: ReplyTarget, own: int, chats: int
    ) -> Notice | None:
        if self._person:
            day = self.day_of(target.sender.open_id)
            notice = self._exceeded("person", day.spent, day.quota, own)
            if notice:
                return notice
        if self._chat and not target.is_private:
            since = days.day_start(self._clock())
            spent = sum_usage(usage.totals(since, chat_id=target.chat_id))
            return self._exceeded("chat", spent, self._chat, chats)
        return None

    def _exceeded(self, whose: str, spent: Spending, quota: Quota, running: int) -> Notice | None:
        params = {"zone": days.zone(self._clock())}
        if quota.questions and spent.questions + running > quota.questions:
            asked = spent.questions + running - 1
            params |= {"used": format_count(asked), "limit": format_count(quota.questions)}
            return Notice(f"limit_{whose}_questions", params)
        if quota.tokens and spent.tokens >= quota.tokens:
            params |= {"used": format_count(spent.tokens), "limit": format_count(quota.tokens)}
            return Notice(f"limit_{whose}_tokens", params)
        if quota.cost and spent.cost >= quota.cost:
            currency = self._currency()
            params |= {
                "used": format_money(currency, spent.cost),
                "limit": format_money(currency, quota.cost),
            }
            return Notice(f"limit_{whose}_cost", params)
        return None
