"""Several reads of a stream as one, with its end at once and nothing lost."""

from __future__ import annotations

import pytest
from httpcore2 import ReadError, ReadTimeout

from feishu_bot.llm.batched_reads import BatchedReader

Piece = bytes | Exception


def reader(*pieces: Piece, pause: float = 0.001, may_wait: bool = True) -> BatchedReader:
    """Each read gives the next piece; after the last one nothing comes."""
    left = list(pieces)

    def read(_max_bytes: int, _timeout: float | None) -> bytes:
        piece = left.pop(0) if left else ReadTimeout("nothing")
        if isinstance(piece, Exception):
            raise piece
        return piece

    return BatchedReader(read, pause=lambda: pause, may_wait=lambda: may_wait)


def test_what_comes_in_a_batchs_time_is_one_read() -> None:
    assert reader(b"a", ReadTimeout("not yet"), b"b", b"c").read(100, 1.0) == b"abc"


@pytest.mark.parametrize(
    "end",
    [
        [b"data: [DONE]\n"],
        [b'{"finish_reason":"stop"}'],
        [b'{"finish_reason": "length"}'],
        [b'{"finish_re', b'ason":"stop"}'],
        [b"x\r\n0\r\n\r\n"],
        [b""],
    ],
)
def test_the_end_of_an_answer_ends_a_batch(end: list[Piece]) -> None:
    assert reader(b"a", *end, b"later").read(100, 1.0) == b"a" + b"".join(map(bytes, end))  # type: ignore[arg-type]


def test_an_answer_that_goes_on_does_not_end_a_batch() -> None:
    pieces = b'{"finish_reason":null}', b'{"finish_reason":""}', b"0\r\n"
    assert reader(*pieces).read(100, 1.0) == b"".join(pieces)


def test_what_came_before_a_failure_is_read_before_it() -> None:
    batches = reader(b"a", ReadError("reset"))

    assert batches.read(100, 1.0) == b"a"
    for _ in range(2):
        with pytest.raises(ReadError):
            batches.read(100, 1.0)


def test_silence_is_told_as_such() -> None:
    with pytest.raises(ReadTimeout):
        reader().read(100, 0.01)


@pytest.mark.parametrize("how", [{"pause": 0.0}, {"may_wait": False}])
def test_nothing_is_waited_for_where_it_may_not_be(how: dict[str, float]) -> None:
    assert reader(b"a", b"b", **how).read(100, 1.0) == b"a"  # type: ignore[arg-type]
