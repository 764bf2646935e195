from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.feishu.long_connection import chunks
from feishu_bot.feishu.long_connection.chunks import ChunkJoiner
from tests.polling import Clock


def add(joiner: ChunkJoiner, place: int, chunk: bytes, *, of: int = 2, message: str = "m"):
    return joiner.add(message, count=of, place=place, chunk=chunk)


@given(st.lists(st.binary(max_size=5), min_size=1, max_size=8), st.randoms())
def test_chunks_are_joined_in_whichever_order_they_come(parts, random) -> None:
    joiner, order = ChunkJoiner(), list(enumerate(parts))
    random.shuffle(order)

    found = [add(joiner, place, chunk, of=len(parts)) for place, chunk in order]

    assert found[:-1] == [None] * (len(parts) - 1)
    assert found[-1] == b"".join(parts)
    assert joiner.waiting_bytes == 0


def test_two_messages_are_kept_apart() -> None:
    joiner = ChunkJoiner()

    assert add(joiner, 0, b"a", message="one") is None
    assert add(joiner, 1, b"d", message="two") is None
    assert add(joiner, 1, b"b", message="one") == b"ab"
    assert add(joiner, 0, b"c", message="two") == b"cd"


def test_a_chunk_that_comes_twice_counts_once() -> None:
    joiner = ChunkJoiner()
    add(joiner, 0, b"a")
    add(joiner, 0, b"a")

    assert add(joiner, 1, b"b") == b"ab"


def test_what_is_not_whole_after_five_seconds_is_dropped() -> None:
    timer = Clock()
    joiner = ChunkJoiner(timer=timer)
    add(joiner, 0, b"a")
    timer.tick(chunks.KEPT_SECONDS + 0.1)

    assert add(joiner, 1, b"b") is None
    assert add(joiner, 0, b"a") == b"ab"


def test_a_message_that_is_too_long_is_dropped() -> None:
    joiner = ChunkJoiner()
    add(joiner, 0, bytes(chunks.MOST_BYTES))

    assert add(joiner, 1, b"b") is None
    assert joiner.waiting_bytes == 0


def test_messages_that_never_become_whole_have_a_bound() -> None:
    joiner = ChunkJoiner()
    for number in range(20):
        add(joiner, 0, bytes(chunks.MOST_BYTES // 2), message=str(number))

    assert joiner.waiting_bytes <= chunks.MOST_WAITING_BYTES


def test_places_that_do_not_exist_are_left_out() -> None:
    joiner = ChunkJoiner()

    for of, place in ((2, 2), (2, -1), (0, 0), (-5, 0), (10**9, 0)):
        assert add(joiner, place, b"x", of=of) is None
    assert joiner.waiting_bytes == 0
