"""Looks for more of all streams in one thread.

To wake a thread costs ten times what there is to read, so twenty looks a second by each answer
cost more than all else that is done about its stream. Here they are one wake-up for all of them,
and an answer's own thread is woken when a batch is whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Final

# Between two looks. An answer's end is noticed so much later at the most; with more streams than
# these by as much longer as they are more: their ends wait for Feishu's frames anyway.
LOOK_SECONDS: Final = 0.05
MANY_STREAMS: Final = 100
# How long a batch takes: a card shows four frames a second at most, and all cards of an app share
# fifty, so with many of them a batch takes half of the time between two frames of one. A stopped
# answer is noticed with the batch.
SHORTEST_BATCH: Final = 0.25
LONGEST_BATCH: Final = 0.5
FRAMES_PER_SECOND: Final = 50
# Looks without any stream, then the thread ends.
_IDLE_LOOKS: Final = 4

# Takes what is there, without waiting; whether that is enough.
Look = Callable[[], bool]


def batch_seconds(streams: int, shortest: float = SHORTEST_BATCH) -> float:
    """The time of a batch, by how many are read."""
    return min(max(shortest, streams / FRAMES_PER_SECOND / 2), LONGEST_BATCH)


@dataclass(slots=True)
class _Batch:
    """What one stream waits for, and the reason why that failed."""

    look: Look
    over: SimpleQueue[None] = field(default_factory=SimpleQueue)
    failure: BaseException | None = None

    def is_over(self) -> bool:
        try:
            return self.look()
        except BaseException as exc:  # noqa: BLE001 (the thread that waits has to hear of it)
            self.failure = exc
            return True


class StreamPoller:
    """Serves the streams of a process. The thread runs while there are any."""

    def __init__(
        self, *, pause: float = LOOK_SECONDS, shortest_batch: float = SHORTEST_BATCH
    ) -> None:
        self._pause = pause
        self._shortest_batch = shortest_batch
        self._lock = threading.Lock()
        self._batches: list[_Batch] = []
        self._streams = 0
        self._thread: threading.Thread | None = None

    @property
    def batch_seconds(self) -> float:
        """How long a batch takes while there are as many streams as now."""
        return batch_seconds(self._streams, self._shortest_batch)

    def collect(self, look: Look) -> None:
        """Have `look` called again and again until it is enough; raises what it raises."""
        batch = _Batch(look)
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="streams", daemon=True)
                thread.start()
                self._thread = thread
            self._batches.append(batch)
        batch.over.get()
        if batch.failure:
            raise batch.failure

    def _run(self) -> None:
        idle = 0
        while True:
            time.sleep(self._pause * max(1.0, self._streams / MANY_STREAMS))
            with self._lock:
                batches, self._batches = self._batches, []
                self._streams = len(batches)
                idle = 0 if batches else idle + 1
                if idle > _IDLE_LOOKS:
                    self._thread = None
                    return
            waiting: list[_Batch] = []
            over: list[_Batch] = []
            for batch in batches:
                (over if batch.is_over() else waiting).append(batch)
            with self._lock:
                self._batches += waiting
            # Only now: each that is awake would have the interpreter while others are looked at.
            for batch in over:
                batch.over.put(None)
