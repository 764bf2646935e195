"""Messages: create, reply, get, list, patch, put, delete ("IM")."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from feishu_simulator.access import ALL_GROUP_MESSAGES, Access
from feishu_simulator.api_files import check_file
from feishu_simulator.api_request import ApiAnswer, ApiRequest, success
from feishu_simulator.card_checks import BadCard, check_card, is_shared, is_v2, parse_card
from feishu_simulator.card_entities import CardEntity
from feishu_simulator.message_json import as_json, forwarded_in
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat
from feishu_simulator.refusals import BAD_ID, Refusal, card_refusal, parameter
from feishu_simulator.state import PlatformState

TEXT_BYTES = 150 * 1024
CARD_BYTES = 30 * 1024
EDITS = 20
KINDS = frozenset(
    [
        "text", "post", "image", "file", "audio", "media", "sticker", "interactive", "share_chat",
        "share_user", "system",
    ]
)  # fmt: skip


class MessageApi:
    """The handlers; each runs under the platform's lock and may raise Refusal."""

    def __init__(self, state: PlatformState, access: Access) -> None:
        self._state = state
        self._access = access

    def create(self, request: ApiRequest) -> ApiAnswer:
        """Send to a chat or a person."""
        chat = self.receiver(request)
        return self._send(request, chat, None, in_thread=False)

    def reply(self, request: ApiRequest) -> ApiAnswer:
        """Reply to a message, in a thread with reply_in_thread."""
        target = self._state.message(request.params["message_id"])
        if target.deleted:
            raise Refusal(230011, "The message was recalled.")
        in_thread = request.body.get("reply_in_thread") is True
        return self._send(request, target.chat, target, in_thread=in_thread)

    def get(self, request: ApiRequest) -> ApiAnswer:
        """One message; a card simplified unless card_msg_content_type asks for it whole."""
        message = self._state.message(request.params["message_id"])
        self._check_readable(message.chat)
        whole_card = _wants_whole_cards(request, [message])
        state = self._state
        names = request.query.get("with_sender_name") == "true"
        inside = forwarded_in(message, state.messages, state.credentials, state.quirks, names=names)
        return success({"items": [self._shown(message, whole_card, names=names), *inside]})

    def history(self, request: ApiRequest) -> ApiAnswer:
        """A page of messages of a chat or thread; a chat has only the first message of a thread."""
        kind = request.query.get("container_id_type", "")
        container = request.query.get("container_id", "")
        messages = [m for m in self._state.messages.values() if _contains(m, kind, container)]
        if kind == "chat":
            if container not in self._state.chats:
                raise parameter("container_id")
            self._check_readable(self._state.chats[container])
        elif kind == "thread":
            if not messages:
                raise Refusal(230073, "The thread is invisible to the operator.")
            self._check_readable(messages[0].chat)
        else:
            raise parameter("container_id_type")
        start, end = request.query.get("start_time"), request.query.get("end_time")
        if start:
            messages = [m for m in messages if m.created_ms >= int(start) * 1000]
        if end:
            messages = [m for m in messages if m.created_ms < (int(end) + 1) * 1000]
        if request.query.get("sort_type") == "ByCreateTimeDesc":
            messages.reverse()
        size = int(request.query.get("page_size", "20"))
        if not 1 <= size <= 50:
            raise parameter("page_size")
        first = int(request.query.get("page_token") or 0)
        page = messages[first : first + size]
        more = first + size < len(messages)
        whole_card = _wants_whole_cards(request, page)
        return success(
            {
                "has_more": more,
                "page_token": str(first + size) if more else "",
                "items": [self._shown(m, whole_card) for m in page],
            }
        )

    def patch(self, request: ApiRequest) -> ApiAnswer:
        """Replace a card. Old and new card must be shared ("Update card": update_multi)."""
        message = self._own(request)
        if message.message_type != "interactive":
            raise parameter("This message is NOT a card.")
        card = self.checked_card(request.text("content"))
        for part in (message.card or {}, card):
            if not is_shared(part):
                raise card_refusal(300302, "update_multi must be true before and after")
        if is_v2(message.card or {}) and not is_v2(card):
            raise card_refusal(200830, "a card of schema 2.0 cannot become one of schema 1.0")
        if message.entity:
            message.entity.show(card)
        else:
            message.content = card
        self._edited(message)
        return success({})

    def update(self, request: ApiRequest) -> ApiAnswer:
        """Edit a text or post, up to 20 times."""
        message = self._own(request, other=Refusal(230071, "Not the sender of the message."))
        kind = request.text("msg_type")
        if kind not in ("text", "post") or message.message_type not in ("text", "post"):
            raise Refusal(230054, "This operation is unsupported for this message type.")
        if message.edits >= EDITS:
            raise Refusal(230072, "The message has been edited too many times.")
        content, _ = self._content(request, kind)
        message.message_type, message.content = kind, content
        message.edits += 1
        self._edited(message)
        return success(self._shown(message))

    def delete(self, request: ApiRequest) -> ApiAnswer:
        """Recall a message of the bot."""
        message = self._own(request, other=Refusal(230026, "No permission to recall."))
        message.deleted = True
        message.note_change()
        return success({})

    def receiver(self, request: ApiRequest) -> Chat:
        """The chat a create call is for; a private chat is created by its first message."""
        kind = request.query.get("receive_id_type", "")
        receive_id = request.text("receive_id")
        if kind == "chat_id":
            chat = self._state.chats.get(receive_id)
            if chat is None:
                raise Refusal(230034, "The receive_id is invalid.")
            return chat
        if kind not in ("open_id", "union_id", "user_id"):
            raise Refusal(BAD_ID, f"receive_id_type {kind!r} is invalid")
        for person in self._state.people.values():
            if person.ids()[kind] == receive_id:
                return self._state.private_chat(person)
        raise Refusal(230034, "The receive_id is invalid.")

    def checked_card(self, content: str) -> dict[str, Any]:
        """Raises Refusal: 230025 when too long, 230099 with the card service's code otherwise."""
        if len(content.encode()) > CARD_BYTES:
            raise Refusal(230025, "The length of the message content reaches its limit.")
        state = self._state
        try:
            card = parse_card(content)
            check_card(card, state.card_rules, images=state.images, people=state.people_known())
        except BadCard as exc:
            raise card_refusal(exc.code, exc.why) from exc
        return card

    def _send(
        self, request: ApiRequest, chat: Chat, target: Message | None, *, in_thread: bool
    ) -> ApiAnswer:
        state = self._state
        if not chat.has_bot:
            raise Refusal(230002, "Bot/User can NOT be out of the chat.")
        uuid = request.body.get("uuid")
        if uuid is not None and (not isinstance(uuid, str) or len(uuid) > 50):
            raise parameter("uuid")
        before = state.sent_before(uuid) if uuid else None
        if before is not None:
            if state.repeated_uuid_is_an_error:
                raise parameter("uuid is repeated")
            return success(self._shown(before))
        kind = request.text("msg_type")
        content, entity = self._content(request, kind)
        message = state.add_message(
            chat, None, kind, content, target=target, in_thread=in_thread, entity=entity
        )
        if entity:
            entity.message_id = message.message_id
        if uuid:
            state.remember_sent(uuid, message)
        return success(self._shown(message))

    def _content(self, request: ApiRequest, kind: str) -> tuple[dict[str, Any], CardEntity | None]:
        text = request.text("content")
        if kind not in KINDS:
            raise parameter("invalid msg_type")
        if kind == "interactive":
            return self._card_content(text)
        if len(text.encode()) > (CARD_BYTES if kind == "post" else TEXT_BYTES):
            raise Refusal(230025, "The length of the message content reaches its limit.")
        try:
            content = json.loads(text)
        except ValueError as exc:
            raise parameter("content is not a string in json format") from exc
        if not isinstance(content, dict) or not content:
            raise parameter("content is empty")
        self._check_content(kind, content)
        return content, None

    def _card_content(self, text: str) -> tuple[dict[str, Any], CardEntity | None]:
        """A card, or a reference to an entity.

        An unknown entity is 230099 with 200740. No page gives a code for sending an entity twice
        ("can be sent once"); here it is the same pair with another text.
        """
        try:
            reference = json.loads(text)
        except ValueError as exc:
            raise parameter("content is not a string in json format") from exc
        if not isinstance(reference, dict) or not reference:
            raise parameter("content is empty")
        if reference.get("type") != "card":
            return self.checked_card(text), None
        card_id = (reference.get("data") or {}).get("card_id", "")
        entity = self._state.entities.get(card_id)
        if entity is None:
            raise card_refusal(200740, "card entity does not exist")
        if entity.message_id:
            raise card_refusal(200740, "card entity has been sent already")
        if entity.refusals < self._state.quirks.fresh_cards_refused:
            entity.refusals += 1
            raise card_refusal(11310, "cardid is invalid")
        return reference, entity

    def _check_content(self, kind: str, content: dict[str, Any]) -> None:
        state = self._state
        if kind == "text" and not str(content.get("text") or ""):
            raise parameter("text is empty")
        if kind == "post":
            if "post" in content or not all(
                isinstance(part, dict) and isinstance(part.get("content"), list)
                for part in content.values()
            ):
                raise parameter("invalid message content, post needs a locale and its content")
            for part in content.values():
                for run in (run for paragraph in part["content"] for run in paragraph):
                    if run.get("tag") == "img" and run.get("image_key") not in state.images:
                        raise Refusal(230055, "invalid image_key")
        if kind == "image" and content.get("image_key") not in state.images:
            raise Refusal(230017, "Bot is NOT the owner of the resource.")
        if kind in ("file", "audio", "media"):
            check_file(state, kind, str(content.get("file_key")))

    def _own(self, request: ApiRequest, other: Refusal | None = None) -> Message:
        message = self._state.message(request.params["message_id"])
        if message.sender is not None:
            raise other or parameter("This message is NOT sent by the bot.")
        if message.deleted:
            raise Refusal(230011, "The message was recalled.")
        if not message.chat.has_bot:
            raise Refusal(230002, "Bot/User can NOT be out of the chat.")
        return message

    def _shown(
        self, message: Message, whole_card: bool = False, *, names: bool = False
    ) -> dict[str, Any]:
        state = self._state
        return as_json(message, state.credentials, state.quirks, whole_card=whole_card, names=names)

    def _edited(self, message: Message) -> None:
        message.updated_ms = max(message.created_ms + 1, self._state.last_created_ms)
        message.note_change()

    def _check_readable(self, chat: Chat) -> None:
        if not chat.has_bot:
            raise Refusal(230002, "Bot/User can NOT be out of the chat.")
        if not chat.is_private and ALL_GROUP_MESSAGES not in self._access.scopes:
            raise Refusal(230027, "Lack of necessary permissions: im:message.group_msg.")


def _wants_whole_cards(request: ApiRequest, messages: Iterable[Message]) -> bool:
    """Raises Refusal: the platform can't do that where there is a forwarded chat."""
    wanted = request.query.get("card_msg_content_type") == "user_card_content"
    if wanted and any(message.message_type == "merge_forward" for message in messages):
        raise Refusal(2200, "Internal Error", status=500)
    return wanted


def _contains(message: Message, kind: str, container: str) -> bool:
    if kind == "thread":
        return message.thread_id == container
    if message.chat.chat_id != container:
        return False
    return not message.thread_id or not message.root_id
