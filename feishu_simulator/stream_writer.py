"""One thread that writes all streams: each wake-up serves every stream that is due."""

from __future__ import annotations

import heapq
import itertools
import socket
import threading
import time
from collections.abc import Callable, Sequence

# A pause after each round, so that frames that fall due meanwhile are sent together.
ROUND_SECONDS = 0.002
# When the client's buffer is full, the rest is offered again after this long.
FULL_SECONDS = 0.01
_NOW = getattr(socket, "MSG_DONTWAIT", 0)


class _Stream:
    def __init__(
        self,
        connection: socket.socket,
        frames: Sequence[bytes],
        first: float,
        between: float,
        on_sent: Callable[[int, float], None],
    ) -> None:
        self._connection = connection
        self._frames = frames
        self._first = first
        self._between = between
        self._on_sent = on_sent
        self._left = b""
        self.sent = 0
        self.error: OSError | None = None
        self.finished = threading.Event()

    def step(self) -> float | None:
        """Send what is due; the time of the next step, or None when the stream is over."""
        now = time.monotonic()
        due = self._due_by(now)
        data = self._left + b"".join(self._frames[self.sent : due])
        if due > self.sent:
            self._on_sent(due, now)
        self.sent = due
        try:
            self._left = data[self._connection.send(data, _NOW) :]
        except BlockingIOError:
            self._left = data
        except OSError as exc:
            self.error = exc
            return None
        if self._left:
            return now + FULL_SECONDS
        if self.sent == len(self._frames):
            return None
        return self._first + self.sent * self._between

    def _due_by(self, now: float) -> int:
        """How many frames should be sent by now; frame n is due at first + n * between."""
        if self._between <= 0:
            return len(self._frames)
        due = int((now - self._first) / self._between + 1e-6) + 1
        return max(self.sent, min(len(self._frames), due))


class StreamWriter:
    """Thread safe. The thread starts with the first stream and ends with stop()."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: list[tuple[float, int, _Stream]] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def write(
        self,
        connection: socket.socket,
        frames: Sequence[bytes],
        *,
        first: float,
        between: float,
        on_sent: Callable[[int, float], None],
    ) -> bool:
        """Return when all frames are sent; false when the simulator stopped before.

        *on_sent* is told how many have been sent and when, each time some were.
        Raises OSError when the client has gone. Overdue frames are sent together.
        """
        if not frames:
            return True
        stream = _Stream(connection, frames, first, between, on_sent)
        with self._condition:
            if self._stopped:
                return False
            heapq.heappush(self._waiting, (first, next(self._order), stream))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._condition.notify()
        stream.finished.wait()
        if stream.error:
            raise stream.error
        return stream.sent == len(frames)

    def stop(self) -> None:
        """End every stream and the thread."""
        with self._condition:
            self._stopped = True
            self._condition.notify()
            thread = self._thread
        if thread:
            thread.join()

    def _run(self) -> None:
        while due := self._take_due():
            again = [(at, stream) for stream in due if (at := stream.step()) is not None]
            kept = {stream for _, stream in again}
            with self._condition:
                for at, stream in again:
                    heapq.heappush(self._waiting, (at, next(self._order), stream))
            for stream in due:
                if stream not in kept:
                    stream.finished.set()
            time.sleep(ROUND_SECONDS)

    def _take_due(self) -> list[_Stream]:
        """Wait for streams that are due; none after stop(), which ends all of them."""
        with self._condition:
            while not self._stopped:
                now = time.monotonic()
                due = []
                while self._waiting and self._waiting[0][0] <= now:
                    due.append(heapq.heappop(self._waiting)[2])
                if due:
                    return due
                self._condition.wait(self._waiting[0][0] - now if self._waiting else None)
            for _, _, stream in self._waiting:
                stream.finished.set()
            return []
