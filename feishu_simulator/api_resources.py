"""Downloads of what is in messages ("Get resource of a message")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from feishu_simulator.api_request import ApiAnswer, ApiRequest
from feishu_simulator.messages import Message
from feishu_simulator.refusals import Refusal
from feishu_simulator.state import PlatformState, StoredFile

LARGEST_DOWNLOAD = 100 * 1024 * 1024


class ResourceApi:
    """The handler runs under the platform's lock and may raise Refusal."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state

    def resource(self, request: ApiRequest) -> ApiAnswer:
        """Download an image or file of a message the bot can see."""
        kind = request.query.get("type")
        if kind not in ("image", "file"):
            raise Refusal(234001, "Invalid request param.")
        message = self._state.message(request.params["message_id"])
        self._check_given_out(message)
        stored = self._stored(message, request.params["file_key"], kind)
        if len(stored.data) > LARGEST_DOWNLOAD:
            raise Refusal(234037, "Downloaded file size exceeds limit.")
        name = stored.name.encode().decode("latin-1")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        quirks = self._state.quirks
        mime = quirks.resource_type or stored.mime
        return ApiAnswer(200, stored.data, 0, mime, headers, quirks.resource_seconds)

    def _check_given_out(self, message: Message) -> None:
        if message.deleted:
            raise Refusal(230110, "The message has been deleted.")
        if not message.chat.has_bot:
            # A message that is known from a forward alone gives nothing out by its own id.
            if any(message.message_id in _ids_in(m) for m in self._state.messages.values()):
                raise Refusal(234003, "File not in msg.")
            raise Refusal(234004, "The bot is not in the chat.")
        if message.chat.is_restricted:
            raise Refusal(234038, "The chat is in restricted mode.")
        is_closed_forward = self._state.quirks.forwards_give_nothing
        if message.message_type in ("sticker", "interactive") or (
            message.message_type == "merge_forward" and is_closed_forward
        ):
            raise Refusal(234043, "Unsupported message type.")

    def _stored(self, message: Message, key: str, kind: str) -> StoredFile:
        """What the message has under this key. Raises Refusal."""
        state = self._state
        if not any(key in part.files for part in _with_forwarded(message, state.messages)):
            raise Refusal(234003, "File not in msg.")
        if key in (state.files if kind == "image" else state.images):
            raise Refusal(234001, "Invalid request param.")
        stored = (state.images if kind == "image" else state.files).get(key)
        if stored is None:
            raise Refusal(234003, "File not in msg.")
        return stored


def _ids_in(message: Message) -> list[str]:
    return list(message.content.get("forwarded", ()))


def _with_forwarded(message: Message, messages: Mapping[str, Message]) -> Iterator[Message]:
    """The message, and all that is forwarded in it and wasn't recalled, however deep."""
    yield message
    for message_id in _ids_in(message):
        part = messages.get(message_id)
        if part is not None and not part.deleted:
            yield from _with_forwarded(part, messages)
