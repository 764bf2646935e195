"""What people send, taken in while Feishu waits."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Literal

from feishu_bot import metrics
from feishu_bot.core import access
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.commands.registry import CommandCall, CommandContext, Commands, UnknownCommand
from feishu_bot.core.commands.welcome import menu_command
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.effective_settings import Languages
from feishu_bot.core.messages import IncomingMessage, MenuClick
from feishu_bot.core.messenger import Messenger
from feishu_bot.core.people import People
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import EventKind, QueuedTask

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
        enqueuer: Enqueuer,
        languages: Languages,
        policy: AccessPolicy,
        p2p_context: Literal["thread", "chat"],
        answers_all: bool,
    ) -> None:
        self._conversations = conversations
        self._people = people
        self._messenger = messenger
        self._commands = commands
        self._enqueuer = enqueuer
        self._languages = languages
        self._policy = policy
        self._p2p_context = p2p_context
        self._answers_all = answers_all

    def receive(self, event_id: str, message: IncomingMessage) -> None:
        """Take a message in, once. It is stored when this returns."""
        verdict = access.should_answer(
            message,
            self._messenger.identity(),
            self._conversations,
            answers_all=self._answers_all,
        )
        metrics.EVENTS.labels(verdict=verdict.value).inc()
        if verdict is not access.Decision.ANSWER:
            logger.info("message_id=%s ignored=%s", message.message_id, verdict.value)
            return
        key = self._key_of(message)
        self._take(event_id, message.message_id, "message", key, message)

    def press(self, press: MenuClick) -> None:
        """An entry of the bot's menu says in the private chat what could be typed there."""
        dedupe_id = f"menu:{press.event_id}"
        message = IncomingMessage(
            message_id="",
            # Empty for somebody never heard of: then it becomes known by what is sent to them.
            chat_id=self._people.get(press.person.open_id).private_chat,
            chat_type="p2p",
            sender=press.person,
            kind="text",
            text=menu_command(self._commands, press.entry),
            created_at=press.created_at,
        )
        key = self.opening(message.chat_id, dedupe_id, message)
        self._take(press.event_id, dedupe_id, "command", key, message)

    def opening(self, chat_id: str, root: str, message: IncomingMessage) -> ConversationKey:
        """The conversation of something that the bot sends without being written to."""
        if message.chat_type == "p2p" and self._p2p_context == "chat" and chat_id:
            return ConversationKey(chat_id, "chat")
        return ConversationKey(chat_id, root)

    def _take(
        self,
        event_id: str,
        dedupe_id: str,
        kind: EventKind,
        key: ConversationKey,
        message: IncomingMessage,
    ) -> None:
        called = self._commands.read(message.text)
        # The card that suggests a command belongs where the command will be pressed.
        meant = (
            self._commands.read(called.nearest) if isinstance(called, UnknownCommand) else called
        )
        if isinstance(meant, CommandCall):
            is_new = key.root == dedupe_id
            key = self._key_for(meant, message, key, is_new=is_new)
        if isinstance(called, CommandCall):
            message = self._done_at_once(called, message, key)
        event = QueuedTask(
            event_id=event_id, dedupe_id=dedupe_id, kind=kind, key=key, message=message
        )
        self._enqueuer.put_event(event)

    def _done_at_once(
        self, called: CommandCall, message: IncomingMessage, key: ConversationKey
    ) -> IncomingMessage:
        """What a command does before its turn comes; nothing for who may not ask."""
        at_once = called.command.on_receive
        if at_once is None or self._policy.refusal_of(message, self._people):
            return message
        request = CommandContext(
            message=message,
            key=key,
            argument=called.argument,
            language=self._languages.of(message.sender.open_id, message.chat_id),
            is_admin=self._policy.is_admin(message.sender),
        )
        return replace(message, action=at_once(request))

    def _key_of(self, message: IncomingMessage) -> ConversationKey:
        """One running conversation for a private chat, where that is wanted; else the thread's."""
        is_topic = bool(message.thread_id)
        if message.chat_type == "p2p" and self._p2p_context == "chat" and not is_topic:
            return ConversationKey(message.chat_id, "chat")
        return self._conversations.resolve(message)

    def _key_for(
        self, called: CommandCall, message: IncomingMessage, key: ConversationKey, *, is_new: bool
    ) -> ConversationKey:
        """The conversation a command is about, where its message would open a new one."""
        if called.command.targets_latest and is_new and message.chat_type == "p2p":
            return self._conversations.newest(message.chat_id) or key
        return key
