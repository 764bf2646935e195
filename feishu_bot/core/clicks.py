"""What is pressed on the bot's cards: answered at once, worked on later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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

# How often something that comes to no answer may be asked for, within the inbox's memory.
MOST_TIMES = 20


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
        event = Event(
            event_id=pressed.event_id,
            dedupe_id=once or f"click:{pressed.event_id}",
            kind=kind,
            key=click.key,
            message=message,
        )
        is_new = self.put_event(event)
        if until_answered:
            for number in range(2, MOST_TIMES + 1):
                if is_new or not self._inbox.ended_unanswered(event.dedupe_id):
                    break
                event = replace(event, dedupe_id=f"{once}:{number}")
                is_new = self.put_event(event)
        return is_new

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


def _chat_type(click: Click) -> str:
    return "p2p" if click.chat_type == "p2p" else str(click.action.value.get("chat", ""))
