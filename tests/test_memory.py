"""Memory that is free goes back to the system."""

from __future__ import annotations

import threading

import pytest

from feishu_bot import memory


def test_the_heap_is_trimmed_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "TRIM_SECONDS", 0.001)
    trimmed = threading.Semaphore(0)
    trim = memory.MemoryTrim(trimmed.release)

    trim.start()
    assert all(trimmed.acquire(timeout=10) for _ in range(3))
    trim.stop()

    while trimmed.acquire(blocking=False):
        pass
    assert not trimmed.acquire(timeout=0.05)


def test_without_such_a_library_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_trim_of_library", lambda: None)
    before = threading.active_count()
    trim = memory.MemoryTrim()

    trim.start()
    assert threading.active_count() == before
    trim.stop()
