"""What was seen of Feishu's traffic, over all processes and restarts: how often, and when last.

An examination tells by it whether events arrive, and what is turned away. Nothing of a message's
way waits for it: what is noted is stored in the background, a minute later at most.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from feishu_bot.background_thread import BackgroundThread
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# What nobody has seen before is stored soon, the rest in one go.
FIRST_SECONDS = 1.0
FLUSH_SECONDS = 60.0
# Strangers can't invent names, but nothing here may grow without an end.
MOST_NAMES = 200

EVENT = "event:"
REFUSED = "refused:"
# An address that isn't one of ours, called with our keys; and by whoever has none.
PATH = "path:"
UNKNOWN_PATH = "path:?"

MESSAGE_SEEN = f"{EVENT}im.message.receive_v1"
CLICK_SEEN = f"{EVENT}card.action.trigger"


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often something was seen, first and last, in seconds since the epoch."""

    times: int
    first_at: float
    last_at: float


Sightings = Mapping[str, Sighting]


class SightingStore(Protocol):
    """Keeps what was seen."""

    def add(self, counts: Mapping[str, int], now: float) -> frozenset[str]:
        """Count what was seen until now; returns what nobody had seen before."""

    def all(self) -> dict[str, Sighting]:
        """Everything, by name."""


class NotedSightings:
    """Keeps what was seen until it is taken. Thread safe; noting costs about a microsecond."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._counts: Counter[str] = Counter()
        self._known: set[str] = set()
        self._has_new = False
        self._is_closed = False

    def note(self, name: str) -> None:
        """It was seen just now."""
        with self._changed:
            if name not in self._known:
                if len(self._known) >= MOST_NAMES:
                    return
                self._known.add(name)
                self._has_new = True
                self._changed.notify_all()
            self._counts[name] += 1

    def take(self) -> dict[str, int]:
        """What was seen since the last time."""
        with self._changed:
            counts, self._counts = dict(self._counts), Counter()
            self._has_new = False
        return counts

    def give_back(self, counts: Mapping[str, int]) -> None:
        """What couldn't be stored."""
        with self._changed:
            self._counts.update(counts)

    def wait(self, seconds: float) -> bool:
        """Wait for something new, or so long; False once there is nobody to take it."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._has_new, timeout=seconds)
            return not self._is_closed

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


class SightingKeeper:
    """Stores what was noted, in a thread of its own. The log has a line for the first event.

    `clock` is in seconds since the epoch.
    """

    def __init__(
        self,
        noted: NotedSightings,
        store: SightingStore,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._noted = noted
        self._store = store
        self._clock = clock
        self._thread = BackgroundThread("sightings", self._run, wake=noted.close)

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def stop(self) -> None:
        """Store the rest, and end."""
        self._thread.stop()

    def flush(self) -> None:
        """Store what was noted; it is kept where the database is away."""
        counts = self._noted.take()
        if not counts:
            return
        try:
            new = self._store.add(counts, self._clock())
        except Exception as exc:  # noqa: BLE001 (it lives on, and stores it later)
            self._noted.give_back(counts)
            logger.failure("sightings not stored", exc)
            return
        if MESSAGE_SEEN in new:
            logger.warning(
                "收到了第一条消息：飞书的事件能到达机器人 / The first message has arrived: "
                "Feishu's events reach the bot"
            )
        elif any(name.startswith(EVENT) for name in new) and len(new) == len(counts):
            logger.info("an event of a new type has arrived", types=", ".join(sorted(new)))

    def _run(self) -> None:
        while self._noted.wait(FLUSH_SECONDS) and not self._thread.wait(FIRST_SECONDS):
            self.flush()
        self.flush()
