"""A read cache for rows that seldom change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import TTLCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# What is asked for again is asked for soon, and another read is one step in an index. An entry of
# the largest takes 700 bytes, and each process has five of these caches.
_ITEMS = 2_000
# The process that receives a click stores the change; the answering one should see it soon.
_SECONDS = 3.0


class ReadCache(Generic[K, V]):
    """Values by key, for some seconds by `timer`, which nobody can set. Thread safe.

    None and False aren't kept: what isn't there yet may be there soon.
    """

    def __init__(self, timer: Callable[[], float], seconds: float = _SECONDS) -> None:
        self._lock = threading.Lock()
        self._values: TTLCache[K, V] = TTLCache(_ITEMS, seconds, timer=timer)
        self._drops = 0

    def get(self, key: K, read: Callable[[K], V]) -> V:
        """The value that `read` gave for this key, now or a while ago."""
        with self._lock:
            found = self._values.get(key)
            drops = self._drops
        if found is not None:
            return found
        value = read(key)
        with self._lock:
            # What was read before somebody's change must not come back after it.
            if value and drops == self._drops:
                self._values[key] = value
        return value

    def keep(self, key: K, value: V) -> None:
        """Take a value that is known without reading."""
        with self._lock:
            self._values.setdefault(key, value)

    def drop(self, key: K) -> None:
        """Forget a value that has changed."""
        with self._lock:
            self._drops += 1
            self._values.pop(key, None)

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._drops += 1
            self._values.clear()
