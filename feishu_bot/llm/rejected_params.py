"""What models don't take, so that they are asked without it."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from feishu_bot.llm.error_kinds import ModelErrorKind

# A model takes some temperatures and refuses others, so each is remembered by itself.
MAX_MODELS = 1_000

_TEMPERATURE = re.compile(r"(?<![a-z])temperature(?![a-z])", re.IGNORECASE)
# What a complaint about one field of the request can turn out to be.
_SUSPECT = frozenset(
    {ModelErrorKind.BAD_REQUEST, ModelErrorKind.UPSTREAM_FAILED, ModelErrorKind.GATEWAY_FAILED}
)


def blames_temperature(kind: str, detail: str) -> bool:
    """Whether a failure of this kind is about the temperature that was sent."""
    return kind in _SUSPECT and bool(_TEMPERATURE.search(detail))


def without_temperature(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request, with the temperature left to the model."""
    return {name: value for name, value in body.items() if name != "temperature"}


class RejectedTemperatures:
    """The temperatures that models have refused, the last thousand of them. Thread safe."""

    def __init__(self, most: int = MAX_MODELS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, float], None] = OrderedDict()

    def note(self, body: Mapping[str, Any]) -> None:
        """The model of this request refused its temperature."""
        with self._lock:
            self._known[body["model"], body["temperature"]] = None
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def spared(self, body: dict[str, Any]) -> dict[str, Any]:
        """The request without what its model is known to refuse."""
        with self._lock:
            is_known = (body["model"], body.get("temperature")) in self._known
        return without_temperature(body) if is_known else body
