"""/usage: what a person has used, what is left of the day, and for admins what everyone has."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass

from feishu_bot.core import days
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import (
    Block,
    Card,
    Divider,
    Field,
    Joined,
    Label,
    Paragraph,
    Text,
)
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.commands.report_periods import ReportPeriods
from feishu_bot.core.commands.usage_report import UsageReport, media_labels
from feishu_bot.core.formatting import format_count, format_money
from feishu_bot.core.languages import Language
from feishu_bot.core.messenger import File
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.quotas import DailyUsage, QuotaChecker, Spending, sum_usage
from feishu_bot.core.tasks import RunCommand
from feishu_bot.core.usage import UsageStore

MAX_DAYS = 30


@dataclass(frozen=True)
class UsageCommands(CommandGroup):
    """`currency` is empty without prices; then costs are not shown. `days_kept` bounds the past."""

    store: UsageStore
    quotas: QuotaChecker
    names: UserDirectory
    enqueuer: Enqueuer
    _: KW_ONLY
    currency: Callable[[], str]
    days_kept: int
    words: Mapping[Language, Callable[..., str]]
    clock: Callable[[], float] = time.time

    @command("usage", "/usage", "用量", "/用量")
    def usage(self, context: CommandContext) -> Card | File:
        """Show what was used; to admins everyone's usage too."""
        is_private = context.chat_type == "p2p"
        if context.is_admin and is_private and context.data.get("export"):
            return self._report.file(context.language, context.data.get("days", ""))
        everyone: list[Block] = []
        if context.is_admin:
            everyone = self._report.blocks() if is_private else self._chat(context.key.chat_id)
        return self._card(context.sender.open_id, everyone, is_admin=context.is_admin)

    @action("usage_days")
    def choose_days(self, click: CardClick) -> ClickResponse:
        """The same card with everyone's usage over other days."""
        if not click.is_admin or click.chat_type != "p2p":
            return toast("admins_only", "warning")
        everyone = self._report.blocks(click.value("option"))
        return ClickResponse(
            card=self._card(click.action.operator.open_id, everyone, is_admin=True)
        )

    @action("usage_export")
    def export(self, click: CardClick) -> ClickResponse:
        """Send everyone's usage as a file."""
        if not click.is_admin or click.chat_type != "p2p":
            return toast("admins_only", "warning")
        data = {"export": "yes", "days": click.value("days")}
        self.enqueuer.enqueue_click(click, RunCommand(name="usage", data=data))
        return toast("export_started")

    def _card(self, open_id: str, everyone: list[Block], *, is_admin: bool) -> Card:
        today = self.quotas.day_of(open_id)
        lately = sum_usage(self.store.totals(self._long_ago(), open_id=open_id))
        blocks: list[Block] = [
            Field(Text("usage_today"), self._spent(today.spent)),
            Field(Text("usage_days", {"days": str(self._days)}), self._spent(lately)),
            *self._left(today, is_admin=is_admin),
            *([Divider(), *everyone] if everyone else []),
            Paragraph(Text("usage_id", {"id": open_id}), is_small=True),
        ]
        return Card(title=Text("usage_title"), icon="📊", blocks=tuple(blocks))

    @property
    def _report(self) -> UsageReport:
        periods = ReportPeriods(self.days_kept, self.clock)
        return UsageReport(self.store, self.names, periods, self.words, self._spent)

    def _long_ago(self) -> float:
        return days.day_start(self.clock(), self._days - 1)

    @property
    def _days(self) -> int:
        return min(MAX_DAYS, self.days_kept)

    def _spent(self, spent: Spending) -> Label:
        params = {"questions": format_count(spent.questions), "tokens": format_count(spent.tokens)}
        currency = self.currency()
        cost = format_money(currency, spent.cost) if currency else ""
        if not spent.has_media:
            kind = "usage_spent_cost" if cost else "usage_spent"
            return Text(kind, {**params, "cost": cost} if cost else params)
        has_words = bool(spent.questions or spent.tokens)
        words = (Text("usage_spent", params),) if has_words else ()
        return Joined((*words, *media_labels(spent), *filter(None, (cost,))))

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

    def _chat(self, chat_id: str) -> list[Block]:
        """The group alone: others read along. Its id is what ALLOWED_CHATS takes."""
        today = self.store.totals(days.day_start(self.clock()), chat_id=chat_id)
        return [
            Field(Text("usage_chat_today"), self._spent(sum_usage(today))),
            Paragraph(Text("usage_chat_id", {"id": chat_id}), is_small=True),
            Paragraph(Text("usage_in_private"), is_small=True),
        ]
