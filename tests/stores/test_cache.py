from __future__ import annotations

import pytest

from feishu_bot.stores.cache import ReadCache


@pytest.fixture
def cache(clock) -> ReadCache[str, str]:
    return ReadCache(clock)


def refuse(name: str) -> str:
    raise AssertionError("read again")


def test_a_value_is_read_once_in_three_seconds(cache, clock) -> None:
    assert cache.get("a", str.upper) == "A"
    clock.tick(2.9)
    assert cache.get("a", refuse) == "A"

    clock.tick(0.2)
    assert cache.get("a", lambda name: "new") == "new"


def test_a_dropped_value_is_read_anew(cache) -> None:
    cache.get("a", str.upper)
    cache.get("b", str.upper)

    cache.drop("a")

    assert cache.get("a", lambda name: "new") == "new"
    assert cache.get("b", refuse) == "B"


def test_what_was_read_before_a_change_is_not_kept(cache) -> None:
    def read_while_it_changes(name: str) -> str:
        cache.drop(name)
        return "old"

    assert cache.get("a", read_while_it_changes) == "old"
    assert cache.get("a", lambda name: "new") == "new"
