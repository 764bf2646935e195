"""The door: what comes in from the internet, and what is let through to the SDK.

Order matters. The signature is checked before anything is decrypted or parsed, and whatever is
wrong, the answer is the same: nothing can be learned by asking. Only requests that are certainly
Feishu's reach the SDK's dispatchers, which answer errors with their own texts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, Protocol, TypeVar

from Crypto.Cipher import AES
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
from feishu_bot.feishu.webhook.content import as_dict
from feishu_bot.feishu.webhook.events import (
    BOT_ADDED,
    CHAT_ENTERED,
    FIRST_CHAT,
    MENU,
    parse_added,
    parse_entered,
    parse_first_chat,
    parse_menu,
)
from feishu_bot.feishu.webhook.messages import (
    card_action_v1,
    card_action_v2,
    parse_message,
    parse_recall,
    seconds,
)

logger = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024
# An address check carries a challenge and a token; only that may come unsigned.
MAX_UNSIGNED_BODY = 4096
# Seconds an event may wait for the bot to learn its own name; Feishu allows three.
IDENTITY_WAIT_SECONDS = 1.5
# A clock that is off by more than this would refuse Feishu's own requests.
CLOCK_SKEW = 24 * 3600.0

MESSAGE = "im.message.receive_v1"
RECALL = "im.message.recalled_v1"
CARD_ACTION = "card.action.trigger"
HANDLED = frozenset({MESSAGE, RECALL, CARD_ACTION, BOT_ADDED, CHAT_ENTERED, MENU})


class Headers(Protocol):
    """Request headers by name, in any letter case."""

    def get(self, name: str, /) -> str | None: ...


T = TypeVar("T")

Address = Literal["event", "card"]
Answer = tuple[int, dict[str, Any]]
Signature = Literal["event", "card", "none"]

REFUSAL: Answer = (401, {"msg": "unauthorized"})
FAILURE: Answer = (500, {"msg": "error"})
SUCCESS: Answer = (200, {"msg": "success"})


class WebhookHandler:
    """Answers Feishu's requests on both addresses.

    `receive`, `recall`, `act`, `arrive` and `press` are the bot's; `identity` is given the seconds
    it may wait until it is known who the bot is; `memory` is how long, in seconds, the inbox knows
    an event it has seen: an older request could be a replay that nothing else would stop.
    """

    def __init__(
        self,
        *,
        app_id: str,
        encrypt_key: str,
        verification_token: str,
        identity: Callable[[float], BotIdentity],
        receive: Callable[[str, IncomingMessage], None],
        recall: Callable[[str], None],
        act: Callable[[CardAction], ClickResponse],
        arrive: Callable[[ChatJoined], None],
        press: Callable[[MenuClick], None],
        clicks: CallbackResponses,
        memory: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app_id = app_id
        self._encrypt_key = encrypt_key.encode()
        self._aes_key = hashlib.sha256(self._encrypt_key).digest()
        self._token = verification_token.encode()
        self._identity = identity
        self._receive = receive
        self._recall = recall
        self._act = act
        self._arrive = arrive
        self._press = press
        self._clicks = clicks
        self._memory = memory
        self._clock = clock
        self._unknown_types: set[str] = set()
        # Raw events instead of the SDK's typed ones: those fail on any field of another shape.
        self._events = (
            EventDispatcherHandler.builder(encrypt_key, verification_token)
            .register_p2_customized_event(MESSAGE, self._on_message)
            .register_p2_customized_event(RECALL, self._on_recall)
            .register_p2_customized_event(BOT_ADDED, _taker(parse_added, arrive))
            .register_p2_customized_event(CHAT_ENTERED, _taker(parse_entered, arrive))
            .register_p2_customized_event(MENU, self._on_menu)
            .register_p1_customized_event(FIRST_CHAT, self._on_first_chat)
            .register_p2_card_action_trigger(self._on_card_action)
            .build()
        )
        self._cards = (
            CardActionHandler.builder(encrypt_key, verification_token)
            .register(self._on_old_card_action)
            .build()
        )

    def open(self, address: Address, headers: Headers, body: bytes) -> Answer:
        """Answer one request; `headers` may be asked for in any letter case."""
        try:
            signature = self._check_signature(address, headers, body)
            data = self._read(body)
            if data.get("type") == "url_verification":
                return self._verify_address(data)
            if signature == "none":
                raise Refused("no valid signature")
            if signature == "card":
                return self._old_card_action(headers, body, data)
            return self._event(headers, body, data)
        except Refused as exc:
            logger.warning("refused address=%s reason=%s bytes=%d", address, exc, len(body))
            return REFUSAL

    def _check_signature(self, address: Address, headers: Headers, body: bytes) -> Signature:
        """Which of Feishu's two signatures the body bears. Raises Refused."""
        if len(body) > MAX_BODY:
            raise Refused("body too large")
        timestamp = headers.get("X-Lark-Request-Timestamp") or ""
        salt = timestamp.encode() + (headers.get("X-Lark-Request-Nonce") or "").encode()
        given = (headers.get("X-Lark-Signature") or "").encode()
        event = hashlib.sha256(salt + self._encrypt_key + body).hexdigest().encode()
        card = hashlib.sha1(salt + self._token + body).hexdigest().encode()
        # Both are always compared, so that the time taken tells nothing.
        is_event = hmac.compare_digest(given, event)
        is_card = hmac.compare_digest(given, card) and address == "card"
        if not (is_event or is_card):
            if len(body) > MAX_UNSIGNED_BODY:
                raise Refused("no valid signature")
            return "none"
        self._check_age(timestamp)
        return "event" if is_event else "card"

    def _check_age(self, timestamp: str) -> None:
        try:
            age = self._clock() - float(timestamp)
        except ValueError:
            raise Refused("timestamp is not a number") from None
        if not -CLOCK_SKEW <= age <= self._memory:
            raise Refused("timestamp out of range")

    def _read(self, body: bytes) -> dict[str, Any]:
        """The JSON object in the body, decrypted where it is encrypted. Raises Refused."""
        data, rest = _json_object(body)
        if rest.strip():
            raise Refused("not JSON")
        encrypted = data.get("encrypt")
        if encrypted is None:
            return data
        # What stands behind the object is the padding that was not looked at.
        return _json_object(self._decrypt(encrypted))[0]

    def _decrypt(self, encrypted: object) -> bytes:
        """AES-256-CBC without a look at the padding, so that there is no padding to ask about."""
        try:
            sealed = base64.b64decode(encrypted if isinstance(encrypted, str) else b"")
            cipher = AES.new(self._aes_key, AES.MODE_CBC, sealed[: AES.block_size])
            return bytes(cipher.decrypt(sealed[AES.block_size :]))
        except (ValueError, binascii.Error):
            raise Refused("not decryptable") from None

    def _verify_address(self, data: Mapping[str, Any]) -> Answer:
        challenge = data.get("challenge")
        if not self._is_token(data.get("token")) or not isinstance(challenge, str):
            raise Refused("address check with a wrong token")
        return 200, {"challenge": challenge}

    def _event(self, headers: Headers, body: bytes, data: Mapping[str, Any]) -> Answer:
        header = data.get("header")
        if not isinstance(header, Mapping):
            return self._old_event(headers, body, data)
        token = header.get("token")
        if token is not None and not self._is_token(token):
            raise Refused("wrong token")
        if header.get("app_id") != self._app_id:
            raise Refused("another app's event")
        kind = str(header.get("event_type"))
        if kind not in HANDLED:
            return self._unknown(kind)
        if kind == CARD_ACTION and not _has_object_value(data):
            logger.warning("card action without an object value")
            return 200, self._clicks.new(toast("action_unknown", severity="warning"))
        response = self._events.do(_raw_request(headers, body))
        if response.status_code == 200:
            return 200, json.loads(response.content)
        # The SDK has logged the exception; its text stays here.
        if kind == CARD_ACTION:
            return 200, self._clicks.new(toast("action_failed", severity="error"))
        return FAILURE

    def _old_event(self, headers: Headers, body: bytes, data: Mapping[str, Any]) -> Answer:
        """Events of the first generation: one of them is of use to us."""
        event = data.get("event")
        if not isinstance(event, Mapping) or not self._is_token(data.get("token")):
            raise Refused("neither an event nor an address check")
        kind = str(event.get("type"))
        # Without both the SDK takes it for something else.
        if kind != FIRST_CHAT or not data.get("uuid") or "schema" in data:
            return self._unknown(kind)
        if event.get("app_id", self._app_id) != self._app_id:
            raise Refused("another app's event")
        response = self._events.do(_raw_request(headers, body))
        return SUCCESS if response.status_code == 200 else FAILURE

    def _unknown(self, kind: str) -> Answer:
        if kind not in self._unknown_types and len(self._unknown_types) < 100:
            self._unknown_types.add(kind)
            logger.info("event type not used: %s", kind)
        return SUCCESS

    def _old_card_action(self, headers: Headers, body: bytes, data: Mapping[str, Any]) -> Answer:
        if "schema" in data or not isinstance(data.get("action"), Mapping):
            raise Refused("not an old card action")
        response = self._cards.do(_raw_request(headers, body))
        if response.status_code == 200:
            return 200, json.loads(response.content)
        return 200, self._clicks.old(toast("action_failed", severity="error"))

    def _on_message(self, data: CustomizedEvent) -> None:
        try:
            message = parse_message(data.event, self._known_identity(data.event))
        except ValueError as exc:
            # A repeat would fail the same way, so Feishu is told that all is well.
            logger.error("message not readable event_id=%s: %s", data.header.event_id, exc)
            return
        self._receive(data.header.event_id, message)

    def _known_identity(self, event: Mapping[str, Any]) -> BotIdentity:
        """Who the bot is. Raises FeishuUnavailable when that matters and isn't known yet."""
        if not as_dict(event.get("message")).get("mentions"):
            return self._identity(0.0)
        identity = self._identity(IDENTITY_WAIT_SECONDS)
        if not (identity.open_id or identity.name):
            # Right after a start: Feishu repeats the event, and then it is known who was meant.
            raise FeishuUnavailable("not known yet who the bot is")
        return identity

    def _on_recall(self, data: CustomizedEvent) -> None:
        try:
            message_id = parse_recall(data.event)
        except ValueError as exc:
            logger.error("recall not readable event_id=%s: %s", data.header.event_id, exc)
            return
        self._recall(message_id)

    def _on_menu(self, data: CustomizedEvent) -> None:
        def press(press: MenuClick) -> None:
            # The event itself tells the time in whole seconds only.
            self._press(replace(press, created_at=seconds(data.header.create_time)))

        _give(parse_menu, press, data.event, data.header.event_id)

    def _on_first_chat(self, data: CustomizedEvent) -> None:
        _give(parse_first_chat, self._arrive, data.event, data.uuid)

    def _on_card_action(self, data: P2CardActionTrigger) -> P2CardActionTriggerResponse:
        action = card_action_v2(_plain(data.event), data.header.event_id)
        return P2CardActionTriggerResponse(self._clicks.new(self._act(action), action))

    def _on_old_card_action(self, card: Card) -> dict[str, Any]:
        action = card_action_v1(_plain(card))
        return self._clicks.old(self._act(action), action)

    def _is_token(self, token: object) -> bool:
        return isinstance(token, str) and hmac.compare_digest(token.encode(), self._token)


