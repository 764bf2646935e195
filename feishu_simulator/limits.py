"""Rate limits with sliding windows: always counted, refused only if wanted."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

# Windows are dropped beyond this number, the oldest first.
SUBJECTS = 50_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many *calls* within any *seconds*."""

    name: str
    calls: int
    seconds: float


# "Rate limits of server APIs", "Streaming updates of cards", "Send message", "Update card".
API_SECOND = Limit("api/second", 50, 1.0)
API_MINUTE = Limit("api/minute", 1000, 60.0)
CARD = Limit("card", 10, 1.0)
PATCH = Limit("message/patch", 5, 1.0)
CHAT = Limit("chat/send", 5, 1.0)


@dataclass(slots=True)
class Window:
    """The times of the calls within a limit's seconds; `peak` is the most so far."""

    times: deque[float] = field(default_factory=deque)
    peak: int = 0

    def count(self, now: float, seconds: float) -> int:
        """The number of calls within the last *seconds*; older ones are dropped."""
        while self.times and self.times[0] <= now - seconds:
            self.times.popleft()
        return len(self.times)

    def add(self, now: float) -> None:
        """Count a call."""
        self.times.append(now)
        self.peak = max(self.peak, len(self.times))


class Limits:
    """Not thread safe: the platform's lock is held around it."""

    def __init__(self) -> None:
        self._windows: OrderedDict[tuple[Limit, str], Window] = OrderedDict()

    def take(
        self, subjects: Iterable[tuple[Limit, str]], now: float, *, refuse: bool
    ) -> tuple[Limit, float] | None:
        """Count a call; the limit it exceeds and the seconds until a call fits again, if any.

        With *refuse* a call over a limit is not counted.
        """
        broken: tuple[Limit, float] | None = None
        windows = []
        for limit, subject in subjects:
            window = self._window(limit, subject)
            if window.count(now, limit.seconds) >= limit.calls and broken is None:
                broken = limit, window.times[-limit.calls] + limit.seconds - now
            windows.append(window)
        if broken is None or not refuse:
            for window in windows:
                window.add(now)
        return broken

    def peak(self, limit: Limit, subject: str) -> int:
        """The most calls of a subject within the limit's seconds so far."""
        window = self._windows.get((limit, subject))
        return window.peak if window else 0

    def _window(self, limit: Limit, subject: str) -> Window:
        key = limit, subject
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = Window()
            if len(self._windows) > SUBJECTS:
                self._windows.popitem(last=False)
        return window
