"""Keeps the C library's heap small.

Answers take and free buffers of many sizes in many threads, and what is free between two that are
in use stays with the C library: 97 of 143 MB after a thousand answers, measured. It gives such
pages back only when it is told to.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from functools import partial

from feishu_bot.background_thread import PeriodicThread

# Some milliseconds of work for a heap of 150 MB.
TRIM_SECONDS = 20.0

# Options of glibc's mallopt(3): their variables, their numbers and our values. Threads share two
# parts of the heap. Buffers of more than a megabyte, as of files, go back to the system at once.
_HEAP_OPTIONS = (("MALLOC_ARENA_MAX", -8, 2), ("MALLOC_MMAP_THRESHOLD_", -3, 1_000_000))


def bound_heap(
    environ: Mapping[str, str] = os.environ, mallopt: Callable[[int, int], object] | None = None
) -> None:
    """Set the options, before there are threads. What the environment says itself holds.

    `mallopt` is that of the C library; where it has none, nothing is done.
    """
    mallopt = mallopt or _of_library("mallopt")
    for variable, option, value in _HEAP_OPTIONS:
        if mallopt and variable not in environ:
            mallopt(option, value)


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
    malloc_trim = _of_library("malloc_trim")
    return malloc_trim and partial(malloc_trim, 0)


def _of_library(name: str) -> Callable[..., object] | None:
    """A function of glibc, which other C libraries don't have."""
    try:
        function: Callable[..., object] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    return function
