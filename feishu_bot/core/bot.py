"""The bot: takes events in, and works on them later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.card_actions import CardAction, ClickResponse
from feishu_bot.core.cards import Card
from feishu_bot.core.commands.registry import Commands
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.effective_settings import Languages
from feishu_bot.core.intake import Intake
from feishu_bot.core.messages import IncomingMessage, MenuClick
from feishu_bot.core.messenger import Messenger
from feishu_bot.core.people import People
from feishu_bot.core.pressing import BOUND_WITHIN, Pressing
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.inbox import Inbox
from feishu_bot.core.queue.job_control import JobControl
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.replier import Replier
from feishu_bot.core.tasks import Job
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
        answers: Answerer,
        commands: Commands,
        enqueuer: Enqueuer,
        languages: Languages,
        policy: AccessPolicy,
        quotas: QuotaChecker,
        greet: Callable[[IncomingMessage], Card | None] = lambda message: None,
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
            enqueuer=enqueuer,
            languages=languages,
            policy=policy,
            p2p_context=p2p_context,
            answers_all=answers_all,
        )
        self._pressing = Pressing(
            conversations=conversations,
            people=people,
            commands=commands,
            languages=languages,
            policy=policy,
            patience=patience,
        )
        replies = Replier(
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
            policy=policy,
            quotas=quotas,
            greet=greet,
            answers_all=answers_all,
            log_messages=log_messages,
        )
        self.on_stop: Callable[[str], None] = lambda dedupe_id: None

    def receive(self, event_id: str, message: IncomingMessage) -> None:
        """Take a message in, once. It is stored when this returns."""
        self._intake.receive(event_id, message)

    def press(self, press: MenuClick) -> None:
        """Take in that an entry of the bot's menu was pressed."""
        self._intake.press(press)

    def recall(self, message_id: str) -> None:
        """The message was recalled: its answer stops, and the conversation forgets it."""
        self._inbox.stop(message_id)
        self.on_stop(message_id)

    def act(self, action: CardAction) -> ClickResponse:
        """Take a click on a card in; what comes back is shown to who pressed it, at once."""
        return self._pressing.act(action)

    def work(self, job: Job, control: JobControl) -> None:
        """Do what an event asks for. Raises when it must be tried again."""
        self._working.work(job, control)
