"""/grant, /block and /unblock: what admins decide about people, in the chat."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from feishu_bot.core import days
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.administration.audit import Action, AuditLog, Change
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Buttons, Card, Field, Paragraph, Text
from feishu_bot.core.commands.extra import request_card
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.formatting import format_count
from feishu_bot.core.limits import Spending
from feishu_bot.core.messages import Sender
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People, UserDirectory
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.usage import UsageStore

_OPEN_ID = re.compile(r"\bou_\w+")
_NUMBER = re.compile(r"(?:^|\s)(\d{1,6})$")
MAX_GRANT = 10_000


@dataclass(frozen=True, slots=True)
class _Person:
    """Whom a command is about: the open_id, and what to call them."""

    open_id: str
    name: str


@dataclass(frozen=True)
class AdminCommands(CommandGroup):
    """Only words with a slash call these: the others are the beginnings of many a question."""

    usage: UsageStore
    people: People
    quotas: QuotaChecker
    policy: AccessPolicy
    names: UserDirectory
    audit: AuditLog
    _: KW_ONLY
    clock: Callable[[], float] = time.time

    @command("grant", "/grant", "/加量", takes_argument=True, for_admins=True)
    def grant(self, context: CommandContext) -> Card | Notice:
        """So many questions more today, for the person who is named; or what a person asks for."""
        if context.data.get("id"):
            return request_card(context.data, self.quotas)
        person = self._person(context)
        number = _NUMBER.search(_without_names(context))
        questions = int(number[1]) if number else 0
        if person is None or not 0 < questions <= MAX_GRANT:
            return Notice("grant_how", {"most": format_count(MAX_GRANT)})
        if self.policy.is_admin(Sender(person.open_id)):
            return Notice("grant_admin", {"name": person.name})
        state = self.quotas.of_person(person.open_id, "day")
        if state is None or "questions" not in state.window.limit.quota.units:
            return Notice("grant_needless")
        is_new = self.usage.grant(
            person.open_id,
            days.day_name(self.clock()),
            Spending(questions=questions),
            context.sender.open_id,
            message_id=context.task.target.message_id,
        )
        if is_new:
            said = f"{days.day_name(self.clock())}: +{questions} questions"
            self._note(context.sender, "grant", person.open_id, said)
        state = self.quotas.of_person(person.open_id, "day") or state
        holds = {
            "limit": format_count(int(state.limit_of("questions"))),
            "granted": format_count(state.granted.questions),
        }
        left = int(state.left("questions"))
        given = {"name": person.name, "questions": format_count(questions)}
        blocks = (
            Paragraph(Text("grant_done", given)),
            Field(Text("grant_today"), Text("grant_holds", holds)),
            Field(Text("usage_left"), Text("grant_left", {"left": format_count(left)})),
            Paragraph(Text("usage_anew", {"zone": days.zone(self.clock())}), is_small=True),
        )
        return Card(title=Text("grant_title"), icon="🎁", colour="green", blocks=blocks)

    @command("block", "/block", "/停用", takes_argument=True, for_admins=True)
    def block(self, context: CommandContext) -> Card | Notice:
        """The person who is named is answered no more."""
        person = self._person(context)
        if person is None:
            return Notice("block_how")
        if self.policy.is_admin(Sender(person.open_id)):
            return Notice("block_admin", {"name": person.name})
        self._note(context.sender, "block", person.open_id, "blocked")
        self.people.block(person.open_id, blocked=True)
        unblock = Button.of(
            Text("button_unblock"), "unblock", person=person.open_id, name=person.name
        )
        blocks = (
            Paragraph(Text("block_done", {"name": person.name})),
            Paragraph(Text("block_means"), is_small=True),
            Buttons((unblock,)),
        )
        return Card(title=Text("block_title"), icon="⛔", colour="orange", blocks=blocks)

    @command("unblock", "/unblock", "/恢复", takes_argument=True, for_admins=True)
    def unblock(self, context: CommandContext) -> Card | Notice:
        """The person who is named is answered again."""
        person = self._person(context)
        return Notice("unblock_how") if person is None else self._unblock(person, context.sender)

    @action("unblock")
    def press_unblock(self, click: CardClick) -> ClickResponse:
        """The button on the card that says who was blocked."""
        if not click.is_admin:
            return toast("admins_only_short", "warning")
        person = _Person(click.value("person"), click.value("name"))
        done = toast("unblock_done", "success", name=person.name)
        return done.with_card(self._unblock(person, click.action.operator))

    def _note(self, by: Sender, action: Action, subject: str, after: str) -> None:
        self.audit.add(Change(actor=by.open_id, action=action, subject=subject, after=after))

    def _unblock(self, person: _Person, by: Sender) -> Card:
        self._note(by, "unblock", person.open_id, "allowed")
        self.people.block(person.open_id, blocked=False)
        blocks = [Paragraph(Text("unblock_done", {"name": person.name}))]
        if self.policy.lists_as_blocked(person.open_id):
            blocks.append(Paragraph(Text("unblock_listed")))
        return Card(title=Text("unblock_title"), icon="✅", colour="green", blocks=tuple(blocks))

    def _person(self, context: CommandContext) -> _Person | None:
        """The one person that the message names, by mention or by open_id; else None."""
        named = dict.fromkeys(_OPEN_ID.findall(_without_names(context)), "")
        named |= {mention.open_id: mention.name for mention in context.mentions}
        if len(named) != 1:
            return None
        ((open_id, name),) = named.items()
        return _Person(open_id, name or self.names.of(open_id) or open_id) if open_id else None


def _without_names(context: CommandContext) -> str:
    """The argument without its mentions: names may hold numbers."""
    text = context.argument
    for mention in context.mentions:
        text = text.replace(f"@{mention.name}", " ")
    return text.strip()
