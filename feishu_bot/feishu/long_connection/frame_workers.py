"""Threads that handle frames, so that reading doesn't wait for a slow one."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from feishu_bot.logs import get_logger

logger = get_logger(__name__)

THREADS = 8
MOST_WAITING = 64
MOST_WAITING_BYTES = 8 * 1024 * 1024
# How long the reader waits for room. What it leaves unread meanwhile holds signs of life, too.
ROOM_SECONDS = 0.5

Job = Callable[[], None]


class FrameWorkers:
    """A few threads and a bounded queue. Thread-safe; started once."""

    def __init__(
        self,
        *,
        threads: int = THREADS,
        most: int = MOST_WAITING,
        most_bytes: int = MOST_WAITING_BYTES,
    ) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._changed = threading.Condition()
        self._waiting: deque[tuple[int, Job]] = deque()
        self._bytes = 0
        self._running = 0
        self._was_full = self._is_closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"frames-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def offer(self, size: int, job: Job) -> bool:
        """Have a job done that holds `size` bytes; False where there is no room in time.

        Where there was none at the last time, it isn't waited for again.
        """

        def has_room() -> bool:
            is_full = len(self._waiting) >= self._most or self._bytes + size > self._most_bytes
            return self._is_closed or not self._waiting or not is_full

        with self._changed:
            seconds = 0.0 if self._was_full else ROOM_SECONDS
            self._was_full = not self._changed.wait_for(has_room, seconds)
            if self._was_full or self._is_closed:
                return False
            self._waiting.append((size, job))
            self._bytes += size
            self._changed.notify_all()
            return True

    def stop(self, seconds: float) -> None:
        """Take no more, and wait so long for what has begun or waits; the rest is left undone."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._running, seconds)
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                if self._is_closed:
                    return
                size, job = self._waiting.popleft()
                self._bytes -= size
                self._running += 1
                self._changed.notify_all()
            try:
                job()
            except Exception as exc:  # noqa: BLE001 (a thread must live on)
                logger.failure("frame failed", exc)
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()
