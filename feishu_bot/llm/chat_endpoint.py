"""One request to /chat/completions, up to the head of its response."""

from __future__ import annotations

import base64
from typing import Any

import openai

from feishu_bot.core.chat_model import ChatMessage, Prompt
from feishu_bot.core.pictures import Picture
from feishu_bot.errors import ModelError
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.deadline import StreamDeadline
from feishu_bot.llm.deadline_transport import deadline_for_requests
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import CLIENT_ERRORS


def request_body(prompt: Prompt, model: str) -> dict[str, Any]:
    """Only what nearly every model takes: any other field may be rejected by one of them."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": message.role, "content": _content(message)} for message in prompt.messages
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if prompt.temperature is not None:
        body["temperature"] = prompt.temperature
    if prompt.max_tokens is not None:
        body["max_tokens"] = prompt.max_tokens
    return body


def _content(message: ChatMessage) -> str | list[dict[str, Any]]:
    """Words alone stay a string, which every service takes. Data URLs need no access of ours."""
    if not message.pictures:
        return message.content
    words = [{"type": "text", "text": message.content}] if message.content else []
    return [*words, *map(_part, message.pictures)]


def _part(picture: Picture) -> dict[str, Any]:
    data = base64.b64encode(picture.data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{picture.media_type};base64,{data}"}}


class ChatEndpoint:
    """Opens responses. Thread safe."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def open(
        self, key: str, body: dict[str, Any], deadline: StreamDeadline, *, base_url: str = ""
    ) -> openai.Stream[object]:
        """The response to a request with this key, not read yet. Raises ModelError."""
        try:
            with deadline_for_requests(deadline):
                # The stream is only a way to the response: its events are read by `sse`.
                return self._clients.of(key, base_url).post(
                    "/chat/completions",
                    body=body,
                    cast_to=object,
                    stream=True,
                    stream_cls=openai.Stream[object],
                )
        except ModelError:
            raise
        except CLIENT_ERRORS as exc:
            # There was no stream yet that could break.
            raise self._clients.failure_of(
                exc,
                timeout=deadline.timeout_kind,
                broken=ModelErrorKind.GATEWAY_UNREACHABLE,
            ) from exc
