"""How long a service asks to wait, and what becomes of it."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable

import httpx2
import pytest

from feishu_bot.core.chat_model import StreamEvent
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.retry_hint import retry_after

from .conftest import PROMPT
from .fault_server import FaultServer, answer, error, reply

MakeGateway = Callable[..., Gateway]


def in_seconds(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "5"}, 5),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "20s"}, 20),
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-requests": "120ms"}, 0.12),
        ({"x-ratelimit-reset-tokens": "1h2m3s"}, 3723),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-reset-tokens": "9s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-remaining-tokens": "100",
            },
            1,
        ),
        ({"RateLimit-Reset": "12"}, 12),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "-1"}, 0),
        ({}, 0),
    ],
)
def test_each_header_is_read(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(httpx2.Headers(headers), "", 429) == pytest.approx(seconds, rel=0.05)


@pytest.mark.parametrize(
    ("name", "said", "seconds"),
    [
        ("Retry-After", in_seconds, 3000),
        ("X-RateLimit-Reset", lambda seconds: str(int(time.time() + seconds)), 3000),
        ("X-RateLimit-Reset", lambda seconds: str(int((time.time() + seconds) * 1000)), 3000),
        ("Retry-After", in_seconds, -60),
    ],
)
def test_a_time_in_a_header_is_counted_from_now(
    name: str, said: Callable[[float], str], seconds: float
) -> None:
    # Said now, and not when the tests were collected: that may be minutes ago.
    headers = httpx2.Headers({name: said(seconds)})

    assert retry_after(headers, "", 429) == pytest.approx(max(0, seconds), rel=0.05)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Rate limit reached. Please try again in 20s. Visit the page.", 20),
        ("Please try again in 1m30.5s.", 90.5),
        ("Please try again in 6ms.", 0.006),
        ("Please retry in 38.2s.", 38.2),
        ("Please retry after 20 seconds.", 20),
        ("Please wait 2 minutes before trying again", 120),
        ("Quota resets in 3 hours", 10800),
        ('{"error": {"details": [{"retryDelay": "38s"}]}}', 38),
        ('{"retry_after": 7}', 7),
        ('{"retry_after_ms": 700}', 0.7),
        ("请在 20 秒后重试", 20),
        ("请等待1分钟", 60),
        ("5 分钟后再试", 300),
        ("请稍后再试", 0),
        ("Reduce the prompt to 4096 tokens and try again", 0),
        ("created within the last 5 minutes, please wait a moment and try again", 0),
    ],
)
def test_each_wording_is_read(text: str, seconds: float) -> None:
    assert retry_after({}, text) == pytest.approx(seconds)


def test_the_headers_of_a_question_that_is_refused_for_itself_say_nothing() -> None:
    assert retry_after({"x-ratelimit-reset-requests": "6m0s"}, "", 400) == 0


def test_one_key_waits_as_long_as_it_is_told(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(reply(429, {"error": "slow down"}, **{"Retry-After": "0.4"}), answer("x"))
    began = time.monotonic()

    list(make_gateway().stream(PROMPT))

    assert 0.4 <= time.monotonic() - began < 10


def test_another_key_is_asked_at_once_and_the_first_one_rests(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    throttled = reply(429, {"error": "slow"}, by_gateway=False, **{"Retry-After": "60"})
    server.will(throttled, answer("x"))
    gateway = make_gateway(keys=["sk-a", "sk-b"])

    for _ in range(3):
        list(gateway.stream(PROMPT))

    assert server.keys == ["sk-a", "sk-b", "sk-b", "sk-b"]


def test_a_wait_ends_when_the_answer_is_cancelled(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(reply(429, {"error": "slow down"}, **{"Retry-After": "20"}))
    waits: list[StreamEvent] = []
    began = time.monotonic()

    events = make_gateway().stream(PROMPT, lambda: bool(waits))
    waits.append(next(events))
    with pytest.raises(ModelError):
        list(events)

    assert time.monotonic() - began < 10


def test_all_keys_are_tried_where_the_key_is_at_fault(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    keys = [f"sk-{number}" for number in range(5)]
    spent = error(400, "Your credit balance is too low", by_gateway=False)
    expired = error(404, "API key expired", by_gateway=False)
    server.will(spent, expired, spent, spent, answer("x"))

    list(make_gateway(keys=keys).stream(PROMPT))

    assert server.keys == keys
