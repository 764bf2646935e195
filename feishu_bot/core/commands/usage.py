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
from feishu_bot.core.limits import Spending, WindowState
from feishu_bot.core.messenger import File
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.quotas import QuotaChecker, sum_usage
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
    def usage(self, context: CommandContext) -> Card | Notice | File:
        """Show what was used; to admins everyone's usage too."""
        if unit := context.data.get("granted"):
            return Notice(f"extra_given_{unit}", dict(context.data))
        is_private = context.chat_type == "p2p"
        if context.is_admin and is_private and context.data.get("export"):
            return self._report.file(context.language, context.data.get("days", ""))
        everyone: list[Block] = []
        if context.is_admin:
            everyone = self._report.blocks() if is_private else self._chat(context.key.chat_id)
        group = "" if is_private else context.key.chat_id
        return self._card(context.sender.open_id, everyone, is_admin=context.is_admin, group=group)

    @action("usage_days", "option")
    def choose_days(self, click: CardClick) -> ClickResponse:
        """The same card with everyone's usage over other days."""
        if not click.is_admin or click.chat_type != "p2p":
            return toast("admins_only_short", "warning")
        everyone = self._report.blocks(click.value("option"))
        return ClickResponse(
            card=self._card(click.action.operator.open_id, everyone, is_admin=True)
        )

    @action("usage_export")
    def export(self, click: CardClick) -> ClickResponse:
        """Send everyone's usage as a file."""
        if not click.is_admin or click.chat_type != "p2p":
            return toast("admins_only_short", "warning")
        data = {"export": "yes", "days": click.value("days")}
        self.enqueuer.enqueue_click(click, RunCommand(name="usage", data=data))
        return toast("export_started")

    def _card(
        self, open_id: str, everyone: list[Block], *, is_admin: bool, group: str = ""
    ) -> Card:
        today = sum_usage(self.store.totals(days.day_start(self.clock()), open_id=open_id))
        lately = sum_usage(self.store.totals(self._long_ago(), open_id=open_id))
        blocks: list[Block] = [
            Field(Text("usage_today"), self._spent(today)),
            Field(Text("usage_days", {"days": str(self._days)}), self._spent(lately)),
            *self._left(open_id, group, is_admin=is_admin),
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

    def _left(self, open_id: str, group: str, *, is_admin: bool) -> list[Block]:
        """What may still be used, a line for each limit that holds here."""
        states = self.quotas.states(open_id, chat_id=group, is_admin=is_admin)
        lines = [line for state in states for line in self._lines(state)]
        blocks: list[Block] = []
        if is_admin or not lines:
            blocks.append(Field(Text("usage_left"), Text("usage_unlimited")))
        if not lines:
            return blocks
        blocks += [Divider(), *lines]
        periods = {state.window.limit.period for state in states}
        if "day" in periods:
            blocks.append(Paragraph(Text("usage_anew", self.quotas.renewal("day")), is_small=True))
        if "month" in periods:
            anew = Text("usage_anew_month", self.quotas.renewal("month"))
            blocks.append(Paragraph(anew, is_small=True))
        return blocks

    def _lines(self, state: WindowState) -> list[Block]:
        limit = state.window.limit
        whose = "" if limit.whose == "person" else f"_{limit.whose}"
        month = "_month" if limit.period == "month" else ""
        lines: list[Block] = []
        for unit in limit.quota.units:
            said = {
                "left": self.quotas.format(unit, state.left(unit)),
                "limit": self.quotas.format(unit, state.limit_of(unit)),
            }
            kind: str = unit
            if unit == "questions" and not month:
                said["granted"] = format_count(state.granted.questions)
                kind = "granted" if state.granted.questions else unit
            lines.append(
                Field(Text(f"usage_left{whose}{month}"), Text(f"usage_left{month}_{kind}", said))
            )
        return lines

    def _chat(self, chat_id: str) -> list[Block]:
        """The group alone: others read along. Its id is what ALLOWED_CHATS takes."""
        today = self.store.totals(days.day_start(self.clock()), chat_id=chat_id)
        return [
            Field(Text("usage_chat_today"), self._spent(sum_usage(today))),
            Paragraph(Text("usage_chat_id", {"id": chat_id}), is_small=True),
            Paragraph(Text("usage_in_private"), is_small=True),
        ]
