"""The name under which a model is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable

from feishu_bot.metrics import OTHER

MOST_MODELS = 100
MOST_NAMES = 1_000


class ModelLabel:
    """The label of a model: the known one that its name means, else "other".

    A name may come from a person or from the service's answer; `known` gives the name in the list
    of models, empty for none. `most` is how many of them get a label in this process. Thread safe.
    """

    def __init__(self, known: Callable[[str], str], *, most: int = MOST_MODELS) -> None:
        self._known = known
        self._most = most
        self._lock = threading.Lock()
        self._labels: set[str] = set()
        # To look a name up in a list of hundreds takes most of a millisecond.
        self._label_by_name: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The label for the model of this name."""
        label = self._label_by_name.get(name)
        if label is None:
            label = self._known(name)
            if not label or not self._has_room(label):
                return OTHER
            self._remember(name, label)
        return label

    def _has_room(self, label: str) -> bool:
        with self._lock:
            if label not in self._labels and len(self._labels) >= self._most:
                return False
            self._labels.add(label)
            return True

    def _remember(self, name: str, label: str) -> None:
        # A service may write another name in every answer.
        if len(self._label_by_name) < MOST_NAMES:
            self._label_by_name[name] = label
