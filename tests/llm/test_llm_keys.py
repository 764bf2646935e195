from __future__ import annotations

import pytest

from feishu_bot.llm.keys import KeyRing, mask_keys, masked

from ..polling import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(0.0)


@pytest.fixture
def ring(clock: Clock) -> KeyRing:
    return KeyRing(["a", "b", "c"], timer=clock)


def take(ring: KeyRing, count: int) -> str:
    return "".join(ring.take() for _ in range(count))


def test_keys_take_turns(ring: KeyRing) -> None:
    assert take(ring, 6) == "abcabc"


def test_a_refused_key_rests_for_a_minute(ring: KeyRing, clock: Clock) -> None:
    ring.mark_refused("b")

    assert take(ring, 4) == "acac"
    clock.now = 60.0
    assert take(ring, 3) == "abc"


def test_a_key_refused_again_rests_longer_up_to_an_hour(clock: Clock) -> None:
    ring = KeyRing(["a", "b"], timer=clock)
    for _ in range(20):
        ring.mark_refused("b")

    clock.now = 3599.0
    assert take(ring, 2) == "aa"
    clock.now = 3600.0
    assert "b" in take(ring, 2)


def test_a_limited_key_rests_shortly(ring: KeyRing, clock: Clock) -> None:
    ring.mark_limited("a")

    assert take(ring, 2) == "bc"
    clock.now = 5.0
    assert take(ring, 1) == "a"


def test_when_all_keys_rest_the_first_to_end_its_rest_is_used(ring: KeyRing, clock: Clock) -> None:
    for key in "abc":
        clock.now += 1
        ring.mark_refused(key)

    assert take(ring, 2) == "aa"


def test_a_key_that_works_is_forgiven(ring: KeyRing) -> None:
    ring.mark_refused("a")
    ring.mark_working("a")

    assert take(ring, 1) == "a"


def test_keys_to_avoid_are_avoided_while_there_is_another(ring: KeyRing) -> None:
    assert ring.take(avoid={"a", "b"}) == "c"
    assert ring.take(avoid={"a", "b", "c"}) == "a"


def test_a_key_given_twice_counts_once() -> None:
    assert KeyRing(["a", "b", "a"]).keys == ("a", "b")


def test_a_ring_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        KeyRing([])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sk-0123456789abcdefWXYZ", "sk-…WXYZ"),
        ("sk-short", "sk-…"),
        ("0123456789abcdefWXYZ", "…WXYZ"),
    ],
)
def test_a_masked_key_shows_its_end_at_most(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_keys_are_masked_wherever_they_stand() -> None:
    text = "bad key: sk-0123456789abcdefWXYZ, Bearer abc own-key-1"

    found = mask_keys(text, keys=["own-key-1"])

    assert found == "bad key: sk-…WXYZ, Bearer … …"
