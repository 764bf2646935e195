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


def test_threads_share_the_heap_unless_the_environment_says_otherwise() -> None:
    options: dict[int, int] = {}

    memory.bound_heap({}, options.__setitem__)
    assert sorted(options.values()) == [2, 1_000_000]

    options.clear()
    memory.bound_heap({"MALLOC_ARENA_MAX": "8"}, options.__setitem__)
    assert list(options.values()) == [1_000_000]
