"""/ai_mode: how freely the model answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.clicks import Click, Clicked, told
from feishu_bot.core.commands.choices import mode_options, mode_words, reach
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import ThreadKey
from feishu_bot.core.modes import AUTO, MODES
from feishu_bot.core.ports import Chats, Conversations
from feishu_bot.core.views import Colour, Paragraph, Row, Say, Select, View


class Modes:
    """A mode is stored with the conversation and holds for every turn that follows."""

    def __init__(self, conversations: Conversations, chats: Chats) -> None:
        self._conversations = conversations
        self._chats = chats

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/ai_mode", "AI模式", "/AI模式", "发散模式", "/发散模式", "/mode")
        return (Command(name="mode", words=words, run=self.mode),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"mode_set": self.set}

    def mode(self, request: Request) -> View:
        """Show the modes, or take the one that is named."""
        wanted = request.argument.lower()
        if _is_known(wanted):
            self._conversations.save_settings(request.key, mode=wanted)
            return self._card(request.key, "green")
        return self._card(request.key, "blue")

    def set(self, click: Click) -> Clicked:
        assert click.key is not None
        wanted = click.value("option")
        if not _is_known(wanted):
            return told("mode_unknown", gravity="warning")
        self._conversations.save_settings(click.key, mode=wanted)
        toast = told("mode_set", gravity="success").toast
        return Clicked(toast=toast, view=self._card(click.key, "green"))

    def _card(self, key: ThreadKey, colour: Colour) -> View:
        """The mode that holds, and the others to choose from, before and after a choice."""
        own = self._conversations.load(key).mode
        mode = own or self._chats.settings(key.chat_id).mode or AUTO
        return View(
            title=Say("mode_title"),
            icon="🤖",
            colour=colour,
            blocks=(
                Row(Say("mode_now"), mode_words(mode)),
                Select(
                    options=mode_options(),
                    placeholder=Say("mode_choose"),
                    value={"act": "mode_set"},
                    chosen=mode,
                ),
                Paragraph(Say("mode_means"), is_small=True),
                reach(key),
            ),
        )


def _is_known(mode: str) -> bool:
    return mode == AUTO or mode in MODES
