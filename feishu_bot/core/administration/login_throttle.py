"""How often a password may be tried: strangers are slowed down, and can't lock anybody out."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

# Of one address; of all together; of a browser that has been logged in before, which strangers
# can't use up. Each process counts for itself.
WINDOW_SECONDS = 300.0
PER_ADDRESS = 5
OVERALL = 50
PER_DEVICE = 10


class LoginThrottle:
    """Counts tries that failed, by whoever made them. `timer` is in seconds. Thread safe."""

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._by_key: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()

    def begin(self, address: str, device: str = "") -> float:
        """Note a try; how many seconds to wait instead, or 0 when it may be made.

        `device` names a browser that was logged in before.
        """
        now = self._timer()
        with self._lock:
            self._forget(now - WINDOW_SECONDS)
            key = f"device {device}" if device else f"address {address}"
            own = self._by_key.setdefault(key, deque())
            limits = [(own, PER_DEVICE if device else PER_ADDRESS)]
            if not device:
                limits.append((self._all, OVERALL))
            waits = [
                tries[0] + WINDOW_SECONDS - now for tries, most in limits if len(tries) >= most
            ]
            if waits:
                return max(1.0, *waits)
            for tries, _ in limits:
                tries.append(now)
            return 0.0

    def succeeded(self, address: str, device: str = "") -> None:
        """The try was no failure: it and those before it don't count any more."""
        key = f"device {device}" if device else f"address {address}"
        with self._lock:
            tries = self._by_key.pop(key, None)
            if tries and not device:
                # The address' tries are the newest of all that are there at that time, or one of
                # somebody else's goes: the sum counts.
                for _ in range(min(len(tries), len(self._all))):
                    self._all.pop()

    def _forget(self, before: float) -> None:
        for tries in (self._all, *self._by_key.values()):
            while tries and tries[0] <= before:
                tries.popleft()
        for key in [key for key, tries in self._by_key.items() if not tries]:
            del self._by_key[key]
