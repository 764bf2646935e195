"""What people send, taken in while Feishu waits."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Literal

from feishu_bot import metrics
from feishu_bot.core import access
from feishu_bot.core.access import Rules
from feishu_bot.core.clicks import Later
from feishu_bot.core.commands.registry import Called, Commands, Misspelt, Request
from feishu_bot.core.languages import Languages
from feishu_bot.core.models import Event, EventKind, IncomingMessage, MenuPress, ThreadKey
from feishu_bot.core.ports import Conversations, Messenger, People
from feishu_bot.core.welcome import entry_text

logger = logging.getLogger(__name__)


class Intake:
    """Finds the conversation of a message or of a menu entry, and stores what is to be done."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        people: People,
        messenger: Messenger,
        commands: Commands,
        later: Later,
        languages: Languages,
        rules: Rules,
        p2p_context: Literal["thread", "chat"],
        answers_all: bool,
    ) -> None:
        self._conversations = conversations
        self._people = people
        self._messenger = messenger
        self._commands = commands
        self._later = later
        self._languages = languages
        self._rules = rules
        self._p2p_context = p2p_context
        self._answers_all = answers_all

    def receive(self, event_id: str, message: IncomingMessage) -> None:
        """Take a message in, once. It is stored when this returns."""
        verdict = access.decide(
            message,
            self._messenger.identity(),
            self._conversations,
            answers_all=self._answers_all,
        )
        metrics.EVENTS.labels(verdict=verdict.value).inc()
        if verdict is not access.Verdict.ANSWER:
            logger.info("message_id=%s ignored=%s", message.message_id, verdict.value)
            return
        key = self._key_of(message)
        self._take(event_id, message.message_id, "message", key, message)

    def press(self, press: MenuPress) -> None:
        """An entry of the bot's menu says in the private chat what could be typed there."""
        dedupe_id = f"menu:{press.event_id}"
        message = IncomingMessage(
            message_id="",
            # Empty for somebody never heard of: then it becomes known by what is sent to them.
            chat_id=self._people.get(press.person.open_id).private_chat,
            chat_type="p2p",
            sender=press.person,
            kind="text",
            text=entry_text(self._commands, press.entry),
            created_at=press.created_at,
        )
        key = self.opening(message.chat_id, dedupe_id, message)
        self._take(press.event_id, dedupe_id, "command", key, message)

    def opening(self, chat_id: str, root: str, message: IncomingMessage) -> ThreadKey:
        """The conversation of something that the bot sends without being written to."""
        if message.chat_type == "p2p" and self._p2p_context == "chat" and chat_id:
            return ThreadKey(chat_id, "chat")
        return ThreadKey(chat_id, root)

    def _take(
        self,
        event_id: str,
        dedupe_id: str,
        kind: EventKind,
        key: ThreadKey,
        message: IncomingMessage,
    ) -> None:
        called = self._commands.read(message.text)
        # The card that suggests a command belongs where the command will be pressed.
        meant = self._commands.read(called.nearest) if isinstance(called, Misspelt) else called
        if isinstance(meant, Called):
            is_new = key.root == dedupe_id
            key = self._key_for(meant, message, key, is_new=is_new)
        if isinstance(called, Called):
            message = self._done_at_once(called, message, key)
        event = Event(event_id=event_id, dedupe_id=dedupe_id, kind=kind, key=key, message=message)
        self._later.put_event(event)

    def _done_at_once(
        self, called: Called, message: IncomingMessage, key: ThreadKey
    ) -> IncomingMessage:
        """What a command does before its turn comes; nothing for who may not ask."""
        at_once = called.command.at_once
        if at_once is None or self._rules.refusal_of(message, self._people):
            return message
        request = Request(
            message=message,
            key=key,
            argument=called.argument,
            language=self._languages.of(message.sender.open_id, message.chat_id),
            is_admin=self._rules.is_admin(message.sender),
        )
        return replace(message, action=at_once(request))

    def _key_of(self, message: IncomingMessage) -> ThreadKey:
        """One running conversation for a private chat, where that is wanted; else the thread's."""
        is_topic = bool(message.thread_id)
        if message.chat_type == "p2p" and self._p2p_context == "chat" and not is_topic:
            return ThreadKey(message.chat_id, "chat")
        return self._conversations.resolve(message)

    def _key_for(
        self, called: Called, message: IncomingMessage, key: ThreadKey, *, is_new: bool
    ) -> ThreadKey:
        """The conversation a command is about, where its message would open a new one."""
        if called.command.about_newest and is_new and message.chat_type == "p2p":
            return self._conversations.newest(message.chat_id) or key
        return key
