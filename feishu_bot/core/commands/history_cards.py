"""The cards of /history."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from feishu_bot.core import days
from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Colour,
    Entry,
    Form,
    Input,
    Label,
    Paragraph,
    Text,
)
from feishu_bot.core.history import PastConversation
from feishu_bot.core.text import shorten
from feishu_bot.core.titles import first_line, title_of, without_marks

WORDS_CHARS = 60
# What is shown of a found text, and how much of that before the word.
QUOTE_CHARS, BEFORE_CHARS = 60, 20


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the card, and where: `private_chat` is empty as long as it isn't known.

    `chat_id` is where the card is; with `is_private` nobody else reads it.
    """

    open_id: str
    chat_id: str
    private_chat: str
    is_private: bool

    @property
    def chat(self) -> str:
        """The kind of chat, for the buttons: a click doesn't tell."""
        return "p2p" if self.is_private else "group"

    @property
    def scope(self) -> str:
        """The only chat whose conversations may be shown; empty where all may."""
        return "" if self.is_private else self.chat_id

    def button(self, label: Label, act: str, **value: str) -> Button:
        """One that only this reader may press."""
        own = {"act": act, "of": self.open_id, "chat": self.chat}
        return Button(label=label, value={**own, **value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some conversations, newest first; `words` is what they were searched for."""

    conversations: Sequence[PastConversation]
    number: int
    has_more: bool
    words: str


def list_card(reader: Reader, page: Page, *, now: float) -> Card:
    """A page of conversations, and a form to search them."""
    blocks: list[Block] = []
    if not reader.is_private:
        blocks.append(Paragraph(Text("history_group"), is_small=True))
    if not page.conversations:
        blocks.append(Paragraph(Text("history_none", {"words": shorten(page.words, WORDS_CHARS)})))
    blocks += [_entry(reader, one, page, now) for one in page.conversations]
    turning = tuple(_turning(reader, page))
    if turning:
        blocks.append(Buttons(turning))
    blocks += [_form(reader, page.words), Paragraph(Text("history_reload"), is_small=True)]
    title = Text("history_found", {"words": shorten(page.words, WORDS_CHARS)})
    is_found = page.words and page.conversations
    return _card(title if is_found else Text("history_title"), *blocks)


def going_on_card(reader: Reader, conversation: PastConversation) -> Card:
    """The private chat goes on from there."""
    blocks: list[Block] = [Paragraph(title_label(conversation))]
    line = first_line(conversation.last.answer)
    if line:
        blocks.append(Paragraph(Text("history_last", {"line": line}), is_small=True))
    blocks.append(Paragraph(Text("history_how_here")))
    blocks.append(Buttons((_all(reader),)))
    return _card(Text("history_going_on"), *blocks, colour="green")


def elsewhere_card(reader: Reader, conversation: PastConversation) -> Card:
    """The bot has replied in the conversation itself."""
    where = "history_sent_group"
    if _is_here(reader, conversation):
        where = "history_sent_here"
    elif conversation.key.chat_id == reader.private_chat:
        where = "history_sent_private"
    blocks = (
        Paragraph(title_label(conversation)),
        Paragraph(Text(where)),
        Buttons((_all(reader),)),
    )
    return _card(Text("history_going_on"), *blocks, colour="green")


def here_card(conversation: PastConversation, *, is_private: bool) -> Card:
    """What the bot replies in the conversation itself, so that it comes up again."""
    how = "history_how_reply" if is_private else "history_how_group"
    blocks = (Paragraph(title_label(conversation)), Paragraph(Text(how), is_small=True))
    return _card(Text("history_from_here"), *blocks, colour="green")


def title_label(conversation: PastConversation) -> Label:
    """What the conversation is called."""
    return title_of(conversation) or Text("history_untitled")


def _card(title: Label, *blocks: Block, colour: Colour = "indigo") -> Card:
    return Card(title=title, icon="🗂️", colour=colour, blocks=blocks)


def _entry(reader: Reader, one: PastConversation, page: Page, now: float) -> Entry:
    is_here = _is_here(reader, one)
    place: tuple[Label, ...] = ()
    if not is_here:
        is_private = one.key.chat_id == reader.private_chat
        place = (Text("history_private" if is_private else "history_elsewhere"),)
    turns = Text("history_turn" if one.count == 1 else "history_turns", {"count": str(one.count)})
    return Entry(
        title=title_label(one),
        # Of what was said in another chat only the title is shown.
        quote=_quote(one, page.words) if is_here else "",
        notes=(_when(one.asked_at, now), turns, *place),
        button=reader.button(Text("button_history_go_on"), "history_go_on", origin=str(one.origin)),
    )


def _is_here(reader: Reader, one: PastConversation) -> bool:
    return one.key.chat_id == reader.chat_id


def _quote(one: PastConversation, words: str) -> str:
    """Where the first of the words was found, unless the title has it."""
    word = next(iter(words.split()), "").lower()
    if one.found is None or not word or word in title_of(one).lower():
        return ""
    for text in (without_context(one.found.question), one.found.answer):
        line = " ".join(without_marks(text).split())
        at = line.lower().find(word)
        if at >= 0:
            start = max(0, at - BEFORE_CHARS)
            # At the beginning of a word, in languages that have spaces.
            start += line.find(" ", start, at) + 1 - start if start and " " in line[start:at] else 0
            return shorten(("…" if start else "") + line[start:], QUOTE_CHARS)
    return ""


def _when(at: float, now: float) -> Label:
    local = time.localtime(at)
    clock = {"time": time.strftime("%H:%M", local)}
    if at >= days.day_start(now):
        return Text("history_today", clock)
    if at >= days.day_start(now, 1):
        return Text("history_yesterday", clock)
    is_this_year = local.tm_year == time.localtime(now).tm_year
    return time.strftime("%m-%d %H:%M" if is_this_year else "%Y-%m-%d", local)


def _turning(reader: Reader, page: Page) -> list[Button]:
    buttons: list[Button] = []
    for label, number, is_there in (
        ("button_older", page.number + 1, page.has_more),
        ("button_newer", page.number - 1, page.number > 0),
    ):
        if is_there:
            turn_to = {"page": str(number), "words": page.words}
            buttons.append(reader.button(Text(label), "history_page", **turn_to))
    if page.words:
        buttons.append(_all(reader))
    return buttons


def _all(reader: Reader) -> Button:
    return reader.button(Text("button_history_all"), "history_page", page="0", words="")


def _form(reader: Reader, words: str) -> Form:
    field = Input(
        name="words",
        label=Text("history_search"),
        placeholder=Text("history_search_hint"),
        text=words,
        most=100,
    )
    submit = reader.button(Text("button_history_search"), "history_page", page="0")
    return Form(name="history", fields=(field,), submit=submit)
