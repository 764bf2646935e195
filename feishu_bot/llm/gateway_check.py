"""A check of the gateway for /readyz."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence

from feishu_bot.errors import ModelError
from feishu_bot.llm.clients import Clients
from feishu_bot.llm.error_kinds import KEY_FAULTS, ModelErrorKind
from feishu_bot.llm.error_mapping import CLIENT_ERRORS, copy_of, error_of
from feishu_bot.llm.model_list import fetch_models

CHECK_TIMEOUT = 5.0
CHECK_FRESH_FOR = 10.0
# A gateway that says so is there, and takes the key.
_SIGNS_OF_LIFE = (ModelErrorKind.GATEWAY_RATE_LIMITED, ModelErrorKind.GATEWAY_BUSY)


class GatewayCheck:
    """Asks for the model list, with each key until one is good for it. Thread safe."""

    def __init__(
        self, clients: Clients, keys: Sequence[str], *, timeout: float, timer: Callable[[], float]
    ) -> None:
        self._clients = clients
        self._keys = keys
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
            if failure is None or failure.kind not in KEY_FAULTS:
                break
        return failure

    def _failure_of(self, key: str, timeout: float) -> ModelError | None:
        try:
            fetch_models(self._clients.of(key), timeout=timeout)
        except (*CLIENT_ERRORS, ModelError) as exc:
            failure = error_of(
                exc,
                broken=ModelErrorKind.GATEWAY_UNREACHABLE,
                proxied=self._clients.proxied,
                keys=self._keys,
            )
            return None if failure.kind in _SIGNS_OF_LIFE else failure
        return None
