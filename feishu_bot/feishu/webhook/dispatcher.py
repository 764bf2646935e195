"""Dispatches checked requests by event type: to its parser, then to the bot.

The SDK's dispatchers are the way in. They answer errors with their own texts, so nothing but an
event that is certainly Feishu's may reach them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from lark_oapi import CardActionHandler, EventDispatcherHandler
from lark_oapi.card.model import Card
from lark_oapi.core.model import RawRequest
from lark_oapi.event.callback.model.p2_card_action_trigger import (
    P2CardActionTrigger,
    P2CardActionTriggerResponse,
)
from lark_oapi.event.custom import CustomizedEvent

from feishu_bot.core.card_actions import CardAction, ClickResponse, toast
from feishu_bot.core.messages import BotIdentity, ChatJoined, IncomingMessage, MenuClick
from feishu_bot.errors import FeishuUnavailable, Refused
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.webhook.card_actions import parse_card_action_v1, parse_card_action_v2
from feishu_bot.feishu.webhook.events import (
    parse_bot_added,
    parse_chat_entered,
    parse_first_chat,
    parse_menu_click,
)
from feishu_bot.feishu.webhook.fields import as_dict, seconds
from feishu_bot.feishu.webhook.messages import parse_edit, parse_message, parse_recall
from feishu_bot.feishu.webhook.signature import Headers
from feishu_bot.logs import bind, get_logger

logger = get_logger(__name__)

MESSAGE = "im.message.receive_v1"
EDIT = "im.message.updated_v1"
RECALL = "im.message.recalled_v1"
CARD_ACTION = "card.action.trigger"
BOT_ADDED = "im.chat.member.bot.added_v1"
CHAT_ENTERED = "im.chat.access_event.bot_p2p_chat_entered_v1"
MENU = "application.bot.menu_v6"
HANDLED = frozenset({MESSAGE, EDIT, RECALL, CARD_ACTION, BOT_ADDED, CHAT_ENTERED, MENU})
# The only event that still comes in the envelope of the first generation.
FIRST_CHAT = "p2p_chat_create"

# Seconds an event may wait for the bot to learn its own name; Feishu allows three.
IDENTITY_WAIT_SECONDS = 1.5
# Each type is logged once; the memory for that must not grow with nonsense.
MOST_UNHANDLED_TYPES = 100

T = TypeVar("T")
Response = tuple[int, dict[str, Any]]

FAILURE: Response = (500, {"msg": "error"})
SUCCESS: Response = (200, {"msg": "success"})


class EventDispatcher:
    """Hands each event to the bot, as one of the core's values.

    `receive`, `edit`, `recall` and the `on_…` are the bot's. `identity` is given the seconds it
    may wait until the bot's identity is known.
    """

    def __init__(
        self,
        *,
        encrypt_key: str,
        verification_token: str,
        identity: Callable[[float], BotIdentity],
        receive: Callable[[str, IncomingMessage], None],
        edit: Callable[[str, IncomingMessage], None],
        recall: Callable[[str], None],
        on_card_action: Callable[[CardAction], ClickResponse],
        on_chat_joined: Callable[[ChatJoined], None],
        on_menu_click: Callable[[MenuClick], None],
        responses: CallbackResponses,
    ) -> None:
        self._identity = identity
        self._receive = receive
        self._edit = edit
        self._click = on_card_action
        self._choose = on_menu_click
        self._responses = responses
        self._unhandled_types: set[str] = set()
        # Raw events instead of the SDK's typed ones: those fail on any field of another shape.
        self._events = (
            EventDispatcherHandler.builder(encrypt_key, verification_token)
            .register_p2_customized_event(MESSAGE, self._on_message)
            .register_p2_customized_event(EDIT, self._on_edit)
            .register_p2_customized_event(
                RECALL, _listener(lambda event, _: parse_recall(event), recall)
            )
            .register_p2_customized_event(BOT_ADDED, _listener(parse_bot_added, on_chat_joined))
            .register_p2_customized_event(
                CHAT_ENTERED, _listener(parse_chat_entered, on_chat_joined)
            )
            .register_p2_customized_event(MENU, self._on_menu_click)
            .register_p1_customized_event(FIRST_CHAT, _listener(parse_first_chat, on_chat_joined))
            .register_p2_card_action_trigger(self._on_card_action_v2)
            .build()
        )
        self._cards = (
            CardActionHandler.builder(encrypt_key, verification_token)
            .register(self._on_card_action_v1)
            .build()
        )

    def dispatch(self, headers: Headers, body: bytes, data: Mapping[str, Any]) -> Response:
        """Answer an event of either generation; `data` is the body, decrypted."""
        event_type, event_id, is_handled = _heading(data)
        if not is_handled:
            self._log_unhandled(event_type)
            return SUCCESS
        with bind(event_id=event_id, event_type=event_type):
            if event_type == CARD_ACTION:
                return self._answer_card_action(headers, body, data)
            response = self._events.do(_raw_request(headers, body))
        return SUCCESS if response.status_code == 200 else FAILURE

    def handled_type(self, data: Mapping[str, Any]) -> str:
        """The type of an event that the bot does something with; empty for any other."""
        event_type, _, is_handled = _heading(data)
        return event_type if is_handled else ""

    def dispatch_card_action_v1(
        self, headers: Headers, body: bytes, data: Mapping[str, Any]
    ) -> Response:
        """Answer a click in the form of the old message-card callback. Raises Refused."""
        if "schema" in data or not isinstance(data.get("action"), Mapping):
            raise Refused("not an old card action")
        response = self._cards.do(_raw_request(headers, body))
        if response.status_code == 200:
            return 200, json.loads(response.content)
        # The SDK has logged the exception; its text stays here.
        return 200, self._responses.v1(toast("action_failed", "error"))

    def _answer_card_action(
        self, headers: Headers, body: bytes, data: Mapping[str, Any]
    ) -> Response:
        if not _has_object_value(data):
            logger.warning("card action without an object value")
            return 200, self._responses.v2(toast("action_unknown", "warning"))
        response = self._events.do(_raw_request(headers, body))
        if response.status_code == 200:
            return 200, json.loads(response.content)
        return 200, self._responses.v2(toast("action_failed", "error"))

    def _log_unhandled(self, event_type: str) -> None:
        types = self._unhandled_types
        if event_type in types or len(types) >= MOST_UNHANDLED_TYPES:
            return
        types.add(event_type)
        logger.info(
            "event type not handled. It does no harm; to stop it, remove it from the app's "
            "subscriptions in the developer console (事件与回调 / Events & Callbacks)",
            event_type=event_type,
        )

    def _on_message(self, data: CustomizedEvent) -> None:
        bot = self._identity_for(as_dict(data.event))
        receive = partial(self._receive, data.header.event_id)
        _listener(lambda event, _: parse_message(event, bot), receive)(data)

    def _on_edit(self, data: CustomizedEvent) -> None:
        bot = self._identity_for(as_dict(data.event))
        edit = partial(self._edit, data.header.event_id)
        _listener(lambda event, _: parse_edit(event, bot), edit)(data)

    def _identity_for(self, event: Mapping[str, Any]) -> BotIdentity:
        """The bot's identity. Raises FeishuUnavailable when it matters and isn't known yet."""
        if not as_dict(event.get("message")).get("mentions"):
            return self._identity(0.0)
        identity = self._identity(IDENTITY_WAIT_SECONDS)
        if not (identity.open_id or identity.name):
            # Right after a start: Feishu repeats the event, and then it is known who was meant.
            raise FeishuUnavailable("not known yet who the bot is")
        return identity

    def _on_menu_click(self, data: CustomizedEvent) -> None:
        def choose(click: MenuClick) -> None:
            # The event itself tells the time in whole seconds only.
            self._choose(replace(click, created_at=seconds(data.header.create_time)))

        _listener(parse_menu_click, choose)(data)

    def _on_card_action_v2(self, data: P2CardActionTrigger) -> P2CardActionTriggerResponse:
        action = parse_card_action_v2(_plain(data.event), data.header.event_id)
        return P2CardActionTriggerResponse(self._responses.v2(self._click(action), action))

    def _on_card_action_v1(self, card: Card) -> dict[str, Any]:
        action = parse_card_action_v1(_plain(card))
        return self._responses.v1(self._click(action), action)


def _heading(data: Mapping[str, Any]) -> tuple[str, Any, bool]:
    """The type and id of an event, and whether it is handled."""
    header = data.get("header")
    if isinstance(header, Mapping):
        event_type = str(header.get("event_type"))
        return event_type, header.get("event_id"), event_type in HANDLED
    event_type, event_id = str(as_dict(data.get("event")).get("type")), data.get("uuid")
    # Without an id, or with a schema, the SDK takes it for something else.
    is_handled = event_type == FIRST_CHAT and bool(event_id) and "schema" not in data
    return event_type, event_id, is_handled


def _listener(
    parse: Callable[[Mapping[str, Any], str], T], handle: Callable[[T], None]
) -> Callable[[CustomizedEvent], None]:
    """A listener of the SDK's for what `parse` makes of an event and its id."""

    def listen(data: CustomizedEvent) -> None:
        event_id = data.header.event_id if data.header else data.uuid
        try:
            parsed = parse(as_dict(data.event), event_id)
        except ValueError as exc:
            _log_unreadable(exc)
        else:
            handle(parsed)

    return listen


def _log_unreadable(exc: ValueError) -> None:
    """A repeat would fail the same way, so Feishu is told that all is well."""
    logger.error("event not readable", error=str(exc))


def _has_object_value(data: Mapping[str, Any]) -> bool:
    action = as_dict(data.get("event")).get("action")
    return isinstance(action, Mapping) and isinstance(action.get("value", {}), Mapping)


def _raw_request(headers: Headers, body: bytes) -> RawRequest:
    request = RawRequest()
    request.uri = "webhook"
    request.body = body
    names = ("X-Lark-Request-Timestamp", "X-Lark-Request-Nonce", "X-Lark-Signature")
    request.headers = {name: headers.get(name) or "" for name in names}
    return request


def _plain(value: Any) -> Any:
    """The SDK's typed objects as the dicts they were read from."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if hasattr(value, "__dict__"):
        return {name: _plain(item) for name, item in vars(value).items() if name != "raw"}
    return value
