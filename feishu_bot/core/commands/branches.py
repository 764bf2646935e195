"""/reload: all turns of a conversation, to go on from any of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from feishu_bot.core.background import without_background
from feishu_bot.core.clicks import Click, Clicked, told
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import Notice, ThreadKey, Turn
from feishu_bot.core.ports import Conversations
from feishu_bot.core.views import (
    Button,
    Buttons,
    Option,
    Paragraph,
    Say,
    Select,
    View,
)

TURNS_SHOWN = 20
QUESTION_CHARS = 32
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Numbered:
    """A turn with its number, and how many branches lead to it."""

    number: int
    turn: Turn
    depth: int
    is_again: bool


class Branches:
    """Shows the tree of turns, newest at the bottom, and goes back to one of them."""

    def __init__(
        self, conversations: Conversations, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._conversations = conversations
        self._clock = clock

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/reload", "历史回档", "/历史回档")
        return (Command(name="reload", words=words, run=self.show, about_newest=True),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"turns": self.turn_page, "go_back": self.go_back}

    def show(self, request: Request) -> View | Notice:
        return self._page(request.key, 0) or Notice("reload_empty")

    def turn_page(self, click: Click) -> Clicked:
        assert click.key is not None
        page = click.value("page")
        view = self._page(click.key, int(page) if page.isdecimal() else 0)
        return Clicked(view=view) if view else told("reload_gone", gravity="warning")

    def go_back(self, click: Click) -> Clicked:
        assert click.key is not None
        chosen = click.value("option")
        turns = numbered(self._conversations.tree(click.key))
        turn = next((one for one in turns if str(one.turn.id) == chosen), None)
        if turn is None or not self._conversations.go_on_from(click.key, int(chosen)):
            return told("reload_gone", gravity="warning")
        number = str(turn.number)
        said = {"number": number, "question": beginning(turn.turn)}
        back = Button(label=Say("button_reload"), value={"act": "turns", "page": "0"})
        view = View(
            title=Say("reload_title"),
            icon="🌿",
            colour="green",
            blocks=(
                Paragraph(Say("reload_done", said)),
                Paragraph(Say("reload_how"), is_small=True),
                Buttons((back,)),
            ),
        )
        toast = told("reload_told", gravity="success", number=number).toast
        return Clicked(toast=toast, view=view)

    def _page(self, key: ThreadKey, page: int) -> View | None:
        turns = numbered(self._conversations.tree(key))
        end = len(turns) - page * TURNS_SHOWN
        shown = turns[max(0, end - TURNS_SHOWN) : max(0, end)]
        if not shown:
            return None
        path = self._conversations.load(key).turns
        current = path[-1].id if path else None
        select = Select(
            options=tuple(Option(_label(one), str(one.turn.id)) for one in shown),
            placeholder=Say("reload_choose"),
            value={"act": "go_back"},
        )
        older = Button(label=Say("button_older"), value={"act": "turns", "page": str(page + 1)})
        newer = Button(label=Say("button_newer"), value={"act": "turns", "page": str(page - 1)})
        pages = (older,) * (end > TURNS_SHOWN) + (newer,) * (page > 0)
        lines = "\n".join(self._line(one, one.turn.id == current) for one in shown)
        return View(
            title=Say("reload_title"),
            icon="🌿",
            blocks=(
                Paragraph(Say("reload_ask"), is_small=True),
                Paragraph(lines),
                select,
                *((Buttons(pages),) if pages else ()),
            ),
        )

    def _line(self, one: Numbered, is_current: bool) -> str:
        indent = "　" * (one.depth - 1) + "├ " if one.depth else ""
        again = "↻ " if one.is_again else ""
        here = " 📍" if is_current else ""
        at = self._time(one.turn.created_at)
        return f"{indent}{one.number} · {at} · {again}{beginning(one.turn)}{here}"

    def _time(self, seconds: float) -> str:
        at, now = time.localtime(seconds), time.localtime(self._clock())
        return time.strftime("%H:%M" if at[:3] == now[:3] else "%m-%d %H:%M", at)


def numbered(turns: Sequence[Turn]) -> list[Numbered]:
    """Those turns that have an answer, oldest first, with their place in the tree."""
    children: dict[int | None, int] = {}
    depths: dict[int | None, int] = {}
    asked: set[str] = set()
    result: list[Numbered] = []
    for turn in turns:
        # Without an answer there is nothing to go on from; what follows it, follows its parent.
        if not turn.answer:
            depths[turn.id] = depths.get(turn.parent, 0)
            continue
        is_branch = children.get(turn.parent, 0) > 0 and turn.parent in depths
        children[turn.parent] = children.get(turn.parent, 0) + 1
        is_again = turn.question_id in asked
        asked.add(turn.question_id)
        depth = depths.get(turn.parent, 0) + (is_branch or is_again)
        depths[turn.id] = min(depth, DEEPEST)
        result.append(Numbered(len(result) + 1, turn, depths[turn.id], is_again))
    return result


def beginning(turn: Turn) -> str:
    """The first words of its question, on one line."""
    words = " ".join(without_background(turn.question).split())
    return words if len(words) <= QUESTION_CHARS else words[: QUESTION_CHARS - 1] + "…"


def _label(one: Numbered) -> str:
    return f"{one.number} · {'↻ ' if one.is_again else ''}{beginning(one.turn)}"
