"""/ai_mode: how freely the model answers."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card, Colour, Field, Option, Paragraph, Select, Text
from feishu_bot.core.choices import Choices
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.modes import AUTO, MODES


@dataclass(frozen=True)
class ModeCommands(CommandGroup):
    """A mode holds for every turn that follows."""

    choices: Choices
    settings: EffectiveSettings

    @command("mode", "/ai_mode", "AI模式", "/AI模式", "发散模式", "/发散模式", "/mode")
    def mode(self, context: CommandContext) -> Card:
        """Show the modes, or take the one that is named."""
        wanted = context.argument.lower()
        if _is_known(wanted):
            self.choices.save(context.key, context.sender.open_id, mode=wanted)
            return self._card(context.key, context.sender.open_id, "green")
        return self._card(context.key, context.sender.open_id, "blue")

    @action("mode_set", "option")
    def set(self, click: CardClick) -> ClickResponse:
        wanted = click.value("option")
        if not _is_known(wanted):
            return toast("mode_unknown", "warning")
        open_id = click.action.operator.open_id
        self.choices.save(click.key, open_id, mode=wanted)
        return toast("mode_set", "success").with_card(self._card(click.key, open_id, "green"))

    def _card(self, key: ConversationKey, open_id: str, colour: Colour) -> Card:
        """The mode that holds, and the others to choose from, before and after a choice."""
        mode = self.settings.of(key).mode or AUTO
        select = Select.of(Text("mode_choose"), "mode_set", mode_options(), chosen=mode)
        now = Field(Text("mode_now"), mode_label(mode))
        means = Paragraph(Text("mode_means"), is_small=True)
        blocks = (now, select, means, reach_hint(for_chat=self.choices.reach_chat(key, open_id)))
        return Card(title=Text("mode_title"), icon="🤖", colour=colour, blocks=blocks)


def _is_known(mode: str) -> bool:
    return mode == AUTO or mode in MODES


def reach_hint(*, for_chat: bool) -> Paragraph:
    """Where a choice holds: in the whole private chat, or in the conversation of a group."""
    said = Text("chosen_for_chat" if for_chat else "chosen_for_conversation")
    return Paragraph(said, is_small=True)


def mode_label(mode: str) -> Text:
    """A mode with its temperature, or that the temperature is up to the model."""
    if mode not in MODES:
        return Text("mode_auto")
    return Text("mode_option", {"mode": mode, "temperature": f"{MODES[mode]:.1f}"})


def mode_options() -> tuple[Option, ...]:
    """Every mode, and none."""
    return tuple(Option(mode_label(mode), mode) for mode in (AUTO, *MODES))
