"""What a body of many lines may cost that are no events."""

from __future__ import annotations

import contextlib
import json

import pytest

from feishu_bot.llm import sse
from feishu_bot.llm.sse import NotAStream, events


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what was read as JSON."""
    sizes: list[int] = []
    is_whole_json = sse.is_whole_json

    def look(data: str | bytes) -> bool:
        sizes.append(len(data))
        return is_whole_json(data)

    monkeypatch.setattr(sse, "is_whole_json", look)
    return sizes


@pytest.mark.parametrize("line", [b"data: {\n", b"}\n"], ids=["data", "bare"])
def test_lines_that_are_no_events_are_not_read_again_with_each_further_one(
    line: bytes, tried: list[int]
) -> None:
    with contextlib.suppress(NotAStream):
        list(events([line * 1000] * 10))

    assert 0 < len(tried) <= sse.MOST_TRIES


def test_events_without_empty_lines_are_told_apart_however_many_there_are() -> None:
    lines = [b'data: {"n": %d}\n' % number for number in range(3 * sse.MOST_TRIES)]

    found = [one for some in events(lines) for one in some]

    assert [json.loads(one)["n"] for one in found] == list(range(3 * sse.MOST_TRIES))


def test_an_event_of_many_lines_is_no_longer_than_a_body_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "LARGEST_BODY", 10_000)

    with pytest.raises(NotAStream):
        list(events([b"data: {\n" * 1000] * 10))
