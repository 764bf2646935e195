"""Whoever has used up a limit asks the admins for more, and an admin grants it with a click."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import get_args

from feishu_bot.core import days
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.administration.audit import AuditLog, Change
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Colour,
    Field,
    Paragraph,
    Person,
    Text,
)
from feishu_bot.core.commands.registry import CommandGroup, action
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.limits import Period, Spending, Unit, WindowState
from feishu_bot.core.messages import ChatType, Sender
from feishu_bot.core.people import People
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import RunCommand
from feishu_bot.core.usage import UsageStore

# Each admin gets a card; more than that would be told of every person's day.
MOST_ADMINS = 5

# What a card says of a request, in the value of its button.
Request = Mapping[str, str]


@dataclass(frozen=True)
class ExtraActions(CommandGroup):
    """One request for each limit that a person reaches; another one only after it was granted."""

    usage: UsageStore
    quotas: QuotaChecker
    policy: AccessPolicy
    people: People
    enqueuer: Enqueuer
    audit: AuditLog
    _: KW_ONLY
    clock: Callable[[], float] = time.time

    @action("ask_more")
    def ask(self, click: CardClick) -> ClickResponse:
        """Send the admins a card; what was used is looked up, whatever the button says."""
        if not self.policy.admins:
            return toast("extra_nobody", "warning")
        asker = click.action.operator
        group = "" if click.chat_type == "p2p" else click.key.chat_id
        states = self.quotas.states(asker.open_id, chat_id=group, is_admin=click.is_admin)
        state = next((state for state in states if state.used_up), None)
        if state is None or state.used_up is None:
            return toast("extra_needless", "success")
        request = self._request(click, state, state.used_up)
        admins = sorted(self.policy.admins)[:MOST_ADMINS]
        is_new = [self._tell(admin, request, number) for number, admin in enumerate(admins)]
        if not any(is_new):
            return toast("extra_known")
        return toast("extra_asked", "success")

    @action("grant_more")
    def grant(self, click: CardClick) -> ClickResponse:
        """Grant what was asked for, once, and tell who asked."""
        if not click.is_admin:
            return toast("admins_only_short", "warning")
        request = {name: click.value(name) for name in _FIELDS}
        unit, period, amount = _unit(request), _period(request), _number(request["amount"])
        if unit is None or period is None or amount <= 0:
            return toast("action_unknown", "warning")
        if request["name"] != days.period_name(period, self.clock()):
            return toast("extra_over", "warning").with_card(
                _card("extra_over", request, self.quotas)
            )
        is_new = self.usage.grant(
            request["subject"],
            request["name"],
            _spending(unit, amount),
            click.action.operator.open_id,
            message_id=f"extra:{request['id']}",
        )
        if is_new:
            change = Change(
                actor=click.action.operator.open_id,
                action="grant",
                subject=request["subject"],
                after=f"{request['name']}: +{amount:g} {unit}",
            )
            self.audit.add(change)
        done = _card("extra_granted", request, self.quotas)
        if not is_new:
            return toast("extra_granted_before").with_card(done)
        self._tell_asker(request)
        return toast("extra_granted", "success").with_card(done)

    def _request(self, click: CardClick, state: WindowState, unit: Unit) -> Request:
        limit, window = state.limit_of(unit), state.window
        asker = click.action.operator.open_id
        about = f"{asker}|{window.subject}|{window.name}|{unit}|{limit:.6f}"
        return {
            "id": hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()[:24],
            "person": asker,
            "subject": window.subject,
            "whose": window.limit.whose,
            "period": window.limit.period,
            "name": window.name,
            "unit": unit,
            "used": f"{state.spent.of(unit):.6f}",
            "limit": f"{limit:.6f}",
            "amount": f"{half_of(unit, getattr(window.limit.quota, unit)):.6f}",
            "chat": click.key.chat_id,
            "root": click.key.root,
            "chat_type": click.chat_type or "",
            "message": click.action.message_id,
        }

    def _tell(self, admin: str, request: Request, number: int) -> bool:
        name = f"extra:{request['id']}:{number}"
        chat_id = self.people.get(admin).private_chat
        task = QueuedTask(
            event_id=name,
            dedupe_id=name,
            key=ConversationKey(chat_id, name),
            target=ReplyTarget(
                message_id="", chat_id=chat_id, chat_type="p2p", sender=Sender(admin)
            ),
            task=RunCommand(name="grant", data=request),
        )
        return self.enqueuer.enqueue(task)

    def _tell_asker(self, request: Request) -> None:
        name = f"extra:{request['id']}:granted"
        kinds: dict[str, ChatType] = {"p2p": "p2p", "group": "group"}
        task = QueuedTask(
            event_id=name,
            dedupe_id=name,
            # Beside the conversation: it needn't wait for an answer there.
            key=ConversationKey(request["chat"], name),
            target=ReplyTarget(
                message_id=request["message"],
                chat_id=request["chat"],
                chat_type=kinds.get(request["chat_type"]),
                sender=Sender(request["person"]),
            ),
            task=RunCommand(name="usage", data=granted_words(request, self.quotas)),
        )
        self.enqueuer.enqueue(task)


_FIELDS = (
    "id", "person", "subject", "whose", "period", "name", "unit", "used", "limit", "amount",
    "chat", "root", "chat_type", "message",
)  # fmt: skip


def request_card(request: Request, quotas: QuotaChecker) -> Card:
    """What an admin is asked: who has used how much, and the button that grants more."""
    label = Text(f"button_grant_{request['unit']}", {"amount": _amount(request, quotas, "amount")})
    button = Button.of(label, "grant_more", style="primary", **request)
    return _card("extra_asks", request, quotas, Buttons((button,)))


def granted_words(request: Request, quotas: QuotaChecker) -> dict[str, str]:
    """What the asker is told: the unit, of whose limit, and how much."""
    amount = _amount(request, quotas, "amount")
    return {"granted": request["unit"], "whose": request["whose"], "amount": amount}


def half_of(unit: Unit, limit: float) -> float:
    """What is granted at a click: half of the limit, so that many clicks show."""
    return limit / 2 if unit == "cost" else float(math.ceil(limit / 2))


def _card(words: str, request: Request, quotas: QuotaChecker, *more: Block) -> Card:
    amounts = {name: _amount(request, quotas, name) for name in ("used", "limit", "amount")}
    blocks = (
        Paragraph(Text(words, amounts)),
        Field(Person(request["person"]), Text(f"extra_used_{request['unit']}", amounts)),
        Field(Text("extra_limit"), Text(f"extra_of_{request['whose']}_{request['period']}")),
        *more,
        Paragraph(Text("extra_until", {"name": request["name"]}), is_small=True),
    )
    colour: Colour = "blue" if more else "grey"
    return Card(title=Text("extra_title"), icon="🙋", colour=colour, blocks=blocks)


def _amount(request: Request, quotas: QuotaChecker, name: str) -> str:
    unit = _unit(request)
    return quotas.format(unit, _number(request[name])) if unit else ""


def _unit(request: Request) -> Unit | None:
    units: tuple[Unit, ...] = get_args(Unit)
    return next((unit for unit in units if unit == request["unit"]), None)


def _period(request: Request) -> Period | None:
    periods: tuple[Period, ...] = get_args(Period)
    return next((period for period in periods if period == request["period"]), None)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _spending(unit: Unit, amount: float) -> Spending:
    return Spending(
        questions=int(amount) if unit == "questions" else 0,
        tokens=int(amount) if unit == "tokens" else 0,
        cost=amount if unit == "cost" else 0.0,
    )
