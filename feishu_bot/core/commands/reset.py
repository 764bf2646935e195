"""/new and /clear: start a new conversation, at once or after a question."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Block, Button, Buttons, Card, Colour, Paragraph, Text
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
        yes = Button.of(Text("button_clear_yes"), "clear", style="danger")
        no = Button.of(Text("button_clear_no"), "keep")
        means = Paragraph(Text("clear_means"), is_small=True)
        return _card("orange", "clear_ask", means, Buttons((yes, no)))

    @action("clear")
    def clear(self, click: CardClick) -> ClickResponse:
        """Start a new conversation."""
        self.conversations.clear(click.key)
        return toast("clear_done", "success").with_card(_card("grey", "clear_done"))

    @action("keep")
    def keep(self, click: CardClick) -> ClickResponse:
        """Leave everything as it is."""
        return toast("clear_kept").with_card(_card("green", "clear_kept"))


def _card(colour: Colour, words: str, *blocks: Block) -> Card:
    blocks = (Paragraph(Text(words)), *blocks)
    return Card(title=Text("clear_title"), icon="🧹", colour=colour, blocks=blocks)
