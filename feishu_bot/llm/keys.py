"""The gateway's keys: which one is next, and which ones rest."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

REFUSED_COOLDOWN = 60.0
MAX_COOLDOWN = 3600.0
LIMITED_COOLDOWN = 5.0

_KEY = re.compile(r"\bsk-[\w#*-]{4,}|(?<=Bearer )[^\s\"']+")


def masked(key: str) -> str:
    """The key as it may stand in a log: `sk-…abcd`. A short key shows nothing of itself."""
    prefix = "sk-" if key.startswith("sk-") else ""
    return f"{prefix}…{key[-4:] if len(key) >= 16 else ''}"


def partial_key(key: str) -> str:
    """The key as people may see it, to tell it from others: `sk-ab…wxyz`, a third of it at most."""
    shown = len(key) // 3
    last = min(4, shown // 2)
    first = min(5, shown - last)
    return f"{key[:first]}…{key[len(key) - last :]}"


def mask_keys(text: str, keys: Collection[str] = ()) -> str:
    """`text` without the keys named, and without anything else that looks like one."""
    for key in keys:
        text = text.replace(key, masked(key))
    return _KEY.sub(lambda found: masked(found[0]), text)


@dataclass(slots=True)
class _Cooldown:
    until: float = 0.0
    refusals: int = 0


class KeyRing:
    """Hands out keys in turn, and leaves those alone that were refused lately. Thread safe."""

    def __init__(self, keys: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the keys; raises ValueError when there is none."""
        self.keys: tuple[str, ...] = tuple(dict.fromkeys(keys))
        if not self.keys:
            raise ValueError("at least one key is needed")
        self._clock = clock
        self._lock = threading.Lock()
        self._rests = {key: _Cooldown() for key in self.keys}
        self._turn = 0

    def take(self, avoid: Collection[str] = ()) -> str:
        """The next key that does not rest, one outside `avoid` if there is any.

        When all of them rest, the one whose rest ends first: asking is better than giving up.
        """
        with self._lock:
            now = self._clock()
            start = self._turn % len(self.keys)
            turns = self.keys[start:] + self.keys[:start]
            choice = [key for key in turns if key not in avoid] or list(turns)
            key = min(choice, key=lambda key: max(self._rests[key].until, now))
            self._turn = self.keys.index(key) + 1
            return key

    def refused(self, key: str) -> None:
        """The gateway refused the key: it rests for a minute, twice as long each time, to 1 h."""
        with self._lock:
            rest = self._rests[key]
            seconds = min(REFUSED_COOLDOWN * 2.0 ** min(rest.refusals, 10), MAX_COOLDOWN)
            rest.refusals += 1
            rest.until = self._clock() + seconds

    def limited(self, key: str) -> None:
        """The key has asked too often: it rests for five seconds."""
        with self._lock:
            rest = self._rests[key]
            rest.until = max(rest.until, self._clock() + LIMITED_COOLDOWN)

    def worked(self, key: str) -> None:
        """The gateway took the key: whatever was held against it is forgotten."""
        rest = self._rests[key]
        if rest.refusals or rest.until:
            with self._lock:
                self._rests[key] = _Cooldown()
