"""What is pressed on the bot's cards: answered at once, worked on later."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from feishu_bot.core.cards import Card
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import ChatType, Sender
from feishu_bot.core.notices import Notice

ToastSeverity = Literal["info", "success", "error", "warning"]


@dataclass(frozen=True, slots=True)
class Toast:
    """The short answer to a click on a card."""

    kind: ToastSeverity
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAction:
    """A click on one of the bot's cards. `value` is what the button was built with."""

    event_id: str
    message_id: str
    chat_id: str
    operator: Sender
    value: Mapping[str, Any]
    form: Mapping[str, Any] = field(default_factory=dict)


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardClick:
    """A card action, with the conversation that the card belongs to, if it is still known."""

    action: CardAction
    key: ConversationKey | None
    language: Language
    is_admin: bool
    chat_type: ChatType = "p2p"

    def value(self, name: str) -> str:
        """A text from the button's value, or what was chosen or filled in under that name."""
        given = self.action.form.get(name, self.action.value.get(name, ""))
        return given if isinstance(given, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickResponse:
    """The answer to a click: a toast, and a card that takes the place of the pressed one.

    `for_many` says that others than who pressed read the card.
    """

    toast: Toast | None = None
    view: Card | None = None
    for_many: bool = False


def toast(kind: str, *, severity: ToastSeverity = "info", **params: str) -> ClickResponse:
    """A toast in the words of `kind`."""
    return ClickResponse(toast=Toast(severity, Notice(kind, params)))
