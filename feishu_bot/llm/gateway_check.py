"""A check of the gateway for /readyz."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence

from feishu_bot.errors import ModelError
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.error_body import error_in
from feishu_bot.llm.error_kinds import OTHER_KEY_ONLY, ModelErrorKind
from feishu_bot.llm.error_mapping import CLIENT_ERRORS, copy_of, error_in_body
from feishu_bot.llm.model_list import NO_LIST, fetch_models

CHECK_TIMEOUT = 5.0
CHECK_FRESH_FOR = 10.0
# A gateway that says so is there, and takes the key.
_SIGNS_OF_LIFE = (
    ModelErrorKind.GATEWAY_RATE_LIMITED,
    ModelErrorKind.GATEWAY_RESTING,
    ModelErrorKind.GATEWAY_BUSY,
)


class GatewayCheck:
    """Asks for the model list, with each key until one is good for it. Thread safe."""

    def __init__(
        self,
        clients: Clients,
        keys: Sequence[str],
        *,
        model: str = "",
        timeout: float,
        timer: Callable[[], float],
    ) -> None:
        """`model` is the configured one, with which a service may do without a list."""
        self._clients = clients
        self._keys = keys
        self._model = model
        self._timeout = timeout
        self._timer = timer
        self._lock = threading.Lock()
        self._fresh_until = -math.inf
        self._failure: ModelError | None = None

    def run(self) -> None:
        """Raise ModelError when the gateway can't be reached or refuses every key.

        The outcome holds for ten seconds.
        """
        with self._lock:
            if self._timer() >= self._fresh_until:
                self._failure = self._find_failure()
                self._fresh_until = self._timer() + CHECK_FRESH_FOR
            failure = self._failure
        if failure is not None:
            raise copy_of(failure)

    def _find_failure(self) -> ModelError | None:
        ends_at = self._timer() + self._timeout
        failure: ModelError | None = None
        for key in self._keys:
            remaining = ends_at - self._timer()
            if failure is not None and remaining <= 0:
                break
            failure = self._failure_of(key, remaining)
            if failure is None or failure.kind not in OTHER_KEY_ONLY:
                break
        return failure

    def _failure_of(self, key: str, timeout: float) -> ModelError | None:
        try:
            fetch_models(self._clients, key, timeout=timeout)
        except (*CLIENT_ERRORS, ModelError) as exc:
            failure = self._clients.failure_of(
                exc,
                broken=ModelErrorKind.GATEWAY_UNREACHABLE,
            )
            if failure.kind in _SIGNS_OF_LIFE or self._does_without_list(key, failure, timeout):
                return None
            return failure
        return None

    def _does_without_list(self, key: str, failure: ModelError, timeout: float) -> bool:
        """Whether chats are answered at the address all the same, as far as can be told."""
        if not self._model or failure.kind not in NO_LIST:
            return False
        if self._clients.address.is_settled:
            return True
        url = self._clients.base_url
        failures = [self._probe(key, url, timeout)]
        if other := self._clients.address.other(url, failures[0]):
            failures.append(self._probe(key, other, timeout))
        return any(not self._clients.address.is_wrong(kind) for kind in failures)

    def _probe(self, key: str, url: str, timeout: float) -> str:
        """The failure of a chat without a question, which is refused where chats are answered."""
        body = {"model": self._model, "messages": [], "stream": True, "max_tokens": 1}
        try:
            reply = self._clients.of(key, url).post(
                "/chat/completions", body=body, cast_to=object, options={"timeout": timeout}
            )
            if error_in(reply) is None and isinstance(reply, str) and reply.lstrip()[:1] == "<":
                return ModelErrorKind.NOT_A_GATEWAY
            return error_in_body(reply).kind if error_in(reply) is not None else ""
        except (*CLIENT_ERRORS, ModelError) as exc:
            return self._clients.failure_of(exc).kind
