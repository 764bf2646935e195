"""What is pressed on the bot's cards: answered at once, worked on later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.core.models import (
    CardAction,
    ChatType,
    Event,
    EventKind,
    IncomingMessage,
    Language,
    Notice,
    ThreadKey,
    Toast,
    ToastKind,
)
from feishu_bot.core.ports import Inbox
from feishu_bot.core.views import View

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A card action, with the conversation that the card belongs to, if it is still known."""

    action: CardAction
    key: ThreadKey | None
    language: Language
    is_admin: bool
    chat_type: ChatType = "p2p"

    def value(self, name: str) -> str:
        """A text from the button's value, or what was chosen or filled in under that name."""
        given = self.action.form.get(name, self.action.value.get(name, ""))
        return given if isinstance(given, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """The answer to a click: a toast, and a card that takes the place of the pressed one.

    `for_many` says that others than who pressed read the card.
    """

    toast: Toast | None = None
    view: View | None = None
    for_many: bool = False


def told(kind: str, *, gravity: ToastKind = "info", **params: str) -> Clicked:
    """A toast in the words of `kind`."""
    return Clicked(toast=Toast(gravity, Notice(kind, params)))


class Later:
    """Puts into the inbox what a click asks for, since Feishu waits three seconds at most."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.on_work: Callable[[], None] = lambda: None

    def put(
        self,
        click: Click,
        kind: EventKind,
        text: str,
        *,
        once: str = "",
        action: Mapping[str, Any] | None = None,
        reply_to: str = "",
    ) -> bool:
        """Do what a message with this `text` would, as a reply to the pressed card.

        `reply_to` is another message for the reply, which is then stopped with that message.

        `once` names what is done one time only, however often and by however many it is asked
        for; then False says that it was asked for before. Raises ValueError without a key.
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
            # The chat's kind only if the button was built to tell; empty says that it isn't known.
            action={"chat": str(pressed.value.get("chat", "")), **(action or {})},
        )
        event = Event(
            event_id=pressed.event_id,
            dedupe_id=once or f"click:{pressed.event_id}",
            kind=kind,
            key=click.key,
            message=message,
        )
        return self.put_event(event)

    def put_event(self, event: Event) -> bool:
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
