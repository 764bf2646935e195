"""/reload: all turns of a conversation, to go on from any of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass

from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Buttons, Card, Option, Paragraph, Select, Text
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import ConversationKey, Conversations, Turn
from feishu_bot.core.languages import Language
from feishu_bot.core.notices import Notice
from feishu_bot.core.text import shorten, whole_number

PAGE_SIZE = 20
QUESTION_CHARS = 32
MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class NumberedTurn:
    """A turn with its number, and how many branches lead to it."""

    number: int
    turn: Turn
    depth: int
    is_again: bool
    title: str


@dataclass(frozen=True)
class ReloadCommands(CommandGroup):
    """Shows the tree of turns, newest at the bottom, and goes back to one of them."""

    conversations: Conversations
    words: Mapping[Language, Callable[..., str]]
    _: KW_ONLY
    clock: Callable[[], float] = time.time

    @command("reload", "/reload", "历史回档", "/历史回档", targets_latest=True)
    def show(self, context: CommandContext) -> Card | Notice:
        """Show the newest turns."""
        return self._page(context.key, 0) or Notice("reload_empty")

    @action("turns")
    def turn_page(self, click: CardClick) -> ClickResponse:
        """Show older or newer turns."""
        card = self._page(click.key, whole_number(click.value("page"), digits=6) or 0)
        return ClickResponse(card=card) if card else toast("reload_gone", "warning")

    @action("go_back", "option")
    def go_back(self, click: CardClick) -> ClickResponse:
        """Continue from the turn that was chosen."""
        chosen = click.value("option")
        turns = self.conversations.tree(click.key, whole=True)
        is_there = any(str(one.id) == chosen for one in turns)
        if not is_there or not self.conversations.go_on_from(click.key, int(chosen)):
            return toast("reload_gone", "warning")
        # Numbered as /reload shows them from now on: it may be one from before /new.
        numbered = self._numbered(self.conversations.tree(click.key))
        turn = next((one for one in numbered if str(one.turn.id) == chosen), None)
        if turn is None:
            return toast("reload_gone", "warning")
        number = str(turn.number)
        said = {"number": number, "question": turn.title}
        blocks = (
            Paragraph(Text("reload_done", said)),
            Paragraph(Text("reload_how"), is_small=True),
            Buttons((Button.of(Text("button_reload"), "turns", page="0"),)),
        )
        card = Card(title=Text("reload_title"), icon="🌿", colour="green", blocks=blocks)
        return toast("reload_told", "success", number=number).with_card(card)

    def _page(self, key: ConversationKey, page: int) -> Card | None:
        # Where nothing was said since it began afresh, people look for what was before.
        tree = self.conversations.tree(key) or self.conversations.tree(key, whole=True)
        turns = self._numbered(tree)
        end = len(turns) - page * PAGE_SIZE
        shown = turns[max(0, end - PAGE_SIZE) : max(0, end)]
        if not shown:
            return None
        path = self.conversations.load(key).turns
        current = path[-1].id if path else None
        options = (Option(_label(one), str(one.turn.id)) for one in shown)
        select = Select.of(Text("reload_choose"), "go_back", options)
        pages = []
        if end > PAGE_SIZE:
            pages.append(Button.of(Text("button_older"), "turns", page=str(page + 1)))
        if page > 0:
            pages.append(Button.of(Text("button_newer"), "turns", page=str(page - 1)))
        lines = "\n".join(self._line(one, one.turn.id == current) for one in shown)
        ask = Paragraph(Text("reload_ask"), is_small=True)
        more = (Buttons(tuple(pages)),) if pages else ()
        blocks = (ask, Paragraph(lines), select, *more)
        return Card(title=Text("reload_title"), icon="🌿", blocks=blocks)

    def _numbered(self, turns: Sequence[Turn]) -> list[NumberedTurn]:
        return number_turns(turns, continued_by(self.words))

    def _line(self, one: NumberedTurn, is_current: bool) -> str:
        indent = "　" * (one.depth - 1) + "├ " if one.depth else ""
        again = "↻ " if one.is_again else ""
        here = " 📍" if is_current else ""
        at = self._time(one.turn.created_at)
        return f"{indent}{one.number} · {at} · {again}{one.title}{here}"

    def _time(self, seconds: float) -> str:
        at, now = time.localtime(seconds), time.localtime(self.clock())
        return time.strftime("%H:%M" if at[:3] == now[:3] else "%m-%d %H:%M", at)


def continued_by(words: Mapping[Language, Callable[..., str]]) -> frozenset[str]:
    """What the model is told when people press Continue: no words of theirs."""
    return frozenset(texts("continue_prompt") for texts in words.values())


def number_turns(
    turns: Sequence[Turn], prompts: Collection[str] = frozenset()
) -> list[NumberedTurn]:
    """Those turns that have an answer, oldest first, with their place in the tree.

    One that was asked for by one of these prompts goes by the question that it continues.
    """
    children: dict[int | None, int] = {}
    depths: dict[int | None, int] = {}
    asked: set[str] = set()
    titles: dict[int | None, str] = {}
    result: list[NumberedTurn] = []
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
        depths[turn.id] = min(depth, MAX_DEPTH)
        is_continued = turn.question in prompts
        titles[turn.id] = titles.get(turn.parent, "") if is_continued else question_title(turn)
        title = f"▶ {titles[turn.id]}".rstrip() if is_continued else titles[turn.id]
        result.append(NumberedTurn(len(result) + 1, turn, depths[turn.id], is_again, title))
    return result


def question_title(turn: Turn) -> str:
    """The first words of its question, on one line."""
    words = " ".join(without_context(turn.question).split())
    return shorten(words, QUESTION_CHARS)


def _label(one: NumberedTurn) -> str:
    return f"{one.number} · {'↻ ' if one.is_again else ''}{one.title}"
