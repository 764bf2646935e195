"""Remembers which temperatures a model has rejected."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from feishu_bot.llm.error_kinds import ModelErrorKind

# A model takes some temperatures and rejects others, so each is remembered by itself.
MAX_MODELS = 1_000

_TEMPERATURE = re.compile(r"(?<![a-z])temperature(?![a-z])", re.IGNORECASE)
# The kinds that an error about one field of the request can have.
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
    """The temperatures that models have rejected, the last thousand of them. Thread safe."""

    def __init__(self, most: int = MAX_MODELS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, float], None] = OrderedDict()

    def note(self, body: Mapping[str, Any]) -> None:
        """Remember that the model of this request rejected its temperature."""
        with self._lock:
            self._known[body["model"], body["temperature"]] = None
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def without_rejected(self, body: dict[str, Any]) -> dict[str, Any]:
        """The request without what its model is known to reject."""
        with self._lock:
            is_known = (body["model"], body.get("temperature")) in self._known
        return without_temperature(body) if is_known else body
