"""Streams in every form that the standard, or somebody's server, gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from feishu_bot.core.chat_model import ReasoningDelta, StreamEnd, StreamEvent, TextDelta
from feishu_bot.errors import ModelError
from feishu_bot.llm.finish_reasons import is_end, reason_of
from feishu_bot.llm.listed_models import names_in
from feishu_bot.llm.response_body import chunks_of
from feishu_bot.llm.sse import DONE, NotAStream, events

from .fault_server import DONE as DONE_EVENT
from .fault_server import FaultServer, Script, delta, event, stream, usage

Ask = Callable[..., list[StreamEvent]]
BOM = b"\xef\xbb\xbf"

# A body, and the data of its events.
BODIES: list[tuple[bytes, list[str]]] = [
    (b"data: 1\n\ndata: 2\n\n", ["1", "2"]),
    (b"data:1\r\n\r\ndata:2\r\n\r\n", ["1", "2"]),
    (b"data: 1\r\rdata: 2\r\r", ["1", "2"]),
    (BOM + b"data: 1\n\n", ["1"]),
    (b"data:  1\n\n", [" 1"]),
    (b"data: [1,\ndata: 2]\n\n", ["[1,\n2]"]),
    (b"retry: 3000\n\ndata: 1\n\n", ["1"]),
    (b"retry: 3000\nid: 7\nevent: x\ndata: 1\n\n", ["1"]),
    (b": ping\n\n::PING\n\n:\n\ndata: 1\n\n", ["1"]),
    (b"event: ping\n\nid: 7\n: ping\n\ndata: 1\n\n", ["1"]),
    (b"data\n\ndata:\n\ndata: \n\ndata: 1\n\n", ["1"]),
    (b"data: 1", ["1"]),
    (b"data: 1\n", ["1"]),
    (b"data: 1\ndata: 2\ndata: [DONE]\n", ["1", "2", DONE]),
    (b"data: 1\n\ndata: [DONE]\n\ndata: 2\n\n", ["1", DONE]),
    (b"\n\n\ndata: 1\n\n", ["1"]),
    (b"DATA: x\ndata: 1\n\n", ["1"]),
    (b'{"a": 1}', ['{"a": 1}']),
    (b'\n \n{\n  "a": {\n    "b": 1\n  }\n}\n', ['\n{\n  "a": {\n    "b": 1\n  }\n}'.strip()]),
    (b'{"a": 1}\n{"a": 2}\n', ['{"a": 1}', '{"a": 2}']),
    (b'{"a": 1}\ndata: [DONE]\n\n', ['{"a": 1}', DONE]),
    (b': ping\n\n{"error": 1}\n', ['{"error": 1}']),
    (b'data: 1\n\n{"error": 1}', ["1", '{"error": 1}']),
    (b"", []),
    (b": ping\n\n", []),
]


def all_of(cut: list[bytes]) -> list[str]:
    return [data for datas in events(cut) for data in datas]


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_any_cut_of_a_body_gives_the_same_events(body: bytes, expected: list[str]) -> None:
    cuts = [[body], [body[i : i + 1] for i in range(len(body))]]
    cuts += [[body[:place], body[place:]] for place in range(1, len(body))]

    for cut in cuts:
        found = [data.strip() if data.strip()[:1] == "{" else data for data in all_of(cut)]
        assert found == expected, cut


@pytest.mark.parametrize(
    "body", [b"<html>\n</html>", b"  \n<?xml version='1.0'?>", b"404 page not found", b"ok\nok"]
)
def test_a_body_that_is_no_stream_is_told_with_its_beginning(body: bytes) -> None:
    with pytest.raises(NotAStream) as caught:
        list(events([body]))

    assert body.strip().decode()[:5] in caught.value.args[0]


@pytest.mark.parametrize(
    ("rest", "fault"), [(b"data: \xff\n\n", UnicodeDecodeError), (b"<html>\n", NotAStream)]
)
def test_what_came_whole_before_a_fault_in_the_same_read_is_given_out(
    rest: bytes, fault: type[ValueError]
) -> None:
    found = events([b"data: 1\n\n" + rest])

    assert next(found) == ["1"]
    with pytest.raises(fault):
        next(found)


@pytest.mark.parametrize("odd", ['{"b": 2}, {"c": 3}', '{"b": "}', '{"b"', "{b}"])
@pytest.mark.parametrize("after", ['{"d": 4}', '{"e"}'])
def test_events_that_come_together_are_each_read_for_itself(odd: str, after: str) -> None:
    body = "".join(f"data: {data}\n\n" for data in ('{"a": 1}', odd, after)).encode()
    together = chunks_of([body], {})

    assert next(together) == [{"a": 1}]
    with pytest.raises(ModelError):
        next(together)


def test_a_line_without_end_is_not_kept_for_ever() -> None:
    with pytest.raises(NotAStream):
        list(events(b"x" * 1_000_000 for _ in range(100)))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("stop STOP eos eos_token end_turn stop_sequence endTurn tool_calls completed", "stop"),
        ("length max_tokens MAX_TOKENS model_length maxTokens max_output_tokens", "length"),
        ("model_context_window_exceeded max_completion_tokens FINISH_REASON_LENGTH", "length"),
        ("content_filter SAFETY sensitive RECITATION PROHIBITED_CONTENT refusal", "content_filter"),
        ("contentFilter BLOCKLIST SPII moderation", "content_filter"),
        ("network_error error abort insufficient_system_resource OTHER cancelled odd", "cut"),
    ],
)
def test_each_word_for_an_end_has_its_meaning(words: str, reason: str) -> None:
    assert {reason_of(word) for word in words.split()} == {reason}


@pytest.mark.parametrize("word", ["null", "NULL", "", " ", "none", "FINISH_REASON_UNSPECIFIED"])
def test_some_words_are_no_end(word: str) -> None:
    assert not is_end(word)


def message(text: str, **more: Any) -> bytes:
    """A frame with a whole message in place of a delta."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, **more}
    return event({"choices": [choice]})