def _taker(
    parse: Callable[[Mapping[str, Any], str], T], take: Callable[[T], None]
) -> Callable[[CustomizedEvent], None]:
    """A handler that gives `take` what `parse` reads from an event."""

    def on_event(data: CustomizedEvent) -> None:
        _give(parse, take, data.event, data.header.event_id)

    return on_event


def _give(
    parse: Callable[[Mapping[str, Any], str], T],
    take: Callable[[T], None],
    event: object,
    event_id: str,
) -> None:
    try:
        parsed = parse(as_dict(event), event_id)
    except ValueError as exc:
        logger.error("event not readable event_id=%s: %s", event_id, exc)
        return
    take(parsed)


def _json_object(text: bytes) -> tuple[dict[str, Any], str]:
    """The JSON object that the bytes begin with, and what follows it. Raises Refused."""
    characters = text.decode("utf-8", "replace").lstrip()
    try:
        data, end = json.JSONDecoder().raw_decode(characters)
    except (ValueError, RecursionError):
        raise Refused("not JSON") from None
    if not isinstance(data, dict):
        raise Refused("not a JSON object")
    return data, characters[end:]


def _has_object_value(data: Mapping[str, Any]) -> bool:
    event = data.get("event")
    action = event.get("action") if isinstance(event, Mapping) else None
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
