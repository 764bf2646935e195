"""A three-second read cache for rows of settings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from cachetools import TTLCache

T = TypeVar("T")

_ITEMS = 20_000
# The process that receives a click stores the change; the answering one should see it soon.
_SECONDS = 3.0


class ReadCache(Generic[T]):
    """Values by id, for a few seconds by `clock`; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._values: TTLCache[str, T] = TTLCache(_ITEMS, _SECONDS, timer=clock)
        self._drops = 0

    def get(self, name: str, read: Callable[[str], T]) -> T:
        """The value that `read` gave for this name, now or a few seconds ago."""
        with self._lock:
            found = self._values.get(name)
            drops = self._drops
        if found is not None:
            return found
        found = read(name)
        with self._lock:
            # What was read before somebody's change must not come back after it.
            if drops == self._drops:
                self._values[name] = found
        return found

    def drop(self, name: str) -> None:
        """Forget a value that has changed."""
        with self._lock:
            self._drops += 1
            self._values.pop(name, None)
