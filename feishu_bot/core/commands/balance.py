"""/balance: what is left on the gateway's keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from feishu_bot.core.amounts import money
from feishu_bot.core.clicks import Click, Clicked
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import KeyBalance
from feishu_bot.core.ports import Balance
from feishu_bot.core.views import Block, Colour, Paragraph, Row, Rule, Say, View

# The gateways' fields are named after it.
CURRENCY = "$"


class Balances:
    """For everyone, unless there are admins: then for them alone."""

    def __init__(self, balance: Balance, *, for_admins: bool) -> None:
        self._balance = balance
        self._for_admins = for_admins

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/balance", "余额", "/余额")
        command = Command(
            name="balance", words=words, run=self.balance, for_admins=self._for_admins
        )
        return (command,)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {}

    def balance(self, request: Request) -> View:
        if self._for_admins and request.chat_type != "p2p":
            # In a group others would read along.
            blocks = (Paragraph(Say("balance_in_private")),)
            return View(title=Say("balance_title"), icon="💰", blocks=blocks)
        keys = self._balance.of_keys()
        rows = [Row(key.key, _balance_of(key)) for key in keys]
        return View(
            title=Say("balance_title"),
            icon="💰",
            colour=_colour(keys),
            blocks=(*rows, *_total(keys), Paragraph(Say("balance_age"), is_small=True)),
        )


def _balance_of(key: KeyBalance) -> Say:
    amounts = {"left": key.left, "granted": key.granted, "used": key.used}
    known = {name: money(CURRENCY, amount) for name, amount in amounts.items()}
    return Say(f"balance_{key.state}", known if key.state == "known" else {})


def _total(keys: Sequence[KeyBalance]) -> list[Block]:
    """The sum, where there is more than one figure, and nothing without an end beside them."""
    known = [key for key in keys if key.state == "known"]
    if len(known) < 2 or any(key.state == "unlimited" for key in keys):
        return []
    # Keys without a quota of their own all show the figures of their account.
    accounts = {(key.granted, key.used): key for key in known if key.used}
    counted = [*accounts.values(), *(key for key in known if not key.used)]
    total = {"left": money(CURRENCY, sum(key.left for key in counted))}
    blocks: list[Block] = [Rule(), Row(Say("balance_total"), Say("balance_left", total))]
    if len(counted) < len(known):
        blocks.append(Paragraph(Say("balance_same_account"), is_small=True))
    return blocks


def _colour(keys: Sequence[KeyBalance]) -> Colour:
    if any(key.state in ("known", "unlimited") for key in keys):
        return "blue"
    return "red" if any(key.state == "used_up" for key in keys) else "orange"
