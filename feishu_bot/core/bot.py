"""The bot: takes events in, and works on them later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from feishu_bot.core.access import Rules
from feishu_bot.core.answers import Answers
from feishu_bot.core.clicks import Clicked, Later
from feishu_bot.core.commands.registry import Commands
from feishu_bot.core.intake import Intake
from feishu_bot.core.languages import Languages
from feishu_bot.core.limits import Limits
from feishu_bot.core.models import CardAction, IncomingMessage, Job, MenuPress
from feishu_bot.core.ports import Conversations, Inbox, Messenger, People
from feishu_bot.core.pressing import BOUND_WITHIN, Pressing
from feishu_bot.core.replies import Replies
from feishu_bot.core.views import View
from feishu_bot.core.workers import Control
from feishu_bot.core.working import Working


class Bot:
    """What Feishu's events and clicks mean to us.

    `patience` is how many seconds a click waits for its card to be known.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        conversations: Conversations,
        people: People,
        messenger: Messenger,
        answers: Answers,
        commands: Commands,
        later: Later,
        languages: Languages,
        rules: Rules,
        limits: Limits,
        greet: Callable[[IncomingMessage], View | None] = lambda message: None,
        patience: float = BOUND_WITHIN,
        p2p_context: Literal["thread", "chat"] = "thread",
        answers_all: bool = False,
        log_messages: bool = False,
    ) -> None:
        self._inbox = inbox
        self._intake = Intake(
            conversations=conversations,
            people=people,
            messenger=messenger,
            commands=commands,
            later=later,
            languages=languages,
            rules=rules,
            p2p_context=p2p_context,
            answers_all=answers_all,
        )
        self._pressing = Pressing(
            conversations=conversations,
            people=people,
            commands=commands,
            languages=languages,
            rules=rules,
            patience=patience,
        )
        replies = Replies(
            inbox=inbox,
            conversations=conversations,
            people=people,
            messenger=messenger,
            opening=self._intake.opening,
        )
        answers.on_sent = lambda message: replies.note_chat(message, message.chat_id)
        self._working = Working(
            conversations=conversations,
            people=people,
            answers=answers,
            replies=replies,
            commands=commands,
            languages=languages,
            rules=rules,
            limits=limits,
            greet=greet,
            answers_all=answers_all,
            log_messages=log_messages,
        )
        self.on_stop: Callable[[str], None] = lambda dedupe_id: None

    def receive(self, event_id: str, message: IncomingMessage) -> None:
        """Take a message in, once. It is stored when this returns."""
        self._intake.receive(event_id, message)

    def press(self, press: MenuPress) -> None:
        """Take in that an entry of the bot's menu was pressed."""
        self._intake.press(press)

    def recall(self, message_id: str) -> None:
        """The message was recalled: its answer stops, and the conversation forgets it."""
        self._inbox.stop(message_id)
        self.on_stop(message_id)

    def act(self, action: CardAction) -> Clicked:
        """Take a click on a card in; what comes back is shown to who pressed it, at once."""
        return self._pressing.act(action)

    def work(self, job: Job, control: Control) -> None:
        """Do what an event asks for. Raises when it must be tried again."""
        self._working.work(job, control)
