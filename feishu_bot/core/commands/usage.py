"""/usage: what a person has used, what is left of the day, and for admins what everyone has."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from feishu_bot.core import days
from feishu_bot.core.cards import Block, Card, Collapsible, Divider, Field, Paragraph, Text
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, command
from feishu_bot.core.formatting import format_count, format_money
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.quotas import DailyUsage, QuotaChecker, Spending, sum_usage
from feishu_bot.core.usage import UsageStore, UsageTotal

MAX_DAYS = 30
MAX_PEOPLE = 5
MAX_MODELS = 8
SHORT_ID = 6


@dataclass(frozen=True)
class UsageCommands(CommandGroup):
    """`currency` is empty without prices; then costs are not shown. `days_kept` bounds the past."""

    store: UsageStore
    quotas: QuotaChecker
    names: UserDirectory
    _: KW_ONLY
    currency: Callable[[], str]
    days_kept: int
    clock: Callable[[], float] = time.time

    @command("usage", "/usage", "用量", "/用量")
    def usage(self, context: CommandContext) -> Card:
        """Show what was used; to admins everyone's usage too."""
        open_id = context.sender.open_id
        today = self.quotas.day_of(open_id)
        lately = sum_usage(self.store.totals(self._long_ago(), open_id=open_id))
        blocks: list[Block] = [
            Field(Text("usage_today"), self._spent(today.spent)),
            Field(self._over_days("usage_days"), self._spent(lately)),
            *self._left(today, is_admin=context.is_admin),
        ]
        if context.is_admin:
            blocks += self._everyone(context.chat_type)
        blocks.append(Paragraph(Text("usage_id", {"id": open_id}), is_small=True))
        return Card(title=Text("usage_title"), icon="📊", blocks=tuple(blocks))

    def _long_ago(self) -> float:
        return days.day_start(self.clock(), self._days - 1)

    @property
    def _days(self) -> int:
        return min(MAX_DAYS, self.days_kept)

    def _over_days(self, title: str) -> Text:
        return Text(title, {"days": str(self._days)})

    def _spent(self, spent: Spending) -> Text:
        params = {"questions": format_count(spent.questions), "tokens": format_count(spent.tokens)}
        currency = self.currency()
        if not currency:
            return Text("usage_spent", params)
        return Text("usage_spent_cost", {**params, "cost": format_money(currency, spent.cost)})

    def _left(self, day: DailyUsage, *, is_admin: bool) -> list[Block]:
        """What may still be used today, one line for each limit."""
        if is_admin or not day.quota:
            return [Field(Text("usage_left"), Text("usage_unlimited"))]
        blocks: list[Block] = [Divider()]
        for unit, limit, used in day.quota.limits(day.spent):
            left = self.quotas.format(unit, max(0, limit - used))
            said = {"left": left, "limit": self.quotas.format(unit, limit)}
            if unit == "questions":
                said["granted"] = format_count(day.granted)
            kind = "granted" if unit == "questions" and day.granted else unit
            blocks.append(Field(Text("usage_left"), Text(f"usage_left_{kind}", said)))
        zone = {"zone": days.zone(self.clock())}
        return [*blocks, Paragraph(Text("usage_anew", zone), is_small=True)]

    def _everyone(self, chat_type: str) -> list[Block]:
        """Everyone's usage, where nobody reads along."""
        if chat_type != "p2p":
            return [Divider(), Paragraph(Text("usage_in_private"), is_small=True)]
        today, since = days.day_start(self.clock()), self._long_ago()
        models = self.store.totals(since)
        most = sorted(models, key=lambda total: (-total.tokens, total.name))[:MAX_MODELS]
        rows = (
            Field(Text("usage_all_today"), self._spent(sum_usage(self.store.totals(today)))),
            Field(self._over_days("usage_all_days"), self._spent(sum_usage(models))),
        )
        parts = (
            (Text("usage_people_today"), self._people(today)),
            (self._over_days("usage_people_days"), self._people(since)),
            (self._over_days("usage_models_days"), self._rows(most, lambda name: name or "–")),
        )
        folded = (Collapsible(title=title, blocks=blocks) for title, blocks in parts if blocks)
        return [Divider(), *rows, *folded]

    def _people(self, since: float) -> tuple[Field, ...]:
        return self._rows(self.store.people(since, MAX_PEOPLE), self._name)

    def _rows(
        self, totals: Sequence[UsageTotal], name_of: Callable[[str], str]
    ) -> tuple[Field, ...]:
        return tuple(
            Field(name_of(total.name), self._spent(sum_usage([total]))) for total in totals
        )

    def _name(self, open_id: str) -> str:
        return self.names.of(open_id) or f"…{open_id[-SHORT_ID:]}"
