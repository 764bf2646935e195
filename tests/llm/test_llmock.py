"""The verdict of a third party on how the bot takes faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feishu_bot.core.chat_model import StreamEnd, StreamEvent, TextDelta
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway

from .conftest import PROMPT
from .llmock import LLMock, serve

# Faults after which an answer comes.
PASSING: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "too often": [{"type": "fail", "status": 429, "retry_after": 0.2}],
    "too often, twice": [{"type": "fail", "status": 429, "retry_after": 0.15, "times": 2}],
    "too often, with its usual pause": [{"type": "fail", "status": 429}],
    "an error of the server": [{"type": "fail", "status": 500, "times": 2}],
    "a bad gateway": [{"type": "fail", "status": 502}],
    "down": [{"type": "fail", "status": 503, "retry_after": 0.2}],
    "overloaded": [{"type": "fail", "status": 529, "retry_after": 0.2}],
    "slow": [{"type": "delay", "seconds": 0.2}],
    "a slow first word": [{"type": "slow_first_token", "seconds": 0.2}],
    "cut before a word": [{"type": "stream_fault", "kind": "disconnect", "after_chunks": 0}],
    "ended before a word": [{"type": "stream_fault", "kind": "truncate", "after_chunks": 0}],
    "no JSON": [{"type": "stream_fault", "kind": "malformed", "after_chunks": 0}],
}
# Faults that another attempt doesn't help, and their kinds.
LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "bad request": ({"status": 400, "message": "odd"}, "bad_request"),
    "key": ({"status": 401, "message": "Incorrect API key provided"}, "key_refused"),
    "right": ({"status": 403, "message": "odd"}, "access_refused"),
    "model": ({"status": 404, "code": "model_not_found", "message": "odd"}, "model_unavailable"),
    "money": (
        {"status": 429, "code": "insufficient_quota", "message": "You exceeded your quota"},
        "account_empty",
    ),
    "schema": ({"status": 422, "message": "odd"}, "bad_request"),
    "context": (
        {"status": 400, "code": "context_length_exceeded", "message": "maximum context length"},
        "context_too_long",
    ),
    "down for long": (
        {"status": 503, "times": None, "retry_after": 0.2},
        "gateway_busy|upstream_failed",
    ),
}


@pytest.fixture(scope="module")
def llmock() -> Iterator[LLMock]:
    yield from serve()


@pytest.fixture
def ask(make_gateway: Callable[..., Gateway], llmock: LLMock) -> Callable[[], list[StreamEvent]]:
    gateway = make_gateway(api_url=llmock.url, model="gpt-4o", backoff=short_backoff)
    return lambda: list(gateway.stream(PROMPT))


def short_backoff(attempt: int) -> float:
    """It grows like the gateway's own, so that LLMock has nothing to say against it."""
    return 0.1 * 3.0 ** (attempt - 1)


def codes(verdict: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in verdict["findings"]}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_sat_out(
    ask: Callable[[], list[StreamEvent]], llmock: LLMock, name: str
) -> None:
    llmock.will(*PASSING[name])

    events = ask()

    verdict = llmock.verdict()
    # That it was asked again it sees only where it noticed that the connection was closed.
    assert codes(verdict) <= {"malformed_chunk_ignored"}
    assert verdict["passed"]
    assert events[-1].reason == "stop"  # type: ignore[union-attr]
    assert any(isinstance(event, TextDelta) for event in events)


@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_lasts_is_told_and_not_repeated(
    ask: Callable[[], list[StreamEvent]], llmock: LLMock, name: str
) -> None:
    fault, kind = LASTING[name]
    llmock.will({"type": "fail", **fault})

    with pytest.raises(ModelError) as caught:
        ask()

    assert caught.value.kind in kind.split("|")
    verdict = llmock.verdict()
    # To it a 429 is always one of patience, without money too.
    assert codes(verdict) <= {"gave_up"}
    assert verdict["passed"]
    assert verdict["attempts"] <= 3


def test_a_long_rest_is_not_waited_for(
    ask: Callable[[], list[StreamEvent]], llmock: LLMock
) -> None:
    llmock.will({"type": "fail", "status": 429, "retry_after": 600})
    began = time.monotonic()

    with pytest.raises(ModelError) as caught:
        ask()

    assert time.monotonic() - began < 20
    assert caught.value.kind == "gateway_resting"
    assert caught.value.retry_after == 600
    assert llmock.verdict()["passed"]


@pytest.mark.parametrize("kind", ["truncate", "disconnect", "malformed"])
def test_half_an_answer_is_kept_and_never_passed_off_as_a_whole(
    ask: Callable[[], list[StreamEvent]], llmock: LLMock, kind: str
) -> None:
    llmock.will({"type": "stream_fault", "kind": kind, "after_chunks": 3})

    events = ask()

    assert isinstance(events[-1], StreamEnd)
    assert events[-1].reason == "cut"
    # It wants the question asked again, which would write over what people are reading: the card
    # offers to go on instead.
    wanted_again = {"truncated_stream_accepted", "malformed_chunk_ignored", "gave_up"}
    assert codes(llmock.verdict()) <= wanted_again
