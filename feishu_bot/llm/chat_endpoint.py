"""One request to /chat/completions, up to the head of its response."""

from __future__ import annotations

from typing import Any

import openai

from feishu_bot.core.chat_model import Prompt
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.deadline import StreamDeadline
from feishu_bot.llm.deadline_transport import deadline_for_requests
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import CLIENT_ERRORS, error_of


def request_body(prompt: Prompt, model: str) -> dict[str, Any]:
    """Only what every model takes: any other field may be rejected by one of them."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": message.role, "content": message.content} for message in prompt.messages
        ],
        "stream": True,
    }
    if prompt.temperature is not None:
        body["temperature"] = prompt.temperature
    return body


class ChatEndpoint:
    """Opens streams; asks for the usage with them until a gateway rejects that. Thread safe."""

    def __init__(self, clients: Clients, keys: tuple[str, ...]) -> None:
        self._clients = clients
        self._keys = keys
        self._takes_stream_options = True

    def open(
        self, key: str, body: dict[str, Any], deadline: StreamDeadline
    ) -> openai.Stream[object]:
        """The response to a request with this key, not read yet. Raises ModelError."""
        with_usage = self._takes_stream_options
        try:
            return self._post(key, body, deadline, with_usage=with_usage)
        except CLIENT_ERRORS as exc:
            if not (with_usage and _rejects_stream_options(exc)):
                # There was no stream yet that could break.
                raise error_of(
                    exc,
                    timeout=deadline.timeout_kind,
                    broken=ModelErrorKind.GATEWAY_UNREACHABLE,
                    proxied=self._clients.proxied,
                    keys=self._keys,
                ) from exc
        self._takes_stream_options = False
        return self.open(key, body, deadline)

    def _post(
        self, key: str, body: dict[str, Any], deadline: StreamDeadline, *, with_usage: bool
    ) -> openai.Stream[object]:
        if with_usage:
            body = body | {"stream_options": {"include_usage": True}}
        with deadline_for_requests(deadline):
            # Plain dicts: a fifth of the CPU time that typed chunks take.
            return self._clients.of(key).post(
                "/chat/completions",
                body=body,
                cast_to=object,
                stream=True,
                stream_cls=openai.Stream[object],
            )


def _rejects_stream_options(exc: Exception) -> bool:
    return (
        isinstance(exc, openai.APIStatusError)
        and exc.status_code in (400, 422)
        and "stream_options" in str(exc.body)
    )
