"""What time it is at Feishu, whatever this machine's clock says."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

# Every answer has the time; to read it takes 10 µs.
FRESH_SECONDS = 60.0


class _Sample(NamedTuple):
    """Feishu's time (seconds since the epoch) and our timer's when it was told."""

    time: float
    at: float


class FeishuClock:
    """Feishu's time by the Date of its answers; our own until there was one. Thread-safe."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._timer = timer
        self._sample: _Sample | None = None

    def now(self) -> float:
        """Seconds since the epoch, to within a few seconds."""
        sample = self._sample
        return self._clock() if sample is None else sample.time + self._timer() - sample.at

    def note(self, date: str | None) -> None:
        """An answer has just come with this Date header."""
        now, sample = self._timer(), self._sample
        if not date or (sample is not None and now - sample.at < FRESH_SECONDS):
            return
        try:
            told = parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError):
            return
        self._sample = _Sample(told, now)
