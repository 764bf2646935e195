"""/new and /clear: begin a conversation afresh, at once or after a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Buttons, Card, Colour, Paragraph, Text
from feishu_bot.core.commands.registry import Command, CommandContext
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.notices import Notice


class ResetCommands:
    """Neither deletes anything: what was said stays in the tree, but isn't part of what follows."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    @property
    def commands(self) -> tuple[Command, ...]:
        return (
            Command(name="new", words=("/new", "新话题", "/新话题"), run=self.new),
            Command(name="clear", words=("/clear", "清除", "/清除"), run=self.ask),
        )

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {"clear": self.clear, "keep": self.keep}

    def new(self, request: CommandContext) -> Notice:
        self._conversations.clear(request.key)
        return Notice("new_topic")

    def ask(self, request: CommandContext) -> Card:
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

    def clear(self, click: CardClick) -> ClickResponse:
        assert click.key is not None
        self._conversations.clear(click.key)
        return ClickResponse(
            toast=toast("clear_done", severity="success").toast, view=_settled("clear_done", "grey")
        )

    def keep(self, click: CardClick) -> ClickResponse:
        return ClickResponse(toast=toast("clear_kept").toast, view=_settled("clear_kept", "green"))


def _settled(kind: str, colour: Colour) -> Card:
    return Card(
        title=Text("clear_title"),
        icon="🧹",
        colour=colour,
        blocks=(Paragraph(Text(kind)),),
    )
