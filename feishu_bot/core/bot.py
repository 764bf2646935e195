"""The bot: takes events in, and works on them later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from feishu_bot import metrics
from feishu_bot.core import access
from feishu_bot.core.answers import Answers
from feishu_bot.core.models import (
    CardAction,
    Event,
    IncomingMessage,
    Job,
    Notice,
    Outcome,
    ThreadKey,
    Toast,
)
from feishu_bot.core.ports import Conversations, Inbox, Messenger
from feishu_bot.core.workers import Control
from feishu_bot.errors import FeishuError, FeishuUnavailable, LeaseLost

logger = logging.getLogger(__name__)

NEW_TOPIC = frozenset({"/new", "新话题"})
ANSWERED_KINDS = frozenset({"text", "post"})
# A job that failed this often fails for a reason that another try won't cure.
MOST_ATTEMPTS = 5


class Bot:
    """What Feishu's events and clicks mean to us."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        conversations: Conversations,
        messenger: Messenger,
        answers: Answers,
        continue_prompt: str,
        p2p_context: Literal["thread", "chat"] = "thread",
        log_messages: bool = False,
    ) -> None:
        self._inbox = inbox
        self._conversations = conversations
        self._messenger = messenger
        self._answers = answers
        self._continue_prompt = continue_prompt
        self._p2p_context = p2p_context
        self._log_messages = log_messages
        self.on_work: Callable[[], None] = lambda: None
        self.on_stop: Callable[[str], None] = lambda message_id: None

    def receive(self, event_id: str, message: IncomingMessage) -> None:
        """Take a message in, once. It is stored when this returns."""
        verdict = access.decide(message, self._messenger.identity(), self._conversations)
        metrics.EVENTS.labels(verdict=verdict.value).inc()
        if verdict is not access.Verdict.ANSWER:
            logger.info("message_id=%s ignored=%s", message.message_id, verdict.value)
            return
        event = Event(
            event_id=event_id,
            dedupe_id=message.message_id,
            kind="message",
            key=self._key_of(message),
            message=message,
        )
        self._put(event)

    def recall(self, message_id: str) -> None:
        """The message was recalled: its answer stops, and the conversation forgets it."""
        self._inbox.stop(message_id)
        self.on_stop(message_id)

    def act(self, action: CardAction) -> Toast:
        """Take a click on a card in; the toast tells the person what comes of it."""
        if action.value.get("act") != "continue":
            logger.info("card action unknown message_id=%s", action.message_id)
            return Toast("warning", Notice("action_unknown"))
        key = self._conversations.key_of(action.message_id)
        if key is None:
            return Toast("warning", Notice("continue_unknown"))
        message = IncomingMessage(
            message_id=action.message_id,
            chat_id=key.chat_id,
            # The card stands where the answer belongs, so a plain reply to it is right anywhere.
            chat_type="p2p",
            sender=action.operator,
            kind="text",
            text=self._continue_prompt,
            parent_id=action.message_id,
        )
        # One answer goes on once, however often and by however many people the button is pressed.
        dedupe_id = f"continue:{action.message_id}"
        self._put(
            Event(
                event_id=action.event_id,
                dedupe_id=dedupe_id,
                kind="continue",
                key=key,
                message=message,
            )
        )
        return Toast("info", Notice("continue_started"))

    def work(self, job: Job, control: Control) -> None:
        """Do what an event asks for. Raises when it must be tried again."""
        message = job.event.message
        if message.kind not in ANSWERED_KINDS:
            self._notify(job, Notice("unsupported_message", {"kind": message.kind}))
        elif not message.text.strip():
            self._notify(job, Notice("empty_question"))
        elif message.text.strip() in NEW_TOPIC:
            self._conversations.clear(job.event.key)
            self._notify(job, Notice("new_topic"))
        elif job.event.kind == "continue" and not self._has_turns(job):
            self._notify(job, Notice("continue_unknown"))
        elif job.attempt > MOST_ATTEMPTS:
            self._answers.give_up(job, message.text, control)
        else:
            if self._log_messages:
                logger.info("question message_id=%s text=%r", message.message_id, message.text)
            self._answers.answer(job, message.text, control)

    def _key_of(self, message: IncomingMessage) -> ThreadKey:
        """One running conversation for a private chat, where that is wanted; else the thread's."""
        is_topic = bool(message.thread_id)
        if message.chat_type == "p2p" and self._p2p_context == "chat" and not is_topic:
            return ThreadKey(message.chat_id, "chat")
        return self._conversations.resolve(message)

    def _has_turns(self, job: Job) -> bool:
        """Whether there is anything to go on from: the conversation may have begun afresh."""
        message = job.event.message
        return bool(self._conversations.load(job.event.key, message.parent_id).turns)

    def _put(self, event: Event) -> None:
        is_new = self._inbox.put(event)
        logger.info(
            "event_id=%s dedupe_id=%s conversation=%s new=%s",
            event.event_id,
            event.dedupe_id,
            event.key,
            is_new,
        )
        if is_new:
            self.on_work()

    def _notify(self, job: Job, notice: Notice) -> None:
        event = job.event
        outcome: Outcome = "noticed"
        try:
            sent = self._messenger.notify(event.message, notice, reference=event.dedupe_id)
            self._conversations.bind(event.key, sent)
        except FeishuUnavailable:
            if job.attempt <= MOST_ATTEMPTS:
                raise
            outcome = "failed"
        except FeishuError as exc:
            logger.warning("notice refused event_id=%s error=%s", event.event_id, exc)
            outcome = "failed"
        try:
            self._inbox.finish(job, outcome, None, None)
        except LeaseLost:
            logger.info("notice taken over event_id=%s", event.event_id)
        metrics.ANSWERS.labels(outcome=outcome).inc()
        logger.info(
            "notice event_id=%s message_id=%s conversation=%s outcome=%s notice=%s attempt=%d",
            event.event_id,
            event.message.message_id,
            event.key,
            outcome,
            notice.kind,
            job.attempt,
        )
