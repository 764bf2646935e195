"""Puts tasks into the inbox."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from feishu_bot.core.card_actions import CardClick
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.queue.inbox import Inbox
from feishu_bot.core.tasks import EventKind, QueuedTask

logger = logging.getLogger(__name__)

# How often something that comes to no answer may be asked for, within the inbox's memory.
MAX_REPEATS = 20


class Enqueuer:
    """Puts into the inbox what a click asks for, since Feishu waits three seconds at most."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.on_work: Callable[[], None] = lambda: None

    def put(
        self,
        click: CardClick,
        kind: EventKind,
        text: str,
        *,
        once: str = "",
        until_answered: bool = False,
        action: Mapping[str, Any] | None = None,
        reply_to: str = "",
    ) -> bool:
        """Do what a message with this `text` would, as a reply to the pressed card.

        `reply_to` is another message for the reply, which is then stopped with that message.

        `once` names what is done one time only, however often and by however many it is asked
        for; then False says that it was asked for before. With `until_answered` it can be asked
        for again when it has come to no answer: a limit may have been reached, the model been
        away. Raises ValueError without a key.
        """
        if click.key is None:
            raise ValueError("the card belongs to no conversation")
        pressed = click.action
        message = IncomingMessage(
            message_id=reply_to or pressed.message_id,
            chat_id=click.key.chat_id,
            chat_type=click.chat_type,
            sender=pressed.operator,
            kind="text",
            text=text,
            parent_id=pressed.message_id,
            # Where it isn't certain, only if the button was built to tell; else it isn't known.
            action={"chat": _chat_type(click), **(action or {})},
        )
        event = QueuedTask(
            event_id=pressed.event_id,
            dedupe_id=once or f"click:{pressed.event_id}",
            kind=kind,
            key=click.key,
            message=message,
        )
        is_new = self.put_event(event)
        if until_answered:
            for number in range(2, MAX_REPEATS + 1):
                if is_new or not self._inbox.ended_unanswered(event.dedupe_id):
                    break
                event = replace(event, dedupe_id=f"{once}:{number}")
                is_new = self.put_event(event)
        return is_new

    def put_event(self, event: QueuedTask) -> bool:
        """Take an event in, once; False when it is known."""
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
        return is_new


def _chat_type(click: CardClick) -> str:
    return "p2p" if click.chat_type == "p2p" else str(click.action.value.get("chat", ""))
