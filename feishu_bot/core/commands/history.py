"""/history: a person's conversations, listed and searched, to go on with one of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card
from feishu_bot.core.commands.history_cards import (
    Page,
    Reader,
    elsewhere_card,
    going_on_card,
    here_card,
    list_card,
)
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import Conversations, KeyResolver
from feishu_bot.core.history import History, PastConversation
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import RunCommand
from feishu_bot.core.text import whole_number

PAGE_SIZE = 8
# A search looks for so many words at most, in so many pages of conversations.
MOST_WORDS = 5
MOST_CHARS = 100
MOST_PAGES = 50


@dataclass(frozen=True)
class HistoryCommands(CommandGroup):
    """In a private chat all conversations of the person, in a group those of that group.

    Whatever a click says: conversations are looked up as those of the person who clicked.
    """

    history: History
    conversations: Conversations
    keys: KeyResolver
    people: People
    enqueuer: Enqueuer
    policy: AccessPolicy
    _: KW_ONLY
    clock: Callable[[], float] = time.time

    @command("history", "/history", "历史", "/历史", "对话列表", "/对话列表")
    def show(self, context: CommandContext) -> Card | Notice | None:
        """Show the newest conversations, or those that the words after the command are in."""
        open_id = context.sender.open_id
        chosen = context.data.get("origin", "")
        if chosen:
            return self._take_up(context, chosen)
        reader = self._reader(open_id, context.key.chat_id, context.chat_type)
        page = self._page(reader, context.argument, 0)
        if not page.conversations and not page.words:
            return Notice("history_empty" if reader.is_private else "history_empty_group")
        return list_card(reader, page, now=self.clock())

    @action("history_page", "words")
    def turn_page(self, click: CardClick) -> ClickResponse:
        """Show another page, or what was searched for."""
        reader = self._reader_of(click)
        if reader is None:
            return toast("history_not_yours", "warning")
        number = whole_number(click.value("page"), digits=3) or 0
        page = self._page(reader, click.value("words"), number)
        return ClickResponse(card=list_card(reader, page, now=self.clock()))

    @action("history_go_on")
    def go_on(self, click: CardClick) -> ClickResponse:
        """Go on with a conversation: here, or with a reply where it is."""
        reader = self._reader_of(click)
        if reader is None:
            return toast("history_not_yours", "warning")
        found = self._find(reader.open_id, click.value("origin"), reader.scope)
        if found is None:
            return toast("history_gone", "warning")
        running = self.keys.opened_by("", reader.chat_id, "p2p")
        if reader.is_private and found.key == running:
            if not self.conversations.go_on_from(found.key, found.last.id or 0):
                return toast("history_gone", "warning")
            return toast("history_told", "success").with_card(going_on_card(reader, found))
        is_private = found.key.chat_id == reader.private_chat
        group = "" if is_private else found.key.chat_id
        refusal = self.policy.refusal(click.action.operator, self.people, group=group)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        if not self._reply_there(click, found, is_private=is_private):
            return toast("history_sent_before")
        return toast("history_sent", "success").with_card(elsewhere_card(reader, found))

    def _reply_there(self, click: CardClick, found: PastConversation, *, is_private: bool) -> bool:
        """Have the bot reply to the last answer, once for each list that it is chosen on."""
        action = click.action
        return self.enqueuer.enqueue(
            QueuedTask(
                event_id=action.event_id,
                dedupe_id=f"history:{action.message_id}:{found.last.id}",
                key=found.key,
                target=ReplyTarget(
                    message_id=(found.last.question_id, *found.last.answer_ids)[-1],
                    chat_id=found.key.chat_id,
                    chat_type="p2p" if is_private else "group",
                    sender=action.operator,
                ),
                task=RunCommand(name="history", data={"origin": str(found.origin)}),
            )
        )

    def _take_up(self, context: CommandContext, chosen: str) -> Card | None:
        """Say nothing of what was forgotten meanwhile."""
        found = self._find(context.sender.open_id, chosen, context.key.chat_id)
        if found is None or not self.conversations.go_on_from(found.key, found.last.id or 0):
            return None
        return here_card(found, is_private=context.chat_type == "p2p")

    def _page(self, reader: Reader, said: str, number: int) -> Page:
        words = said[:MOST_CHARS].split()[:MOST_WORDS]
        number = min(number, MOST_PAGES - 1)
        who, where, skip = reader.open_id, reader.scope, number * PAGE_SIZE
        # One more than are shown tells whether there is another page.
        limit = PAGE_SIZE + 1
        if words:
            found = self.history.search(who, words, chat_id=where, limit=limit, skip=skip)
        else:
            found = self.history.newest(who, chat_id=where, limit=limit, skip=skip)
        has_more = len(found) > PAGE_SIZE and number + 1 < MOST_PAGES
        return Page(
            conversations=found[:PAGE_SIZE],
            number=number,
            has_more=has_more,
            words=" ".join(words),
        )

    def _find(self, open_id: str, origin: str, scope: str) -> PastConversation | None:
        turn_id = whole_number(origin)
        return self.history.find(open_id, turn_id, chat_id=scope) if turn_id is not None else None

    def _reader_of(self, click: CardClick) -> Reader | None:
        """None for somebody who presses on another one's list."""
        open_id = click.action.operator.open_id
        if click.value("of") != open_id:
            return None
        return self._reader(open_id, click.key.chat_id, click.chat_type or "")

    def _reader(self, open_id: str, chat_id: str, chat_type: str) -> Reader:
        is_private = chat_type == "p2p"
        private_chat = chat_id if is_private else self.people.get(open_id).private_chat
        return Reader(open_id, chat_id, private_chat, is_private)
