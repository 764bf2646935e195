"""/new and /clear: begin a conversation afresh, at once or after a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.clicks import Click, Clicked, told
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import Notice
from feishu_bot.core.ports import Conversations
from feishu_bot.core.views import Button, Buttons, Colour, Paragraph, Say, View


class Topics:
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
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"clear": self.clear, "keep": self.keep}

    def new(self, request: Request) -> Notice:
        self._conversations.clear(request.key)
        return Notice("new_topic")

    def ask(self, request: Request) -> View:
        yes = Button(label=Say("button_clear_yes"), value={"act": "clear"}, style="danger")
        no = Button(label=Say("button_clear_no"), value={"act": "keep"})
        return View(
            title=Say("clear_title"),
            icon="🧹",
            colour="orange",
            blocks=(
                Paragraph(Say("clear_ask")),
                Paragraph(Say("clear_means"), is_small=True),
                Buttons((yes, no)),
            ),
        )

    def clear(self, click: Click) -> Clicked:
        assert click.key is not None
        self._conversations.clear(click.key)
        return Clicked(
            toast=told("clear_done", gravity="success").toast, view=_settled("clear_done", "grey")
        )

    def keep(self, click: Click) -> Clicked:
        return Clicked(toast=told("clear_kept").toast, view=_settled("clear_kept", "green"))


def _settled(kind: str, colour: Colour) -> View:
    return View(
        title=Say("clear_title"),
        icon="🧹",
        colour=colour,
        blocks=(Paragraph(Say(kind)),),
    )
