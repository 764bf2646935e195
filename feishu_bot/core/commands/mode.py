"""/ai_mode: how freely the model answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card, Colour, Field, Paragraph, Select, Text
from feishu_bot.core.chats import Chats
from feishu_bot.core.commands.registry import Command, CommandContext
from feishu_bot.core.commands.setting_options import mode_label, mode_options, scope_hint
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.modes import AUTO, MODES


class ModeCommands:
    """A mode is stored with the conversation and holds for every turn that follows."""

    def __init__(self, conversations: Conversations, chats: Chats) -> None:
        self._conversations = conversations
        self._chats = chats

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/ai_mode", "AI模式", "/AI模式", "发散模式", "/发散模式", "/mode")
        return (Command(name="mode", words=words, run=self.mode),)

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {"mode_set": self.set}

    def mode(self, request: CommandContext) -> Card:
        """Show the modes, or take the one that is named."""
        wanted = request.argument.lower()
        if _is_known(wanted):
            self._conversations.save_settings(request.key, mode=wanted)
            return self._card(request.key, "green")
        return self._card(request.key, "blue")

    def set(self, click: CardClick) -> ClickResponse:
        assert click.key is not None
        wanted = click.value("option")
        if not _is_known(wanted):
            return toast("mode_unknown", severity="warning")
        self._conversations.save_settings(click.key, mode=wanted)
        shown = toast("mode_set", severity="success").toast
        return ClickResponse(toast=shown, view=self._card(click.key, "green"))

    def _card(self, key: ConversationKey, colour: Colour) -> Card:
        """The mode that holds, and the others to choose from, before and after a choice."""
        own = self._conversations.load(key).mode
        mode = own or self._chats.settings(key.chat_id).mode or AUTO
        return Card(
            title=Text("mode_title"),
            icon="🤖",
            colour=colour,
            blocks=(
                Field(Text("mode_now"), mode_label(mode)),
                Select(
                    options=mode_options(),
                    placeholder=Text("mode_choose"),
                    value={"act": "mode_set"},
                    chosen=mode,
                ),
                Paragraph(Text("mode_means"), is_small=True),
                scope_hint(key),
            ),
        )


def _is_known(mode: str) -> bool:
    return mode == AUTO or mode in MODES
