"""The simulated gateway: keys, models, balance and chat completions."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from feishu_simulator.echo import echo, question_of
from feishu_simulator.exchanges import Exchanges
from feishu_simulator.gateway_media import GatewayMedia
from feishu_simulator.script import Script
from feishu_simulator.sight import refusal_of_pictures
from feishu_simulator.stream_writer import StreamWriter

REQUESTS = 20_000
# In which gateways of the one-api family tell the id of a request.
ID_HEADER = "X-Oneapi-Request-Id"
Responder = Callable[[dict[str, Any]], Script]


@dataclass(slots=True, eq=False)
class ChatRequest:
    """A request as received.

    Filled in while it is answered: `expected`, the whole answer without reasoning, `last_chunk_at`
    and `client_left`.
    """

    body: dict[str, Any]
    key: str
    at: float
    last_chunk_at: float | None = None
    expected: str = ""
    client_left: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """The newest user message."""
        return question_of(self.body)


class Gateway:
    """Thread safe. `first` and `between` are the default pace of a script, in seconds."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self.url = ""
        self.keys: list[str] = [f"sk-{'simulator' * 5}czl"]
        self.models: list[str] = ["gpt-3.5-turbo-0613", "gpt-3.5-turbo-16k-0613", "gpt-4-0613"]
        self.first = 0.3
        self.between = 1 / 30
        self.hard_limit_usd = 10.0
        self.total_usage_cents = 250.0
        # (hard_limit_usd, total_usage) of single keys; and the keys whose quota is used up.
        self.balances: dict[str, tuple[float, float]] = {}
        self.exhausted: set[str] = set()
        # Other gateways serve their web page at the billing paths.
        self.has_billing = True
        # Some services list no models, and some list them in another shape.
        self.has_models = True
        self.list_models: Callable[[list[str]], Any] = openai_list
        # The services behind gateways, asked directly, have other names for it.
        self.id_header = ID_HEADER
        # Where the API is; elsewhere is nothing, or a web page.
        self.base = "/v1"
        self.stopping = threading.Event()
        self.stream_writer = StreamWriter()
        self.media = GatewayMedia()
        self.exchanges = Exchanges()
        # What the responder plays, for people to read.
        self.fault = ""
        self._lock = threading.Lock()
        self._requests: deque[ChatRequest] = deque(maxlen=REQUESTS)
        self._scripts: deque[Script] = deque()
        self._respond: Responder = echo
        self._notify = notify

    @property
    def requests(self) -> list[ChatRequest]:
        """Chat requests, oldest first (the last 20,000)."""
        with self._lock:
            return list(self._requests)

    def enqueue(self, *scripts: Script) -> None:
        """Answer the next requests with these scripts, in order."""
        with self._lock:
            self._scripts.extend(scripts)

    def respond_with(self, responder: Responder) -> None:
        """Answer with *responder* every request for which no script is queued."""
        with self._lock:
            self._respond = responder

    def take(
        self, body: dict[str, Any], key: str, headers: Mapping[str, str]
    ) -> tuple[ChatRequest, Script]:
        """Record a request and choose its script."""
        request = ChatRequest(body, key, time.monotonic(), headers=headers)
        with self._lock:
            self._requests.append(request)
            script = self._scripts.popleft() if self._scripts else None
            respond = self._respond
        script = script or refusal_of_pictures(body) or respond(body)
        request.expected = script.content
        self._notify()
        return request, script

    def finish(self, request: ChatRequest, *, client_left: bool = False) -> None:
        """Note the end of an answer; with *client_left* the client closed the connection."""
        request.last_chunk_at = time.monotonic()
        request.client_left = client_left
        self._notify()

    def stop(self) -> None:
        """End every stream, silent ones included."""
        self.stopping.set()
        self.stream_writer.stop()
        self.media.stop()

    def model_list(self) -> Any:
        """The answer to GET /models."""
        return self.list_models(self.models)

    def subscription(self, key: str) -> dict[str, Any]:
        """The key's limit in US dollars, as the billing API of one-api gives it."""
        limit, _ = self._balance_of(key)
        return {
            "object": "billing_subscription",
            "has_payment_method": True,
            "soft_limit_usd": limit,
            "hard_limit_usd": limit,
            "system_hard_limit_usd": limit,
            "access_until": 0,
        }

    def usage(self, key: str) -> dict[str, Any]:
        """The key's usage in US cents, as the billing API of one-api gives it."""
        return {"object": "list", "total_usage": self._balance_of(key)[1]}

    def _balance_of(self, key: str) -> tuple[float, float]:
        return self.balances.get(key, (self.hard_limit_usd, self.total_usage_cents))


def openai_list(names: list[str]) -> dict[str, Any]:
    """Models as OpenAI and the gateways of the one-api family list them."""
    models = [
        {"id": name, "object": "model", "created": 1677649963, "owned_by": "OpenAI"}
        for name in names
    ]
    return {"object": "list", "data": models}


def bare_list(names: list[str]) -> list[dict[str, Any]]:
    """Models as Together lists them."""
    return [{"id": name, "type": "chat"} for name in names]


def named_list(names: list[str]) -> dict[str, Any]:
    """Models as Google's and Ollama's own addresses list them."""
    return {"models": [{"name": f"models/{name}"} for name in names]}


def request_id() -> str:
    return f"{time.strftime('%Y%m%d%H%M%S')}{uuid.uuid4().hex[:20]}"


def error_body(
    message: str, request: str, *, type: str = "czloapi_error", code: str = "", param: str = ""
) -> bytes:
    """The envelope of the CZL fork of one-hub: empty param and code are left out."""
    error = {"message": f"{message} (request id: {request})", "type": type}
    if param:
        error["param"] = param
    if code:
        error["code"] = code
    return json.dumps({"error": error}, ensure_ascii=False).encode()
