"""/grant, /block and /unblock: what admins decide about people, in the chat."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feishu_bot.core import days
from feishu_bot.core.access import Rules
from feishu_bot.core.amounts import count
from feishu_bot.core.clicks import Click, Clicked, told
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.limits import Limits
from feishu_bot.core.models import Notice, Sender
from feishu_bot.core.ports import Ledger, Names, People
from feishu_bot.core.views import Block, Button, Buttons, Paragraph, Row, Say, View

_OPEN_ID = re.compile(r"\bou_\w+")
_NUMBER = re.compile(r"(?:^|\s)(\d{1,6})$")
MOST_GRANTED = 10_000


@dataclass(frozen=True, slots=True)
class _Person:
    """Whom a command is about: the open_id, and what to call them."""

    open_id: str
    name: str


class Admin:
    """Only words with a slash call these: the others are the beginnings of many a question."""

    def __init__(
        self,
        ledger: Ledger,
        people: People,
        limits: Limits,
        rules: Rules,
        names: Names,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._people = people
        self._limits = limits
        self._rules = rules
        self._names = names
        self._clock = clock

    @property
    def commands(self) -> tuple[Command, ...]:
        return (
            Command(
                name="grant", words=("/grant", "/加量"), run=self.grant, takes=True, for_admins=True
            ),
            Command(
                name="block", words=("/block", "/停用"), run=self.block, takes=True, for_admins=True
            ),
            Command(
                name="unblock",
                words=("/unblock", "/恢复"),
                run=self.unblock,
                takes=True,
                for_admins=True,
            ),
        )

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"unblock": self.press_unblock}

    def grant(self, request: Request) -> View | Notice:
        """So many questions more today, for the person who is named."""
        person = self._person(request)
        number = _NUMBER.search(_without_names(request))
        questions = int(number[1]) if number else 0
        if person is None or not 0 < questions <= MOST_GRANTED:
            return Notice("grant_how", {"most": count(MOST_GRANTED)})
        if self._rules.is_admin(Sender(person.open_id)):
            return Notice("grant_admin", {"name": person.name})
        if not self._limits.person.questions:
            return Notice("grant_needless")
        self._ledger.grant(
            person.open_id,
            days.day_name(self._clock()),
            questions,
            request.message.sender.open_id,
            message_id=request.message.message_id,
        )
        day = self._limits.day_of(person.open_id)
        holds = {"limit": count(day.quota.questions), "granted": count(day.granted)}
        left = max(0, day.quota.questions - day.spent.questions)
        return View(
            title=Say("grant_title"),
            icon="🎁",
            colour="green",
            blocks=(
                Paragraph(Say("grant_done", {"name": person.name, "questions": count(questions)})),
                Row(Say("grant_today"), Say("grant_holds", holds)),
                Row(Say("usage_left"), Say("grant_left", {"left": count(left)})),
                Paragraph(Say("usage_anew", {"zone": days.zone(self._clock())}), is_small=True),
            ),
        )

    def block(self, request: Request) -> View | Notice:
        """The person who is named is answered no more."""
        person = self._person(request)
        if person is None:
            return Notice("block_how")
        if self._rules.is_admin(Sender(person.open_id)):
            return Notice("block_admin", {"name": person.name})
        self._people.block(person.open_id, blocked=True)
        value = {"act": "unblock", "person": person.open_id, "name": person.name}
        return View(
            title=Say("block_title"),
            icon="⛔",
            colour="orange",
            blocks=(
                Paragraph(Say("block_done", {"name": person.name})),
                Paragraph(Say("block_means"), is_small=True),
                Buttons((Button(label=Say("button_unblock"), value=value),)),
            ),
        )

    def unblock(self, request: Request) -> View | Notice:
        """The person who is named is answered again."""
        person = self._person(request)
        return Notice("unblock_how") if person is None else self._unblock(person)

    def press_unblock(self, click: Click) -> Clicked:
        """The button on the card that says who was blocked."""
        if not click.is_admin:
            return told("admins_only", gravity="warning")
        person = _Person(click.value("person"), click.value("name"))
        toast = told("unblock_done", gravity="success", name=person.name).toast
        return Clicked(toast=toast, view=self._unblock(person))

    def _unblock(self, person: _Person) -> View:
        self._people.block(person.open_id, blocked=False)
        blocks: tuple[Block, ...] = (Paragraph(Say("unblock_done", {"name": person.name})),)
        if self._rules.lists_as_blocked(person.open_id):
            blocks = (*blocks, Paragraph(Say("unblock_listed")))
        return View(title=Say("unblock_title"), icon="✅", colour="green", blocks=blocks)

    def _person(self, request: Request) -> _Person | None:
        """The one person that the message names, by mention or by open_id; else None."""
        named = dict.fromkeys(_OPEN_ID.findall(_without_names(request)), "")
        named |= {mention.open_id: mention.name for mention in request.message.mentions}
        if len(named) != 1:
            return None
        ((open_id, name),) = named.items()
        return _Person(open_id, name or self._names.of(open_id) or open_id) if open_id else None


def _without_names(request: Request) -> str:
    """The argument without its mentions: names may hold numbers."""
    text = request.argument
    for mention in request.message.mentions:
        text = text.replace(f"@{mention.name}", " ")
    return text.strip()