LONG = ("The quick brown fox ", "jumps over ", "the lazy dog.")
STREAMS: list[tuple[str, Script, str]] = [
    (
        "a message at the end",
        stream(*map(delta, LONG), message("".join(LONG), finish_reason="stop")),
        "".join(LONG),
    ),
    (
        "the whole text at the end",
        stream(*map(delta, LONG), delta("".join(LONG), finish="stop")),
        "".join(LONG),
    ),
    (
        "messages that grow",
        stream(message("a"), message("ab"), message("abc", finish_reason="stop")),
        "abc",
    ),
    ("messages that follow", stream(message("a"), message("b", finish_reason="stop")), "ab"),
    (
        "a message beside an empty delta",
        stream(
            event({"choices": [{"delta": {"content": ""}, "message": {"content": "a"}}]}),
            delta(finish="stop"),
        ),
        "a",
    ),
    ("a laugh", stream(delta("ha"), delta("ha"), delta("haha", finish="stop")), "hahahaha"),
    (
        "null for an end",
        stream(delta("a", finish="null"), delta("b", finish="null"), delta(finish="stop")),
        "ab",
    ),
    (
        "stop everywhere",
        stream(*(delta(x, finish="stop") for x in "abc"), usage(1, 2), DONE_EVENT),
        "abc",
    ),
    ("a refusal", stream(delta(refusal="I won't."), delta(finish="stop")), "I won't."),
    (
        "half an emoji",
        stream(
            event(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}'),
            event(b'{"choices":[{"delta":{"content":"\\ude00"}}]}'),
            delta(finish="stop"),
        ),
        "😀",
    ),
    (
        "an array",
        stream(
            b"["
            + json.dumps(
                {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}
            ).encode()
            + b"]"
        ),
        "x",
    ),
]


@pytest.mark.parametrize(("name", "script", "text"), STREAMS, ids=[row[0] for row in STREAMS])
def test_each_stream_has_its_text_once(
    ask: Ask, server: FaultServer, name: str, script: Script, text: str
) -> None:
    server.will(script)

    pieces = ask()

    assert "".join(p.text for p in pieces if isinstance(p, TextDelta)) == text
    assert isinstance(pieces[-1], StreamEnd)
    assert pieces[-1].reason == "stop"


def test_reasoning_that_is_repeated_is_shown_once(ask: Ask, server: FaultServer) -> None:
    last = {"reasoning_content": "hm", "content": "x"}
    server.will(
        stream(
            delta(reasoning_content="hm"),
            delta("x"),
            event({"choices": [{"message": last, "finish_reason": "stop"}]}),
        )
    )

    pieces = ask()

    assert [p.text for p in pieces if isinstance(p, ReasoningDelta)] == ["hm"]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (stream(delta(reasoning="hm", finish="length")), "length_without_text"),
        (stream(delta(finish="MAX_TOKENS")), "length_without_text"),
        (stream(delta(finish="content_filter")), "content_filtered"),
        (stream(delta(finish="network_error")), "upstream_failed"),
        (stream(delta(images=[{"image_url": {}}]), delta(finish="stop")), "answer_is_picture"),
        (stream(delta(role="assistant")), "stream_broken"),
        (stream(event({"choices": [{"error": {"message": "余额不足"}}]})), "account_empty"),
        (stream(b"event: error\n" + event(b"Rate limit exceeded")), "gateway_rate_limited"),
        (stream(event(b"unexpected EOF")), "stream_broken"),
        (stream(event([{"error": {"message": "余额不足"}}])), "account_empty"),
        (stream(event({"error": {"message": "x", "status": 429}})), "gateway_rate_limited"),
        (stream(event({"error": {"message": "x", "type": "authentication_error"}})), "key_refused"),
        (stream(event({"error": {"message": "x", "type": "overloaded_error"}})), "gateway_busy"),
        (stream(event({"error": {"message": "x", "code": "404"}})), "endpoint_missing"),
    ],
)
def test_an_end_without_text_says_why(
    ask: Ask, server: FaultServer, script: Script, kind: str
) -> None:
    server.will(script)

    with pytest.raises(ModelError) as caught:
        ask()

    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ([{"id": "a"}], ["a"]),
        ({"models": [{"name": "models/a"}]}, ["models/a"]),
        ({"models": [{"model": "a:latest"}]}, ["a:latest"]),
        ({"data": ["a", "b"]}, ["a", "b"]),
        ({"result": [{"name": "@cf/x/a"}]}, ["@cf/x/a"]),
        ({"data": {"models": [{"id": "a"}]}}, ["a"]),
        ({"data": None}, []),
        ({"object": "list"}, None),
        ("page", None),
    ],
)
def test_each_list_of_models_is_read(body: Any, names: list[str] | None) -> None:
    assert names_in(body) == names


def test_the_events_come_as_they_arrive() -> None:
    given: list[int] = []

    def chunks() -> Any:
        for number in range(3):
            given.append(number)
            yield b"data: %d\n\n" % number

    seen = [(data, len(given)) for datas in events(chunks()) for data in datas]

    assert all(int(data) + 1 == count for data, count in seen)
    assert all(one < other for one, other in pairwise(data for data, _ in seen))
