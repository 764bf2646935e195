"""Notices that another program takes a part of the events.

Feishu gives each event to one of an app's connections, whichever. Where that is somebody else's,
which can't handle it, the event comes to us 15 seconds later or more, as a repetition that we have
not seen before, though it was made while we were connected.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from cachetools import LRUCache

from feishu_bot.feishu.long_connection.advice import LATE_EVENTS
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# "Event subscription": the first repetition comes after 15 s.
LATE_SECONDS = 12.0
WARN_SECONDS = 3600.0
MOST_KNOWN = 2_000
# The quickest of so many last events tells how far the clocks are apart.
RECENT = 50


class LateEvents:
    """Counts the events that were given to somebody else first. Thread-safe.

    `clock` is in seconds since the epoch, `timer` monotonic. Clocks needn't agree: what counts is
    how much longer than others an event took.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._timer = timer
        self._lock = threading.Lock()
        self._known: LRUCache[str, None] = LRUCache(MOST_KNOWN)
        self._delays: deque[float] = deque(maxlen=RECENT)
        self._connected_at: float | None = None
        self._warn_at = float("-inf")
        self.count = 0

    def connected(self) -> None:
        """Events that are made from now on are ours; of earlier ones some may come again."""
        with self._lock:
            self._connected_at = self._timer()

    def note(self, event_id: str, created_at: float) -> None:
        """An event has come; `created_at` is Feishu's time of it, 0 where it says none."""
        if not event_id or not created_at:
            return
        with self._lock:
            if event_id in self._known:
                return
            self._known[event_id] = None
            delay = self._clock() - created_at
            # Without another one to compare with nothing is known of the clocks.
            late = delay - min(self._delays, default=delay)
            self._delays.append(delay)
            connected_at = self._connected_at
            if connected_at is None or late < LATE_SECONDS:
                return
            if late > self._timer() - connected_at:
                # It waited for a connection.
                return
            self.count += 1
            is_due = self._timer() >= self._warn_at
            if is_due:
                self._warn_at = self._timer() + WARN_SECONDS
        if is_due:
            message = f"{LATE_EVENTS.zh} / {LATE_EVENTS.en}"
            logger.warning(message, seconds=round(late), events=self.count)
