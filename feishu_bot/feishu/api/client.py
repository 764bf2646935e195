"""The bot's calls to Feishu: one method for each, our values in, our errors out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import lark_oapi as lark
from lark_oapi.core.http import Transport
from lark_oapi.core.model import Config

from feishu_bot.core.messages import BotIdentity
from feishu_bot.errors import FeishuError, FeishuUnavailable
from feishu_bot.feishu.api.call_counts import counted
from feishu_bot.feishu.api.error_codes import TOKEN_REFUSED
from feishu_bot.feishu.api.ids import id_type
from feishu_bot.feishu.api.requests import (
    Method,
    checked,
    items_in,
    object_in,
    request_for,
    text_in,
)
from feishu_bot.feishu.api.resources import ResourceCalls
from feishu_bot.feishu.api.tenant_token import TenantToken
from feishu_bot.feishu.api.transport import CallOption

CALL_TIMEOUT = 15.0
# Otherwise a card comes as a few of its words ("Get message").
WHOLE_CARDS = {"card_msg_content_type": "user_card_content"}
# Names the senders, those inside of a forwarded chat too. No page says so: other bots report it.
SENDER_NAMES = {"with_sender_name": "true"}
# "Get message history": 50 messages at most.
PAGE_SIZE = "50"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MessageReply:
    """A message as Feishu took it in; `thread_id` only in topics."""

    message_id: str
    thread_id: str = ""
    chat_id: str = ""


class FeishuClient:
    """The app's calls to Feishu. Thread-safe; opens nothing before its first call.

    A call is tried once, and once more with a new token when Feishu refuses the one we have.
    Repeats are up to the caller: who draws a card has newer text by then. `on_refusal` is told the
    path and the refusal of every call, `on_outcome` of the failure of each that failed, and None of
    each that didn't; neither may wait.
    """

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        domain: str,
        on_refusal: Callable[[str, FeishuError], None] = lambda path, exc: None,
        on_outcome: Callable[[FeishuError | None], None] = lambda exc: None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app_id = app_id
        self.domain = domain
        self._on_refusal = on_refusal
        self._on_outcome = on_outcome
        # Of the SDK only the way out is used. Its client parses each answer once more.
        self._config = Config()
        self._config.domain, self._config.timeout = domain, CALL_TIMEOUT
        self._token = TenantToken(self._config, app_id, app_secret, timer=timer)
        self.resources = ResourceCalls(domain, call=self._call, with_token=self._with_token)

    def identity(self) -> BotIdentity:
        """Ask who the bot is. Raises FeishuError."""
        # This old endpoint answers under "bot" instead of "data".
        answer = self._call("GET", "/bot/v3/info")
        name = object_in(answer, "bot").get("app_name")
        return BotIdentity(self._app_id, text_in(answer, "bot", "open_id"), str(name or ""))

    def scopes(self) -> frozenset[str]:
        """The scopes that the app has in this tenant. Raises FeishuError."""
        scopes = object_in(self._call("GET", "/application/v6/scopes"), "data").get("scopes")
        if not isinstance(scopes, list):
            raise FeishuUnavailable("an answer without data.scopes")
        objects = (item for item in scopes if isinstance(item, dict))
        return frozenset(
            str(item.get("scope_name")) for item in objects if item.get("grant_status") == 1
        )

    def user_name(self, open_id: str, *, timeout: float) -> str:
        """A person's name, empty where a scope for it is missing; `timeout` in seconds.

        Raises FeishuError, PermissionMissing among them.
        """
        path = "/contact/v3/users/:user_id"
        queries = {"user_id_type": id_type(open_id)}
        answer = self._call("GET", path, queries=queries, timeout=timeout, user_id=open_id)
        return str(object_in(answer, "data", "user").get("name") or "")

    def chat_name(self, chat_id: str, *, timeout: float) -> str:
        """A group's name, if the bot is in it; `timeout` in seconds. Raises FeishuError."""
        path = "/im/v1/chats/:chat_id"
        answer = self._call("GET", path, timeout=timeout, chat_id=chat_id)
        return str(object_in(answer, "data").get("name") or "")

    def check(self, *, anew: bool = False) -> None:
        """Make sure that Feishu is there and knows the app. Raises FeishuError.

        Nothing is asked while there is a good token, unless `anew`.
        """
        if anew:
            self._token.drop()
        self._token.get()

    def create_card(self, card: Mapping[str, Any]) -> str:
        """Make a card entity; returns its id. Raises FeishuError."""
        return text_in(self._call("POST", "/cardkit/v1/cards", _card(card)), "data", "card_id")

    def set_text(
        self, card_id: str, element_id: str, text: str, *, uuid: str, sequence: int
    ) -> None:
        """Replace the text of one element of a streaming card. Raises FeishuError."""
        path = "/cardkit/v1/cards/:card_id/elements/:element_id/content"
        body = {"content": text, "uuid": uuid, "sequence": sequence}
        self._call("PUT", path, body, card_id=card_id, element_id=element_id)

    def update_card(
        self, card_id: str, card: Mapping[str, Any], *, uuid: str, sequence: int
    ) -> None:
        """Replace a whole card entity, its settings included. Raises FeishuError."""
        body = {"card": _card(card), "uuid": uuid, "sequence": sequence}
        self._call("PUT", "/cardkit/v1/cards/:card_id", body, card_id=card_id)

    def set_streaming(self, card_id: str, *, on: bool, uuid: str, sequence: int) -> None:
        """Switch a card's streaming mode on or off. Raises FeishuError."""
        settings = _json({"config": {"streaming_mode": on}})
        body = {"settings": settings, "uuid": uuid, "sequence": sequence}
        self._call("PATCH", "/cardkit/v1/cards/:card_id/settings", body, card_id=card_id)

    def reply(
        self,
        message_id: str,
        message_type: str,
        content: Mapping[str, Any],
        *,
        uuid: str,
        in_thread: bool,
    ) -> MessageReply:
        """Reply to a message, at most once per `uuid` (50 characters) in an hour.

        Raises FeishuError, ThreadUnsupported among them when `in_thread` isn't possible here.
        """
        path = "/im/v1/messages/:message_id/reply"
        body = _message(message_type, content, uuid) | {"reply_in_thread": in_thread}
        return _reply(self._call("POST", path, body, message_id=message_id))

    def create_message(
        self,
        receiver: str,
        message_type: str,
        content: Mapping[str, Any],
        *,
        uuid: str,
    ) -> MessageReply:
        """Write into a chat, or to a person, at most once per `uuid` (50 characters) in an hour.

        Raises FeishuError.
        """
        queries = {"receive_id_type": id_type(receiver)}
        body = _message(message_type, content, uuid) | {"receive_id": receiver}
        return _reply(self._call("POST", "/im/v1/messages", body, queries=queries))

    def patch_message(self, message_id: str, card: Mapping[str, Any]) -> None:
        """Replace the card of a message sent without an entity. Raises FeishuError."""
        body = {"content": _json(card)}
        self._call("PATCH", "/im/v1/messages/:message_id", body, message_id=message_id)

    def message(self, message_id: str, *, whole_cards: bool = False) -> list[dict[str, Any]]:
        """A message as Feishu keeps it: an item, for a forwarded chat several. Raises FeishuError.

        A group's messages need the scope im:message.group_msg. For a forwarded chat Feishu answers
        a request for `whole_cards` with HTTP 500.
        """
        path = "/im/v1/messages/:message_id"
        queries = SENDER_NAMES | (WHOLE_CARDS if whole_cards else {})
        return items_in(self._call("GET", path, queries=queries, message_id=message_id))

    def thread(self, thread_id: str, *, whole_cards: bool = False) -> list[dict[str, Any]]:
        """The newest messages of a thread, newest first; 50 at most. Raises FeishuError."""
        queries = {
            "container_id_type": "thread",
            "container_id": thread_id,
            "sort_type": "ByCreateTimeDesc",
            "page_size": PAGE_SIZE,
        }
        queries |= WHOLE_CARDS if whole_cards else {}
        return items_in(self._call("GET", "/im/v1/messages", queries=queries))

    def _call(
        self,
        method: Method,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        queries: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        timeout: float = 0.0,
        **names: str,
    ) -> dict[str, Any]:
        """The JSON object of the answer. Raises FeishuError.

        `body` goes as JSON, `form` as multipart/form-data; `names` are the `:names` in the path.
        """

        def send(token: str) -> dict[str, Any]:
            request = request_for(method, path, body, form)
            request.paths, request.queries = names, list((queries or {}).items())
            request.token_types = {lark.AccessTokenType.TENANT}
            with counted(f"{method} {path}"):
                option = CallOption(token=token, timeout=timeout)
                return checked(Transport.execute(self._config, request, option))

        return self._with_token(path, send)

    def _with_token(self, path: str, send: Callable[[str], T]) -> T:
        """What `send` makes of the token; called once more when Feishu refuses the first.

        `path` is told to `on_refusal`.
        """
        try:
            answer = self._sent_with_token(path, send)
        except FeishuError as exc:
            self._on_outcome(exc)
            raise
        self._on_outcome(None)
        return answer

    def _sent_with_token(self, path: str, send: Callable[[str], T]) -> T:
        token = self._token.get()
        try:
            try:
                return send(token)
            except FeishuError as exc:
                if exc.code not in TOKEN_REFUSED:
                    raise
            self._token.drop(token)
            return send(self._token.get())
        except FeishuError as exc:
            self._on_refusal(path, exc)
            raise

    # For the APIs that have a module of their own.
    call = _call


def _card(card: Mapping[str, Any]) -> dict[str, str]:
    return {"type": "card_json", "data": _json(card)}


def _message(message_type: str, content: Mapping[str, Any], uuid: str) -> dict[str, Any]:
    return {"msg_type": message_type, "content": _json(content), "uuid": uuid}


def _reply(answer: Mapping[str, Any]) -> MessageReply:
    data = object_in(answer, "data")
    thread_id, chat_id = str(data.get("thread_id") or ""), str(data.get("chat_id") or "")
    return MessageReply(text_in(answer, "data", "message_id"), thread_id, chat_id)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
