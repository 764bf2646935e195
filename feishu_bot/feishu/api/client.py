"""What the bot does at Feishu: one method for each thing, our values in, our errors out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import lark_oapi as lark
from lark_oapi.api.cardkit.v1 import (
    Card,
    ContentCardElementRequest,
    ContentCardElementRequestBody,
    CreateCardRequest,
    CreateCardRequestBody,
    SettingsCardRequest,
    SettingsCardRequestBody,
    UpdateCardRequest,
    UpdateCardRequestBody,
)
from lark_oapi.api.im.v1 import (
    CreateFileRequest,
    CreateFileRequestBody,
    CreateMessageRequest,
    CreateMessageRequestBody,
    GetMessageRequest,
    ListMessageRequest,
    PatchMessageRequest,
    PatchMessageRequestBody,
    ReplyMessageRequest,
    ReplyMessageRequestBody,
)
from lark_oapi.core.model import BaseRequest, BaseResponse

from feishu_bot.core.messages import BotIdentity
from feishu_bot.errors import FeishuError, FeishuUnavailable
from feishu_bot.feishu.api.error_codes import TOKEN_REFUSED, error_for
from feishu_bot.feishu.api.transport import CallOption, rate_limit_wait

CALL_TIMEOUT = 15.0
# Feishu's tokens live two hours; with less than 30 minutes left it gives out a new one, and both
# are valid ("Get custom app's tenant_access_token").
TOKEN_MARGIN = 600.0
# Otherwise a card comes as a few of its words ("Get message").
WHOLE_CARDS = "user_card_content"
# "Get message history": 50 messages at most.
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class MessageReply:
    """A message as Feishu took it in; `thread_id` only in topics."""

    message_id: str
    thread_id: str = ""
    root_id: str = ""
    chat_id: str = ""


class FeishuClient:
    """The app's calls to Feishu. Thread-safe; opens nothing before its first call."""

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        domain: str,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app_id = app_id
        self._app_secret = app_secret
        self._timer = timer
        # Tokens are our own affair: the SDK's cache is shared by all clients of the process, is
        # filled by as many fetches as there are threads, and never gives a refused token up.
        self._lark = (
            lark.Client.builder()
            .app_id(app_id)
            .app_secret(app_secret)
            .domain(domain)
            .timeout(CALL_TIMEOUT)
            .enable_set_token(True)
            .build()
        )
        self._token = ""
        self._token_ends = 0.0
        self._token_lock = threading.Lock()

    def identity(self) -> BotIdentity:
        """Ask who the bot is. Raises FeishuError."""
        request = (
            BaseRequest.builder()
            .http_method(lark.HttpMethod.GET)
            .uri("/open-apis/bot/v3/info")
            .token_types({lark.AccessTokenType.TENANT})
            .build()
        )
        response = self._call(self._lark.request, request)
        # This old endpoint answers under "bot" instead of "data".
        bot = json.loads(response.raw.content)["bot"]
        return BotIdentity(self._app_id, bot["open_id"], bot.get("app_name", ""))

    def scopes(self) -> frozenset[str]:
        """The scopes that the app has in this tenant. Raises FeishuError."""
        data = self._get("/open-apis/application/v6/scopes")
        granted = (item for item in data["scopes"] if item.get("grant_status") == 1)
        return frozenset(item["scope_name"] for item in granted)

    def user_name(self, open_id: str, *, timeout: float) -> str:
        """A person's name, empty where a scope for it is missing; one try of `timeout` seconds.

        Raises FeishuError, PermissionMissing among them.
        """
        data = self._get(
            "/open-apis/contact/v3/users/:user_id",
            CallOption(tries=1, timeout=timeout),
            paths={"user_id": open_id},
            queries=[("user_id_type", "open_id")],
        )
        return str(data["user"].get("name") or "")

    def check(self) -> None:
        """Make sure that Feishu is there and knows the app. Raises FeishuError."""
        self._tenant_token()

    def create_card(self, card: Mapping[str, Any]) -> str:
        """Make a card entity; returns its id. Raises FeishuError."""
        body = CreateCardRequestBody.builder().type("card_json").data(_json(card)).build()
        request = CreateCardRequest.builder().request_body(body).build()
        # An entity that nobody sends is never seen, so a second try does no harm.
        option = CallOption(tries=1, idempotent=True)
        return str(self._call(self._lark.cardkit.v1.card.create, request, option).data.card_id)

    def set_text(
        self, card_id: str, element_id: str, text: str, *, uuid: str, sequence: int
    ) -> None:
        """Replace the text of one element of a streaming card. Raises FeishuError."""
        body = (
            ContentCardElementRequestBody.builder()
            .content(text)
            .uuid(uuid)
            .sequence(sequence)
            .build()
        )
        request = (
            ContentCardElementRequest.builder()
            .card_id(card_id)
            .element_id(element_id)
            .request_body(body)
            .build()
        )
        self._card_call(self._lark.cardkit.v1.card_element.content, request)

    def update_card(
        self, card_id: str, card: Mapping[str, Any], *, uuid: str, sequence: int
    ) -> None:
        """Replace a whole card entity, its settings included. Raises FeishuError."""
        content = Card.builder().type("card_json").data(_json(card)).build()
        body = UpdateCardRequestBody.builder().card(content).uuid(uuid).sequence(sequence).build()
        request = UpdateCardRequest.builder().card_id(card_id).request_body(body).build()
        self._card_call(self._lark.cardkit.v1.card.update, request)

    def set_streaming(self, card_id: str, on: bool, *, uuid: str, sequence: int) -> None:
        """Switch a card's streaming mode on or off. Raises FeishuError."""
        body = (
            SettingsCardRequestBody.builder()
            .settings(_json({"config": {"streaming_mode": on}}))
            .uuid(uuid)
            .sequence(sequence)
            .build()
        )
        request = SettingsCardRequest.builder().card_id(card_id).request_body(body).build()
        self._card_call(self._lark.cardkit.v1.card.settings, request)

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
        body = (
            ReplyMessageRequestBody.builder()
            .msg_type(message_type)
            .content(_json(content))
            .reply_in_thread(in_thread)
            .uuid(uuid)
            .build()
        )
        request = ReplyMessageRequest.builder().message_id(message_id).request_body(body).build()
        data = self._call(self._lark.im.v1.message.reply, request, CallOption(tries=1)).data
        return _reply(data)

    def create_message(
        self,
        receiver: str,
        message_type: str,
        content: Mapping[str, Any],
        *,
        uuid: str,
        receiver_type: Literal["chat_id", "open_id"] = "chat_id",
    ) -> MessageReply:
        """Write into a chat, or to a person, at most once per `uuid` (50 characters) in an hour.

        Raises FeishuError.
        """
        body = (
            CreateMessageRequestBody.builder()
            .receive_id(receiver)
            .msg_type(message_type)
            .content(_json(content))
            .uuid(uuid)
            .build()
        )
        request = (
            CreateMessageRequest.builder().receive_id_type(receiver_type).request_body(body).build()
        )
        data = self._call(self._lark.im.v1.message.create, request, CallOption(tries=1)).data
        return _reply(data)

    def patch_message(self, message_id: str, card: Mapping[str, Any]) -> None:
        """Replace the card of a message sent without an entity. Raises FeishuError."""
        body = PatchMessageRequestBody.builder().content(_json(card)).build()
        request = PatchMessageRequest.builder().message_id(message_id).request_body(body).build()
        self._call(self._lark.im.v1.message.patch, request, CallOption(tries=1))

    def _get(
        self,
        uri: str,
        option: CallOption | None = None,
        *,
        paths: Mapping[str, str] | None = None,
        queries: Sequence[tuple[str, str]] = (),
    ) -> dict[str, Any]:
        """The `data` of an API whose service is left out of the slim SDK. Raises FeishuError."""
        request = (
            BaseRequest.builder()
            .http_method(lark.HttpMethod.GET)
            .uri(uri)
            .paths(dict(paths or {}))
            .queries(list(queries))
            .token_types({lark.AccessTokenType.TENANT})
            .build()
        )
        response = self._call(self._lark.request, request, option)
        return dict(json.loads(response.raw.content)["data"])

    def upload_file(self, name: str, data: bytes) -> str:
        """Upload a file that isn't empty, 30 MB at most; returns its key. Raises FeishuError."""

        def create(file: tuple[str, bytes, str], option: CallOption) -> Any:
            # Anew for each try: the SDK puts the encoded form in place of the body.
            body = (
                CreateFileRequestBody.builder().file_type("stream").file_name(name).file(file)
            ).build()
            request = CreateFileRequest.builder().request_body(body).build()
            return self._lark.im.v1.file.create(request, option)

        file = (name, data, "application/octet-stream")
        # A file that nobody sends is never seen, so a second try does no harm.
        option = CallOption(tries=1, idempotent=True)
        return str(self._call(create, file, option).data.file_key)

    def message(self, message_id: str) -> list[dict[str, Any]]:
        """A message as Feishu keeps it: an item, for a forwarded chat several. Raises FeishuError.

        A group's messages need the scope im:message.group_msg.
        """
        request = (
            GetMessageRequest.builder()
            .message_id(message_id)
            .card_msg_content_type(WHOLE_CARDS)
            .build()
        )
        return _items(self._call(self._lark.im.v1.message.get, request, CallOption(tries=1)))

    def thread(self, thread_id: str) -> list[dict[str, Any]]:
        """The newest messages of a thread, newest first; 50 at most. Raises FeishuError."""
        request = (
            ListMessageRequest.builder()
            .container_id_type("thread")
            .container_id(thread_id)
            .sort_type("ByCreateTimeDesc")
            .page_size(PAGE_SIZE)
            .card_msg_content_type(WHOLE_CARDS)
            .build()
        )
        return _items(self._call(self._lark.im.v1.message.list, request, CallOption(tries=1)))

    def _card_call(self, method: Callable[..., Any], request: Any) -> None:
        """One try: whoever draws a card has newer text by the time a repeat could be made."""
        self._call(method, request, CallOption(tries=1))

    def _call(
        self, method: Callable[..., Any], request: Any, option: CallOption | None = None
    ) -> BaseResponse:
        option = option or CallOption()
        option.tenant_access_token = token = self._tenant_token()
        response = method(request, option)
        if response.code in TOKEN_REFUSED:
            self._refuse(token)
            option.tenant_access_token = self._tenant_token()
            response = method(request, option)
        return _checked(response)

    def _tenant_token(self) -> str:
        """The app's token; fetched by one thread while the others wait. Raises FeishuError."""
        if self._timer() < self._token_ends:
            return self._token
        with self._token_lock:
            if self._timer() < self._token_ends:
                return self._token
            request = (
                BaseRequest.builder()
                .http_method(lark.HttpMethod.POST)
                .uri("/open-apis/auth/v3/tenant_access_token/internal")
                .headers({"Content-Type": "application/json; charset=utf-8"})
                .body({"app_id": self._app_id, "app_secret": self._app_secret})
                .build()
            )
            try:
                response = _checked(self._lark.request(request, CallOption(idempotent=True)))
            except FeishuError as exc:
                # Nothing is wrong with what was to be said: it waits until the app is let in.
                raise FeishuUnavailable(
                    f"no token: {exc}", code=exc.code, log_id=exc.log_id
                ) from exc
            answer = json.loads(response.raw.content)
            self._token = answer["tenant_access_token"]
            self._token_ends = self._timer() + max(60.0, answer["expire"] - TOKEN_MARGIN)
            return self._token

    def _refuse(self, token: str) -> None:
        with self._token_lock:
            if token == self._token:
                self._token_ends = 0.0


def _reply(data: Any) -> MessageReply:
    return MessageReply(
        data.message_id, data.thread_id or "", data.root_id or "", data.chat_id or ""
    )


def _checked(response: BaseResponse) -> BaseResponse:
    if response.code == 0:
        return response
    raise error_for(
        response.code or 0,
        response.msg or "no message",
        log_id=response.get_log_id() or "",
        retry_after=rate_limit_wait(response.raw.headers),
    )


def _items(response: BaseResponse) -> list[dict[str, Any]]:
    """The items of an answer as they came: the SDK's objects lack what it doesn't know."""
    data = json.loads(response.raw.content).get("data") or {}
    return [item for item in data.get("items") or [] if isinstance(item, dict)]


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
