"""Puts together what comes in several frames."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# Feishu's SDKs drop what isn't whole after so many seconds; then the event is repeated.
KEPT_SECONDS = 5.0
# An event fits into a request of 1 MiB at the webhook, too.
MOST_BYTES = 2 * 1024 * 1024
# Of all messages that aren't whole yet, in bytes; the oldest make room.
MOST_WAITING_BYTES = 8 * 1024 * 1024
MOST_CHUNKS = 1024


@dataclass(slots=True)
class _Waiting:
    """The chunks of one message that have come, by their place."""

    count: int
    until: float
    chunks: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class ChunkJoiner:
    """Joins the chunks of each message, in whichever order they come. Thread-safe.

    What doesn't become whole in time is dropped, and so is what is too large.
    """

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}
        self._size = 0

    @property
    def waiting_bytes(self) -> int:
        """How much isn't whole yet."""
        return self._size

    def add(self, message_id: str, *, count: int, place: int, chunk: bytes) -> bytes | None:
        """The whole message, once this chunk completes it; `place` counts from 0."""
        if count == 1:
            return chunk
        if not (1 <= count <= MOST_CHUNKS and 0 <= place < count):
            return None
        with self._lock:
            self._drop_old()
            message = self._waiting.get(message_id)
            if message is None or message.count != count:
                self._drop(message_id)
                message = _Waiting(count, self._timer() + KEPT_SECONDS)
                self._waiting[message_id] = message
            grown = len(chunk) - len(message.chunks.get(place, b""))
            message.chunks[place] = chunk
            message.size += grown
            self._size += grown
            if message.size > MOST_BYTES:
                self._drop(message_id)
                return None
            if len(message.chunks) == count:
                self._drop(message_id)
                return b"".join(message.chunks[number] for number in range(count))
            while self._size > MOST_WAITING_BYTES or len(self._waiting) > MOST_CHUNKS:
                self._drop(next(iter(self._waiting)))
            return None

    def _drop_old(self) -> None:
        now = self._timer()
        # They stand in the order in which they began.
        for message_id in [key for key, one in self._waiting.items() if one.until < now]:
            self._drop(message_id)

    def _drop(self, message_id: str) -> None:
        message = self._waiting.pop(message_id, None)
        self._size -= message.size if message else 0
