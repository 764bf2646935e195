"""/balance: what is left on the gateway's keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from typing_extensions import override

from feishu_bot.core.balance import BalanceReader, KeyBalance
from feishu_bot.core.cards import Block, Card, Colour, Divider, Field, Paragraph, Text
from feishu_bot.core.commands.registry import Command, CommandContext, CommandGroup, command
from feishu_bot.core.formatting import format_money

# The gateways' fields are named after it.
CURRENCY = "$"


@dataclass(frozen=True)
class BalanceCommands(CommandGroup):
    """For everyone, unless there are admins: then for them alone."""

    reader: BalanceReader
    _: KW_ONLY
    for_admins: bool

    @property
    @override
    def commands(self) -> tuple[Command, ...]:
        return tuple(replace(one, for_admins=self.for_admins) for one in super().commands)

    @command("balance", "/balance", "余额", "/余额")
    def balance(self, context: CommandContext) -> Card:
        """Ask for each key's balance."""
        if self.for_admins and context.chat_type != "p2p":
            # In a group others would read along.
            elsewhere = Paragraph(Text("balance_in_private"))
            return Card(title=Text("balance_title"), icon="💰", blocks=(elsewhere,))
        keys = self.reader.of_keys()
        rows = [Field(key.key, _balance_of(key)) for key in keys]
        blocks = (*rows, *_total(keys), Paragraph(Text("balance_age"), is_small=True))
        return Card(title=Text("balance_title"), icon="💰", colour=_colour(keys), blocks=blocks)


def _balance_of(key: KeyBalance) -> Text:
    amounts = {"left": key.left, "granted": key.granted, "used": key.used}
    known = {name: format_money(CURRENCY, amount) for name, amount in amounts.items()}
    return Text(f"balance_{key.state}", known if key.state == "known" else {})


def _total(keys: Sequence[KeyBalance]) -> list[Block]:
    """The sum, where there is more than one figure, and nothing without an end beside them."""
    known = [key for key in keys if key.state == "known"]
    if len(known) < 2 or any(key.state == "unlimited" for key in keys):
        return []
    # Keys without a quota of their own all show the figures of their account.
    accounts = {(key.granted, key.used): key for key in known if key.used}
    counted = [*accounts.values(), *(key for key in known if not key.used)]
    total = {"left": format_money(CURRENCY, sum(key.left for key in counted))}
    blocks: list[Block] = [Divider(), Field(Text("balance_total"), Text("balance_left", total))]
    if len(counted) < len(known):
        blocks.append(Paragraph(Text("balance_same_account"), is_small=True))
    return blocks


def _colour(keys: Sequence[KeyBalance]) -> Colour:
    if any(key.state in ("known", "unlimited") for key in keys):
        return "blue"
    return "red" if any(key.state == "used_up" for key in keys) else "orange"
