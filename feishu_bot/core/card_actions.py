"""Clicks on the bot's cards, answered while Feishu waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, Literal

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Card
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import ChatType, Sender
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

ToastSeverity = Literal["info", "success", "error", "warning"]

# Binding a card that was just sent takes milliseconds; a click must be answered in three seconds.
BIND_TIMEOUT = 0.5
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAction:
    """A click on one of the bot's cards. `value` is what the button was built with.

    `is_legacy` is one whose only proof is the app's Verification Token, which is no strong one.
    """

    event_id: str
    message_id: str
    chat_id: str
    operator: Sender
    value: Mapping[str, Any]
    form: Mapping[str, Any] = field(default_factory=dict)
    is_legacy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardClick:
    """A card action, with the conversation that the card belongs to.

    `chat_type` is None where neither the button nor what is known of the person tells it.
    """

    action: CardAction
    key: ConversationKey
    language: Language
    is_admin: bool
    chat_type: ChatType | None = "p2p"

    def value(self, name: str) -> str:
        """A text from the button's value, or what was chosen or filled in under that name."""
        given = self.action.form.get(name, self.action.value.get(name, ""))
        return given if isinstance(given, str) else ""


@dataclass(frozen=True, slots=True)
class Toast:
    """The short answer to a click on a card."""

    severity: ToastSeverity
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickResponse:
    """The answer to a click: a toast, and a card that takes the place of the pressed one.

    `for_many` says that others than the operator read the card.
    """

    toast: Toast | None = None
    card: Card | None = None
    for_many: bool = False

    def with_card(self, card: Card) -> ClickResponse:
        """The same with this card."""
        return replace(self, card=card)


def toast(kind: str, /, severity: ToastSeverity = "info", **params: str) -> ClickResponse:
    """A response that says `kind` in a toast."""
    return ClickResponse(toast=Toast(severity, Notice(kind, params)))


Handler = Callable[[CardClick], ClickResponse]


@dataclass(frozen=True)
class CardActionHandler:
    """Finds the card's conversation and the handler of its button.

    `handlers` are by the `act` of a button's value; `bind_timeout` is how many seconds a click
    waits for its card to be known.
    """

    handlers: Mapping[str, Handler]
    _: KW_ONLY
    conversations: Conversations
    people: People
    settings: EffectiveSettings
    policy: AccessPolicy
    bind_timeout: float = BIND_TIMEOUT

    def handle(self, action: CardAction) -> ClickResponse:
        """Do what the button says; the response is shown to the operator at once."""
        operator = action.operator
        if action.is_legacy and self.policy.is_admin(operator):
            return toast("legacy_admin", "warning")
        key = self._key_of(action.message_id)
        # The click doesn't tell what kind of chat it comes from.
        private_chat = self.people.get(operator.open_id).private_chat
        is_private = key is not None and private_chat == key.chat_id
        # Somebody whose private chat isn't known may be just there.
        group = key.chat_id if key and private_chat and not is_private else ""
        refusal = self.policy.refusal(operator, self.people, group=group)
        if refusal:
            return toast(refusal.kind, "warning", **refusal.params)
        handler = self.handlers.get(str(action.value.get("act")))
        if handler is None:
            logger.info("unknown card action", message_id=action.message_id)
            return toast("action_unknown", "warning")
        if key is None:
            return toast("conversation_unknown", "warning")
        click = CardClick(
            action=action,
            key=key,
            language=self.settings.language(operator.open_id, key.chat_id),
            is_admin=self.policy.is_admin(operator),
            chat_type=_chat_type(action.value.get("chat"), private_chat, key.chat_id),
        )
        return replace(handler(click), for_many=not is_private)

    def _key_of(self, message_id: str) -> ConversationKey | None:
        """The conversation of a card; it may be pressed before its sender has noted that."""
        deadline = time.monotonic() + self.bind_timeout
        while True:
            key = self.conversations.key_of(message_id)
            if key is not None or time.monotonic() >= deadline:
                return key
            time.sleep(POLL_SECONDS)


def _chat_type(told: object, private_chat: str, chat_id: str) -> ChatType | None:
    """What is known of the person's private chat, else what the button says: that may be forged."""
    if private_chat == chat_id or (told == "p2p" and not private_chat):
        return "p2p"
    return "group" if told == "group" else None
