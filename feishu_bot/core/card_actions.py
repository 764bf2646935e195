"""Clicks on the bot's cards, answered while Feishu waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, Literal

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.button_values import CHAT, ButtonCheck, ButtonPlace, is_harmless_unsigned
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
    """A click on one of the bot's cards. `value` is what came back of the button's own.

    `form` is what was filled in or chosen, by the names of the fields; a choice outside a form is
    called `option`. Both come from the client, which may send anything.

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
    """A genuine card action, with the conversation that the card belongs to.

    `filled` is what was filled in or chosen, of what the action takes. `chat_type` is None where
    neither the button nor what is known of the person tells it.
    """

    action: CardAction
    key: ConversationKey
    language: Language
    is_admin: bool
    filled: Mapping[str, Any] = field(default_factory=dict)
    chat_type: ChatType | None = "p2p"

    def value(self, name: str) -> str:
        """A text of the button's own, else what was chosen or filled in under that name."""
        own = self.action.value
        given = own[name] if name in own else self.filled.get(name, "")
        return given if isinstance(given, str) else ""


@dataclass(frozen=True, slots=True)
class Toast:
    """The short answer to a click on a card."""

    severity: ToastSeverity
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickResponse:
    """The answer to a click: a toast, and a card that takes the place of the pressed one.

    `for_many` says that others than the operator read the card, `place` where it stands.
    """

    toast: Toast | None = None
    card: Card | None = None
    for_many: bool = False
    place: ButtonPlace | None = None

    def with_card(self, card: Card) -> ClickResponse:
        """The same with this card."""
        return replace(self, card=card)


def toast(kind: str, /, severity: ToastSeverity = "info", **params: str) -> ClickResponse:
    """A response that says `kind` in a toast."""
    return ClickResponse(toast=Toast(severity, Notice(kind, params)))


@dataclass(frozen=True, slots=True)
class Action:
    """What is done when a button is pressed.

    `fills` are the names that a person may fill in or choose; a name of the button's own wins.
    With `is_for_all` people who may not ask may press it, too.
    """

    handle: Callable[[CardClick], ClickResponse]
    fills: frozenset[str] = frozenset()
    is_for_all: bool = False


@dataclass(frozen=True)
class CardActionHandler:
    """Finds the card's conversation and the action of its button, and does it once.

    `actions` are by the `act` of a button's value; `take` is given the event id of a click, and
    says whether it is new; `bind_timeout` is how many seconds a click waits for its card to be
    known.
    """

    actions: Mapping[str, Action]
    _: KW_ONLY
    take: Callable[[str], bool]
    signer: ButtonCheck
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
        if key is None:
            return self._refused(operator) or toast("conversation_unknown", "warning")
        private_chat = self.people.get(operator.open_id).private_chat
        is_own = private_chat == key.chat_id
        is_genuine = self.signer.is_genuine(action.value, key, operator.open_id if is_own else "")
        counts = is_genuine or is_harmless_unsigned(action.value)
        found = self.actions.get(str(action.value.get("act"))) if counts else None
        chat_type = _chat_type(action.value if is_genuine else {}, is_own=is_own)
        # What isn't known to be private counts as a group.
        group = "" if chat_type == "p2p" else key.chat_id
        refusal = None if found and found.is_for_all else self._refused(operator, group)
        if refusal:
            return refusal
        if found is None:
            logger.info("unknown card action", message_id=action.message_id, genuine=is_genuine)
            return toast("action_unknown" if counts else "button_outdated", "warning")
        if not self.take(action.event_id):
            # What it did is not done again, and what it was answered is not known any more.
            return toast("click_known")
        fills = found.fills if is_genuine else ()
        click = CardClick(
            action=action,
            key=key,
            language=self.settings.language(operator.open_id, key.chat_id),
            is_admin=self.policy.is_admin(operator),
            filled={name: action.form[name] for name in fills if name in action.form},
            chat_type=chat_type,
        )
        response = found.handle(click)
        is_private = chat_type == "p2p"
        return replace(response, for_many=not is_private, place=ButtonPlace.of(key, chat_type))

    def _refused(self, operator: Sender, group: str = "") -> ClickResponse | None:
        """What somebody is told who may not ask here."""
        refusal = self.policy.refusal(operator, self.people, group=group)
        return toast(refusal.kind, "warning", **refusal.params) if refusal else None

    def _key_of(self, message_id: str) -> ConversationKey | None:
        """The conversation of a card; it may be pressed before its sender has noted that."""
        deadline = time.monotonic() + self.bind_timeout
        while True:
            key = self.conversations.key_of(message_id)
            if key is not None or time.monotonic() >= deadline:
                return key
            time.sleep(POLL_SECONDS)


def _chat_type(genuine: Mapping[str, Any], *, is_own: bool) -> ChatType | None:
    """The kind of chat: what is known of the person's private chat, else what the button says."""
    if is_own:
        return "p2p"
    match genuine.get(CHAT):
        case "p2p":
            return "p2p"
        case "group":
            return "group"
    return None
