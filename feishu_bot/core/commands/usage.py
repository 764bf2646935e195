"""/usage: what a person has used, what is left of the day, and for admins what everyone has."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from feishu_bot.core import days
from feishu_bot.core.amounts import count, money
from feishu_bot.core.clicks import Click, Clicked
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.limits import Day, Limits, Spent, spent_in
from feishu_bot.core.models import IncomingMessage, UsageTotal
from feishu_bot.core.ports import Ledger, Names
from feishu_bot.core.views import Block, Folded, Paragraph, Row, Rule, Say, View

LONG = 30
MOST_PEOPLE = 5
MOST_MODELS = 8
SHORT_ID = 6


class UsageCards:
    """`currency` is empty without prices; then costs are not shown. `days_kept` bounds the past."""

    def __init__(
        self,
        ledger: Ledger,
        limits: Limits,
        names: Names,
        *,
        currency: Callable[[], str],
        days_kept: int = LONG,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._limits = limits
        self._names = names
        self._currency = currency
        self._days = min(LONG, days_kept)
        self._clock = clock

    @property
    def commands(self) -> tuple[Command, ...]:
        return (Command(name="usage", words=("/usage", "用量", "/用量"), run=self.usage),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {}

    def usage(self, request: Request) -> View:
        open_id = request.message.sender.open_id
        today = self._limits.day_of(open_id)
        lately = spent_in(self._ledger.totals(self._long_ago(), open_id=open_id))
        blocks: list[Block] = [
            Row(Say("usage_today"), self._spent(today.spent)),
            Row(Say("usage_days", {"days": str(self._days)}), self._spent(lately)),
            *self._left(today, is_admin=request.is_admin),
        ]
        if request.is_admin:
            blocks += self._everyones(request.message)
        blocks.append(Paragraph(Say("usage_id", {"id": open_id}), is_small=True))
        return View(title=Say("usage_title"), icon="📊", blocks=tuple(blocks))

    def _long_ago(self) -> float:
        return days.day_start(self._clock(), self._days - 1)

    def _spent(self, spent: Spent) -> Say:
        params = {"questions": count(spent.questions), "tokens": count(spent.tokens)}
        currency = self._currency()
        if not currency:
            return Say("usage_spent", params)
        return Say("usage_spent_cost", {**params, "cost": money(currency, spent.cost)})

    def _left(self, day: Day, *, is_admin: bool) -> list[Block]:
        """What may still be used today, one line for each limit."""
        if is_admin or not day.quota:
            return [Row(Say("usage_left"), Say("usage_unlimited"))]
        spent, quota = day.spent, day.quota
        blocks: list[Block] = [Rule()]
        if quota.questions:
            left = count(max(0, quota.questions - spent.questions))
            said = {"left": left, "limit": count(quota.questions), "granted": count(day.granted)}
            kind = "usage_left_granted" if day.granted else "usage_left_questions"
            blocks.append(Row(Say("usage_left"), Say(kind, said)))
        if quota.tokens:
            left = count(max(0, quota.tokens - spent.tokens))
            said = {"left": left, "limit": count(quota.tokens)}
            blocks.append(Row(Say("usage_left"), Say("usage_left_tokens", said)))
        if quota.cost:
            left = money(self._currency(), max(0.0, quota.cost - spent.cost))
            said = {"left": left, "limit": money(self._currency(), quota.cost)}
            blocks.append(Row(Say("usage_left"), Say("usage_left_cost", said)))
        zone = {"zone": days.zone(self._clock())}
        return [*blocks, Paragraph(Say("usage_anew", zone), is_small=True)]

    def _everyones(self, message: IncomingMessage) -> list[Block]:
        """Everyone's usage, where nobody reads along."""
        if message.chat_type != "p2p":
            return [Rule(), Paragraph(Say("usage_in_private"), is_small=True)]
        today, since = days.day_start(self._clock()), self._long_ago()
        models = self._ledger.totals(since)
        rows = (
            Row(Say("usage_all_today"), self._spent(spent_in(self._ledger.totals(today)))),
            Row(Say("usage_all_days", {"days": str(self._days)}), self._spent(spent_in(models))),
        )
        long = {"days": str(self._days)}
        parts = (
            (Say("usage_people_today"), self._people(today)),
            (Say("usage_people_days", long), self._people(since)),
            (Say("usage_models_days", long), self._rows(_most(models), lambda name: name or "–")),
        )
        folded = (Folded(title=title, blocks=blocks) for title, blocks in parts if blocks)
        return [Rule(), *rows, *folded]

    def _people(self, since: float) -> tuple[Row, ...]:
        return self._rows(self._ledger.people(since, MOST_PEOPLE), self._name)

    def _rows(self, totals: Sequence[UsageTotal], name_of: Callable[[str], str]) -> tuple[Row, ...]:
        return tuple(Row(name_of(total.name), self._spent(spent_in([total]))) for total in totals)

    def _name(self, open_id: str) -> str:
        return self._names.of(open_id) or f"…{open_id[-SHORT_ID:]}"


def _most(totals: Sequence[UsageTotal]) -> list[UsageTotal]:
    return sorted(totals, key=lambda total: (-total.tokens, total.name))[:MOST_MODELS]
