"""The gateway's keys: handed out in turn, and masked wherever they are shown."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

REFUSED_COOLDOWN = 60.0
MAX_COOLDOWN = 3600.0
LIMITED_COOLDOWN = 5.0
# A shorter word of a header is a name or a number.
SECRET_CHARS = 8

_KEY = re.compile(r"\bsk-[\w#*-]{4,}|(?<=Bearer )[^\s\"']+")


def masked(key: str) -> str:
    """The key as the log shows it: `sk-…abcd`. A short key shows nothing of itself."""
    prefix = "sk-" if key.startswith("sk-") else ""
    return f"{prefix}…{key[-4:] if len(key) >= 16 else ''}"


def partial_key(key: str) -> str:
    """The key as people see it, to tell it from others: `sk-ab…wxyz`, a third of it at most."""
    shown = len(key) // 3
    last = min(4, shown // 2)
    first = min(5, shown - last)
    return f"{key[:first]}…{key[len(key) - last :]}"


def secret_parts(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What of the values of headers must not be shown: their words that may be a key."""
    words = (word for value in headers.values() for word in value.split())
    return tuple(word for word in words if len(word) >= SECRET_CHARS)


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
    """Hands out keys in turn, but rests those that were refused lately. Thread safe."""

    def __init__(self, keys: Sequence[str], *, timer: Callable[[], float] = time.monotonic) -> None:
        """Raises ValueError when there is no key."""
        self.keys: tuple[str, ...] = tuple(dict.fromkeys(keys))
        if not self.keys:
            raise ValueError("at least one key is needed")
        self._timer = timer
        self._lock = threading.Lock()
        self._cooldowns = {key: _Cooldown() for key in self.keys}
        self._turn = 0

    def take(self, avoid: Collection[str] = ()) -> str:
        """The next key that does not rest, one outside `avoid` if there is any.

        When all of them rest, the one whose rest ends first: asking is better than giving up.
        """
        with self._lock:
            now = self._timer()
            start = self._turn % len(self.keys)
            turns = self.keys[start:] + self.keys[:start]
            candidates = [key for key in turns if key not in avoid] or list(turns)
            key = min(candidates, key=lambda key: max(self._cooldowns[key].until, now))
            self._turn = self.keys.index(key) + 1
            return key

    def mark_refused(self, key: str) -> None:
        """Rest a key that the gateway refused: a minute, twice as long each time, 1 h at most."""
        with self._lock:
            cooldown = self._cooldowns[key]
            seconds = min(REFUSED_COOLDOWN * 2.0 ** min(cooldown.refusals, 10), MAX_COOLDOWN)
            cooldown.refusals += 1
            cooldown.until = self._timer() + seconds

    def mark_limited(self, key: str, seconds: float = 0.0) -> None:
        """Rest a key that has asked too often, as long as the gateway says, else five seconds."""
        seconds = min(seconds or LIMITED_COOLDOWN, MAX_COOLDOWN)
        with self._lock:
            cooldown = self._cooldowns[key]
            cooldown.until = max(cooldown.until, self._timer() + seconds)

    def mark_working(self, key: str) -> None:
        """Forget the refusals of a key that the gateway took."""
        cooldown = self._cooldowns[key]
        if cooldown.refusals or cooldown.until:
            with self._lock:
                self._cooldowns[key] = _Cooldown()
