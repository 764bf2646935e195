"""/new and /clear: start a new conversation, at once or after a question."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Buttons, Card, Colour, Paragraph, Text
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.notices import Notice


@dataclass(frozen=True)
class ResetCommands(CommandGroup):
    """Neither deletes anything: what was said stays in the tree, but isn't part of what follows."""

    conversations: Conversations

    @command("new", "/new", "新话题", "/新话题")
    def new(self, context: CommandContext) -> Notice:
        """Start a new conversation."""
        self.conversations.clear(context.key)
        return Notice("new_topic")

    @command("clear", "/clear", "清除", "/清除")
    def ask(self, context: CommandContext) -> Card:
        """Ask whether to."""
        yes = Button(label=Text("button_clear_yes"), value={"act": "clear"}, style="danger")
        no = Button(label=Text("button_clear_no"), value={"act": "keep"})
        return Card(
            title=Text("clear_title"),
            icon="🧹",
            colour="orange",
            blocks=(
                Paragraph(Text("clear_ask")),
                Paragraph(Text("clear_means"), is_small=True),
                Buttons((yes, no)),
            ),
        )

    @action("clear")
    def clear(self, click: CardClick) -> ClickResponse:
        """Start a new conversation."""
        self.conversations.clear(click.key)
        return toast("clear_done", "success").with_card(_settled("clear_done", "grey"))

    @action("keep")
    def keep(self, click: CardClick) -> ClickResponse:
        """Leave everything as it is."""
        return toast("clear_kept").with_card(_settled("clear_kept", "green"))


def _settled(kind: str, colour: Colour) -> Card:
    return Card(
        title=Text("clear_title"), icon="🧹", colour=colour, blocks=(Paragraph(Text(kind)),)
    )
