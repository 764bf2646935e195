"""Gives memory back to the system.

Answers take and free buffers of many sizes in many threads, and what is free between two that are
in use stays with the C library: 97 of 143 MB after a thousand answers, measured. It gives such
pages back only when it is told to.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from feishu_bot.background_thread import PeriodicThread

# Some milliseconds of work for a heap of 150 MB.
TRIM_SECONDS = 20.0


class MemoryTrim:
    """Trims the C library's heap from time to time, in a thread of its own. A `runtime.Part`."""

    def __init__(self, trim: Callable[[], object] | None = None) -> None:
        """`trim` is that of the C library; where it has none, nothing is done."""
        trim = trim or _trim_of_library()
        self._thread = (
            PeriodicThread("memory", trim, seconds=TRIM_SECONDS, failed="memory not given back")
            if trim
            else None
        )

    def start(self) -> None:
        """Begin, after the fork."""
        if self._thread:
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        if self._thread:
            self._thread.stop()


def _trim_of_library() -> Callable[[], object] | None:
    """glibc's malloc_trim(3), which other C libraries don't have."""
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return lambda: malloc_trim(0)
