"""Gives memory back to the system.

Answers take and free buffers of many sizes in many threads, and what is free between two that are
in use stays with the C library: 97 of 143 MB after a thousand answers, measured. It gives such
pages back only when it is told to.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable

# Some milliseconds of work for a heap of 150 MB.
TRIM_SECONDS = 20.0
JOIN_SECONDS = 2.0


class MemoryTrim:
    """Trims the C library's heap from time to time, in a thread of its own. A `runtime.Part`."""

    def __init__(self, trim: Callable[[], object] | None = None) -> None:
        """`trim` is that of the C library; where it has none, nothing is done."""
        self._trim = trim or _trim_of_library()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, after the fork."""
        if self._trim is not None:
            self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        assert self._trim is not None
        while not self._closing.wait(TRIM_SECONDS):
            self._trim()


def _trim_of_library() -> Callable[[], object] | None:
    """glibc's malloc_trim(3), which other C libraries don't have."""
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return lambda: malloc_trim(0)
