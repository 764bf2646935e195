"""/forget: delete what is stored about the person who asks."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Colour,
    Divider,
    Field,
    Paragraph,
    Text,
)
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.formatting import format_count
from feishu_bot.core.people import ErasureReport, People, note_private_chat
from feishu_bot.core.quotas import QuotaChecker

_STAYS = Paragraph(Text("forget_stays"), is_small=True)


@dataclass(frozen=True)
class ForgetCommands(CommandGroup):
    """Whoever asks is asked back first; only they can press the buttons."""

    people: People
    quotas: QuotaChecker

    @command("forget", "/forget", "忘记我", "/忘记我", is_for_all=True)
    def ask(self, context: CommandContext) -> Card:
        """What would go, and what would stay."""
        of = context.sender.open_id
        yes = Button.of(Text("button_forget_yes"), "forget", style="danger", of=of)
        no = Button.of(Text("button_forget_no"), "remember", of=of)
        means = Paragraph(Text("forget_means"))
        return _card("orange", "forget_ask", means, _STAYS, Buttons((yes, no)))

    @action("forget", is_for_all=True)
    def forget(self, click: CardClick) -> ClickResponse:
        """Delete, and say what it was. The second click of two finds nothing, and says only so."""
        person = click.action.operator.open_id
        if click.value("of") != person:
            return toast("forget_not_yours", "warning")
        if click.chat_type == "p2p":
            # It may not have been noted yet whose chat this is; what was chosen there goes, too.
            note_private_chat(self.people, person, click.key.chat_id)
        forgotten = self.people.forget(person, keep_usage_since=self.quotas.keeps_since)
        if forgotten == ErasureReport():
            return toast("forget_nothing")
        return toast("forget_done", "success").with_card(_deleted(forgotten))

    @action("remember", is_for_all=True)
    def remember(self, click: CardClick) -> ClickResponse:
        """Leave everything as it is."""
        if click.value("of") != click.action.operator.open_id:
            return toast("forget_not_yours", "warning")
        return toast("forget_kept").with_card(_card("green", "forget_kept"))


def _deleted(forgotten: ErasureReport) -> Card:
    counts = {
        "forget_turns": forgotten.turns,
        "forget_usage": forgotten.usage,
        "forget_feedback": forgotten.feedback,
        "forget_settings": forgotten.settings,
    }
    rows = (Field(Text(kind), format_count(number)) for kind, number in counts.items())
    return _card("grey", "forget_done", *rows, Divider(), _STAYS)


def _card(colour: Colour, words: str, *blocks: Block) -> Card:
    blocks = (Paragraph(Text(words)), *blocks)
    return Card(title=Text("forget_title"), icon="🔏", colour=colour, blocks=blocks)
