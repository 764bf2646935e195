from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import ReadTimeout

from feishu_bot.core.chat_model import (
    ChatMessage,
    Prompt,
    ReasoningDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    StreamWait,
    TextDelta,
)
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.adjustments import Adjustments
from feishu_bot.llm.deadline import StreamDeadline
from feishu_bot.llm.error_kinds import ModelErrorKind
from tests.polling import Clock

from .conftest import PROMPT
from .fault_server import (
    DONE,
    FaultServer,
    Request,
    Script,
    answer,
    delta,
    error,
    event,
    hang_up,
    pings,
    reply,
    stream,
    until_closed,
    usage,
)

Ask = Callable[..., list[StreamEvent]]
MakeGateway = Callable[..., Gateway]

KEYS = ["sk-first-0000000000000001", "sk-second-000000000000002", "sk-third-0000000000000003"]
CHOSEN = StreamStart("served-model", "req-1")
SATURATED = error(429, "当前分组上游负载已饱和，请稍后再试", "czloapi_error")
EXHAUSTED = error(401, "Key额度已用尽", "czloapi_error")
NO_CHANNEL = error(503, "当前分组 G 下对于模型 M 无可用渠道", "czloapi_error")


def text_of(pieces: list[StreamEvent]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, TextDelta))


# What is asked


def test_an_answer_streams(ask: Ask, server: FaultServer) -> None:
    server.will(answer("Hel", "lo"))

    assert ask() == [CHOSEN, TextDelta("Hel"), TextDelta("lo"), StreamEnd("stop", 11, 7)]


def test_only_what_every_model_takes_is_sent(ask: Ask, server: FaultServer) -> None:
    server.will(answer("x"))

    ask()

    assert server.requests[0].body == {
        "model": "wanted-model",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_prompt_chooses_model_and_temperature(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(answer("x"))
    prompt = Prompt(messages=(ChatMessage("user", "x"),), model="other", temperature=0.0)

    list(make_gateway().stream(prompt))

    assert server.requests[0].body["model"] == "other"
    assert server.requests[0].body["temperature"] == 0.0


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_in_v1_or_not(ask: Ask, server: FaultServer, path: str) -> None:
    server.will(answer("x"))

    ask(api_url=server.url + path)

    assert server.requests[0].path == "/v1/chat/completions"


def test_stray_variables_change_nothing(
    ask: Ask, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.will(answer("x"))
    for name in ("API_KEY", "BASE_URL", "ORG_ID", "PROJECT_ID", "ADMIN_KEY"):
        monkeypatch.setenv(f"OPENAI_{name}", "http://stray.test")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Stray: 1\nAuthorization: Bearer stray")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    ask()

    headers = server.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEYS[0]}"
    assert not {"x-stray", "openai-organization", "openai-project"} & headers.keys()


def test_the_user_agent_can_be_set(ask: Ask, server: FaultServer) -> None:
    server.will(answer("x"))

    ask(user_agent="Mozilla/5.0")

    assert server.requests[0].headers["user-agent"] == "Mozilla/5.0"


def test_a_model_that_refuses_stream_options_is_asked_without_them(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(error(400, "Unrecognized request argument: stream_options"), answer("x"))
    gateway = make_gateway()

    first, second = list(gateway.stream(PROMPT)), list(gateway.stream(PROMPT))

    assert text_of(first) == text_of(second) == "x"
    sent = ["stream_options" in request.body for request in server.requests]
    assert sent == [True, False, False]


COLD = Prompt(messages=(ChatMessage("user", "x"),), temperature=0.1)
WARM = Prompt(messages=(ChatMessage("user", "x"),), temperature=1.0)
UNSUPPORTED = "Unsupported value: 'temperature' does not support 0.1 with this model."
PYDANTIC = {"detail": [{"loc": ["body", "temperature"], "msg": "Extra inputs"}]}


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, UNSUPPORTED, "invalid_request_error", "unsupported_value"),
        error(500, f"Provider API error: {UNSUPPORTED}", "upstream_error"),
        reply(422, PYDANTIC),
        stream(event({"error": {"message": UNSUPPORTED, "type": "invalid_request_error"}})),
    ],
    ids=["refused", "through the gateway", "by a schema", "behind a heartbeat"],
)
def test_a_model_that_refuses_a_temperature_is_asked_without_it_from_then_on(
    make_gateway: MakeGateway, server: FaultServer, refusal: Script
) -> None:
    server.will(refusal, answer("x"))
    gateway = make_gateway()

    answers = [text_of(list(gateway.stream(prompt))) for prompt in (COLD, COLD, WARM)]

    assert answers == ["x", "x", "x"]
    sent = [request.body.get("temperature") for request in server.requests]
    assert sent == [0.1, None, None, 1.0]


def test_what_is_wrong_without_a_temperature_too_is_no_refusal(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(error(400, "bad temperature"), error(400, "bad question"), answer("x"))
    gateway = make_gateway()

    with pytest.raises(ModelError):
        list(gateway.stream(COLD))
    list(gateway.stream(COLD))

    assert server.requests[-1].body["temperature"] == 0.1


def test_a_refusal_of_a_temperature_takes_no_try_away(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(SATURATED, SATURATED, error(400, UNSUPPORTED), answer("x"))

    assert text_of(list(make_gateway().stream(COLD))) == "x"


def test_only_so_many_refusals_are_remembered() -> None:
    rejected = Adjustments(most=2)
    bodies = [{"model": name, "messages": [], "temperature": 0.1} for name in "abc"]
    for body in bodies:
        rejected.note(body, {"model": body["model"], "messages": []})

    sent = [rejected.applied(body) for body in bodies]
    assert ["temperature" in body for body in sent] == [True, False, False]


def test_a_model_that_may_not_be_chosen_gives_way_to_the_default(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(answer("x"))
    gateway = make_gateway(allowed=("house-*",))

    for name in ("house-1", "other", "wanted-model"):
        list(gateway.stream(Prompt(messages=(ChatMessage("user", "x"),), model=name)))

    sent = [request.body["model"] for request in server.requests]
    assert sent == ["house-1", "wanted-model", "wanted-model"]


def test_a_model_that_the_administrator_has_named_is_asked_whatever_people_may_choose(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(answer("x"))
    gateway = make_gateway(allowed=("house-*",))
    messages = (ChatMessage("user", "x"),)

    for name in ("small", ""):
        list(gateway.stream(Prompt(messages=messages, model=name, is_fixed=True)))

    assert [request.body["model"] for request in server.requests] == ["small", "wanted-model"]


def test_the_proxy_is_used(ask: Ask, server: FaultServer) -> None:
    server.will(answer("x"))

    ask(api_url="http://gateway.test/v1", proxy=server.url)

    assert server.requests[0].path == "http://gateway.test/v1/chat/completions"


def test_the_environments_proxy_is_used_for_a_gateway_elsewhere(
    ask: Ask, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.will(answer("x"))
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    ask(api_url="http://gateway.test")

    assert server.requests[0].path == "http://gateway.test/v1/chat/completions"


def test_no_proxy_is_used_on_loopback(ask: Ask, server: FaultServer) -> None:
    server.will(answer("x"))

    assert text_of(ask(proxy="http://127.0.0.1:1")) == "x"


def test_answers_use_one_connection_after_the_other(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(answer("x"))
    gateway = make_gateway()

    for _ in range(3):
        list(gateway.stream(PROMPT))

    assert server.connections == 1


WHOLE_BODY = b"".join(
    b"%x\r\n%b\r\n" % (len(part), part)
    for part in (delta("x"), delta("y"), delta(finish="stop"), DONE, b"")
)
HEAD = b"HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\n"


@pytest.mark.parametrize(
    "sent",
    [
        [HEAD.replace(b"\n", b"\r\n") + WHOLE_BODY],
        [HEAD + WHOLE_BODY],
        [b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + WHOLE_BODY],
        [HEAD[:-1], b"\n" + WHOLE_BODY[:1], WHOLE_BODY[1:-3], WHOLE_BODY[-3:]],
        [HEAD + WHOLE_BODY[:-5] + b"0\r\nX-Cost: 1\r\n\r\n"],
    ],
)
def test_a_head_is_told_from_its_body_however_they_come(
    sent: list[bytes], make_gateway: MakeGateway, server: FaultServer
) -> None:
    def script(sock: socket.socket, request: Request) -> bool:
        for piece in sent:
            sock.sendall(piece)
        return True

    server.will(script)
    gateway = make_gateway()

    for _ in range(2):
        assert text_of(list(gateway.stream(PROMPT))) == "xy"
    assert server.connections == 1


# What is read


@pytest.mark.parametrize(
    "choices",
    [{"choices": None}, {"choices": []}, {}, {"choices": [None]}, {"choices": [{"delta": None}]}],
)
def test_chunks_without_a_choice_are_passed_over(
    ask: Ask, server: FaultServer, choices: dict[str, Any]
) -> None:
    server.will(stream(event(choices), delta("x"), event(choices), delta(finish="stop"), DONE))

    assert text_of(ask()) == "x"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_comes_apart(ask: Ask, server: FaultServer, field: str) -> None:
    server.will(stream(delta(**{field: "hm"}), delta("x", finish="stop"), DONE))

    assert ask() == [CHOSEN, ReasoningDelta("hm"), TextDelta("x"), StreamEnd("stop")]


def test_thinking_in_the_text_comes_apart(ask: Ask, server: FaultServer) -> None:
    server.will(stream(delta("<th"), delta("ink>hm</think>"), delta("x", finish="stop"), DONE))

    assert ask()[1:3] == [ReasoningDelta("hm"), TextDelta("x")]


def test_content_in_parts_is_joined(ask: Ask, server: FaultServer) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]
    server.will(stream(delta(parts, finish="stop"), DONE))

    assert text_of(ask()) == "ab"


def test_the_last_usage_counts(ask: Ask, server: FaultServer) -> None:
    server.will(stream(usage(1, 1), delta("x", finish="stop"), usage(5, 2), DONE))

    assert ask()[-1] == StreamEnd("stop", 5, 2)


def test_the_wanted_model_is_named_when_the_answer_names_none(
    ask: Ask, server: FaultServer
) -> None:
    chunk = {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}
    server.will(stream(event(chunk), DONE))

    assert ask()[0] == StreamStart("wanted-model", "req-1")


def test_a_whole_answer_in_json_is_an_answer(ask: Ask, server: FaultServer) -> None:
    message = {"role": "assistant", "content": "x"}
    whole = {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}
    server.will(reply(200, whole))

    assert ask() == [StreamStart("m", "req-1"), TextDelta("x"), StreamEnd("stop")]


def test_a_stream_of_plain_text_type_is_read(ask: Ask, server: FaultServer) -> None:
    server.will(stream(delta("x", finish="stop"), DONE, content_type="text/plain"))

    assert text_of(ask()) == "x"


def test_characters_split_over_packets_are_whole(ask: Ask, server: FaultServer) -> None:
    data = delta("你好", finish="stop") + DONE
    server.will(stream(*(data[i : i + 1] for i in range(len(data)))))

    assert text_of(ask()) == "你好"


# How it ends


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("tool_calls", "stop"),
        ("function_call", "stop"),
        ("eos", "stop"),
    ],
)
def test_each_finish_reason_has_its_end(
    ask: Ask, server: FaultServer, finish: str, reason: str
) -> None:
    server.will(stream(delta("x"), delta(finish=finish), DONE))

    assert ask()[-1].reason == reason  # type: ignore[union-attr]


BREAKS = [
    ("a clean end", stream(delta("x"), delta(finish=""), DONE)),
    ("no end at all", stream(delta("x"))),
    ("a cut connection", stream(delta("x"), cut=True)),
    ("a cut in the middle of an event", until_closed(delta("x"), delta("y")[:-9])),
    ("the gateway's own words", stream(delta("x"), event(b"unexpected EOF"))),
    ("an error event", stream(delta("x"), event({"error": {"message": "oops"}}))),
    ("bytes that are no UTF-8", stream(delta("x"), event(b"\xff"))),
]


@pytest.mark.parametrize(("name", "script"), BREAKS, ids=[name for name, _ in BREAKS])
def test_a_broken_answer_keeps_what_it_has(
    ask: Ask, server: FaultServer, name: str, script: Script
) -> None:
    server.will(script)

    pieces = ask()

    assert text_of(pieces) == "x"
    assert pieces[-1] == StreamEnd("cut")
    assert len(server.requests) == 1


def test_a_break_after_the_finish_is_no_break(ask: Ask, server: FaultServer) -> None:
    server.will(stream(delta("x"), delta(finish="stop"), cut=True))

    assert ask()[-1] == StreamEnd("stop")


def test_a_filter_in_the_middle_ends_the_answer(ask: Ask, server: FaultServer) -> None:
    server.will(stream(delta("x"), event({"error": {"code": "content_filter"}})))

    assert ask()[-1] == StreamEnd("content_filter")


def test_reasoning_that_breaks_off_is_no_answer(ask: Ask, server: FaultServer) -> None:
    server.will(stream(delta(reasoning="hm"), cut=True))

    with pytest.raises(ModelError) as caught:
        ask()

    assert caught.value.kind == ModelErrorKind.STREAM_BROKEN
    assert len(server.requests) == 1


def test_closing_the_answer_closes_the_connection(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(pings(delta("more"), delta("x"), every=0.01))
    pieces = make_gateway().stream(PROMPT)
    next(pieces), next(pieces)

    pieces.close()  # type: ignore[attr-defined]

    assert server.closed.wait(5)


# Time


@pytest.mark.parametrize("ping", [b": PING\n\n", b"::PING\n\n", delta()])
def test_pings_do_not_prolong_the_wait_for_the_first_word(
    ask: Ask, server: FaultServer, ping: bytes
) -> None:
    server.will(pings(ping, every=0.02))

    with pytest.raises(ModelError) as caught:
        ask(first_token_timeout=0.4)

    assert caught.value.kind == ModelErrorKind.GATEWAY_TIMEOUT_FIRST
    assert len(server.requests) == 1


def test_a_ping_just_before_the_deadline_does_not_prolong_it() -> None:
    clock, timeouts = Clock(), []

    def ping(max_bytes: int, timeout: float) -> bytes:
        timeouts.append(timeout)
        clock.tick(0.25)
        return b": PING\n\n"

    deadline = StreamDeadline(first=0.4, idle=9.0, ends_at=clock() + 9.0, timer=clock)
    for _ in range(2):
        deadline.read(ping, 100, None)
    with pytest.raises(ReadTimeout):
        deadline.read(ping, 100, None)

    assert timeouts[0] <= 0.4
    assert timeouts[1] <= 0.15
    assert len(timeouts) == 2


def test_a_wait_that_a_reader_notices_is_told(ask: Ask, server: FaultServer) -> None:
    server.will(reply(429, {"error": {}}, **{"retry-after-ms": "2200"}), answer("x"))

    # Ten seconds of this timer are one.
    events = ask(timer=lambda: time.monotonic() * 10)

    assert events[:2] == [StreamWait(2.2), StreamWait(0.0)]
    assert text_of(events) == "x"


def test_pings_do_not_prolong_a_gap(ask: Ask, server: FaultServer) -> None:
    server.will(pings(b": PING\n\n", delta("x"), every=0.02))

    assert ask(idle_timeout=0.5)[-1] == StreamEnd("cut")


def test_words_that_keep_coming_end_with_the_whole_answers_time(
    ask: Ask, server: FaultServer
) -> None:
    server.will(pings(delta("x"), every=0.02))

    assert ask(answer_timeout=1.0)[-1] == StreamEnd("cut")


def test_the_whole_answers_time_bounds_the_first_word(ask: Ask, server: FaultServer) -> None:
    server.will(pings(b": PING\n\n", every=0.02))

    with pytest.raises(ModelError) as caught:
        ask(answer_timeout=0.5)

    assert caught.value.kind == ModelErrorKind.GATEWAY_TIMEOUT_TOTAL


def test_silence_before_the_headers_is_a_wait_for_the_first_word(
    ask: Ask, server: FaultServer
) -> None:
    released = threading.Event()
    server.will(lambda sock, request: released.wait(5))

    with pytest.raises(ModelError) as caught:
        ask(first_token_timeout=0.5)
    released.set()

    assert caught.value.kind == ModelErrorKind.GATEWAY_TIMEOUT_FIRST


@pytest.mark.parametrize("is_known_connection", [False, True])
def test_silence_before_the_headers_ends_when_the_answer_is_cancelled(
    make_gateway: MakeGateway, server: FaultServer, is_known_connection: bool
) -> None:
    released, cancelled = threading.Event(), threading.Event()
    gateway = make_gateway(keys=KEYS)
    if is_known_connection:
        server.will(answer("x"))
        list(gateway.stream(PROMPT))

    def silence(sock: socket.socket, request: Request) -> bool:
        cancelled.set()
        return released.wait(5)

    server.will(silence)

    with pytest.raises(ModelError):
        list(gateway.stream(PROMPT, cancelled.is_set))
    assert not released.is_set()
    released.set()

    assert len(server.requests) == 1 + is_known_connection


@pytest.mark.parametrize("every", [0.02, 2.0])
def test_an_answer_that_is_cancelled_ends_in_silence_and_between_heartbeats(
    make_gateway: MakeGateway, server: FaultServer, every: float
) -> None:
    server.will(pings(b": PING\n\n", delta("Half"), every=every))
    pieces: list[StreamEvent] = []
    stream = make_gateway().stream(PROMPT, lambda: len(pieces) == 2)

    pieces.extend(itertools.islice(stream, 2))

    assert pieces == [CHOSEN, TextDelta("Half")]
    assert list(stream) == [StreamEnd("cut")]


def test_a_slow_reader_is_not_the_gateways_silence(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    now = [0.0]
    server.will(answer("a", "b"))
    pieces: list[StreamEvent] = []

    for piece in make_gateway(timer=lambda: now[0], answer_timeout=1e6).stream(PROMPT):
        now[0] += 1000.0
        pieces.append(piece)

    assert text_of(pieces) == "ab"
    assert pieces[-1] == StreamEnd("stop", 11, 7)


# Tries


@pytest.mark.parametrize(
    "fault",
    [SATURATED, error(500, "Panic", "one_api_error"), hang_up, stream(cut=True), reply(502)],
)
def test_a_passing_fault_is_tried_again(ask: Ask, server: FaultServer, fault: Script) -> None:
    server.will(fault, fault, answer("x"))

    assert text_of(ask()) == "x"
    assert len(server.requests) == 3


def test_there_are_three_tries_at_most(ask: Ask, server: FaultServer) -> None:
    server.will(SATURATED)

    with pytest.raises(ModelError) as caught:
        ask(keys=[*KEYS, "sk-fourth"])

    assert caught.value.kind == ModelErrorKind.GATEWAY_BUSY
    assert server.keys == KEYS


def test_an_exhausted_key_is_followed_by_the_next(ask: Ask, server: FaultServer) -> None:
    server.will(EXHAUSTED, EXHAUSTED, answer("x"))

    assert text_of(ask(keys=KEYS)) == "x"
    assert server.keys == KEYS


def test_a_refused_key_is_left_alone_by_the_next_answer(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(EXHAUSTED, answer("x"))
    gateway = make_gateway(keys=KEYS[:2])

    for _ in range(3):
        list(gateway.stream(PROMPT))

    assert server.keys == [KEYS[0], *[KEYS[1]] * 3]


def test_the_log_names_the_key_that_failed_but_does_not_show_it(
    ask: Ask, server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.will(EXHAUSTED, answer("x"))

    ask(keys=KEYS)

    ours = [record for record in caplog.records if record.name.startswith("feishu_bot")]
    assert ours[0].fields["key"] == "sk-…0001"
    assert KEYS[0] not in caplog.text


def test_a_single_refused_key_is_not_tried_again(ask: Ask, server: FaultServer) -> None:
    server.will(EXHAUSTED)

    with pytest.raises(ModelError):
        ask()

    assert len(server.requests) == 1


def test_a_missing_channel_is_asked_for_once_per_key(ask: Ask, server: FaultServer) -> None:
    server.will(NO_CHANNEL)

    with pytest.raises(ModelError) as caught:
        ask(keys=KEYS[:2])

    assert caught.value.kind == ModelErrorKind.MODEL_UNAVAILABLE
    # Then each is asked for its list, for names that are alike.
    asked = [request.key for request in server.requests if request.method == "POST"]
    assert asked == KEYS[:2]


def test_a_bad_request_is_not_tried_again(ask: Ask, server: FaultServer) -> None:
    server.will(error(400, "no", "one_api_error"))

    with pytest.raises(ModelError) as caught:
        ask(keys=KEYS)

    assert caught.value.kind == ModelErrorKind.BAD_REQUEST
    assert len(server.requests) == 1


def test_a_complete_but_empty_answer_is_not_paid_for_twice(ask: Ask, server: FaultServer) -> None:
    server.will(stream(delta(finish="stop"), DONE))

    with pytest.raises(ModelError):
        ask()

    assert len(server.requests) == 1


def test_tries_wait_longer_each_time(ask: Ask, server: FaultServer) -> None:
    waits: list[int] = []
    server.will(SATURATED)

    def backoff(attempt: int) -> float:
        waits.append(attempt)
        return 0.0

    with pytest.raises(ModelError):
        ask(backoff=backoff)

    assert waits == [1, 2]


# Many at once, and processes


def test_the_chunks_of_a_batch_are_one_piece(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    first, *chunks = [delta(str(n)) for n in range(50)]
    # Else all of it may be there at the first read, and there is nothing to gather.
    begun = threading.Event()
    server.will(stream(first, begun, *chunks, delta(finish="stop"), DONE))
    pieces = []
    for piece in make_gateway().stream(PROMPT):
        if isinstance(piece, TextDelta):
            pieces.append(piece)
            begun.set()

    assert text_of(pieces) == "".join(map(str, range(50)))
    assert 2 <= len(pieces) <= 5


def test_two_hundred_answers_stream_at_once(make_gateway: MakeGateway, server: FaultServer) -> None:
    everyone = threading.Barrier(200)

    def together(sock: Any, request: Any) -> bool:
        everyone.wait(20)
        return answer("x")(sock, request)

    server.will(together)
    gateway = make_gateway(first_token_timeout=30.0)
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(text_of(list(gateway.stream(PROMPT)))))
        for _ in range(200)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert texts == ["x"] * 200


# Readiness


def test_a_gateway_that_lists_models_is_well(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(reply(200, {"data": None}))

    make_gateway().check()

    assert server.requests[0].path == "/v1/models"


def test_one_good_key_is_enough(make_gateway: MakeGateway, server: FaultServer) -> None:
    server.will(EXHAUSTED, reply(200, {"data": []}))

    make_gateway(keys=KEYS).check()

    assert server.keys == KEYS[:2]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (EXHAUSTED, ModelErrorKind.KEY_EXHAUSTED),
        (hang_up, ModelErrorKind.GATEWAY_UNREACHABLE),
        (reply(200, b"<html>", content_type="text/html"), ModelErrorKind.NOT_A_GATEWAY),
        (
            reply(200, {"error": {"message": "Invalid URL (GET /)"}}),
            ModelErrorKind.ENDPOINT_MISSING,
        ),
    ],
)
def test_a_gateway_that_is_not_well_is_told(
    make_gateway: MakeGateway, server: FaultServer, script: Script, kind: ModelErrorKind
) -> None:
    server.will(script)

    with pytest.raises(ModelError) as caught:
        make_gateway(keys=KEYS).check()

    assert caught.value.kind == kind


def test_a_gateway_that_is_asked_too_often_is_there(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    server.will(reply(429))

    make_gateway().check()


def test_a_gateway_that_hangs_is_not_well(make_gateway: MakeGateway, server: FaultServer) -> None:
    released = threading.Event()
    server.will(lambda sock, request: released.wait(5))

    with pytest.raises(ModelError) as caught:
        make_gateway(check_timeout=0.1).check()
    released.set()

    assert caught.value.kind == ModelErrorKind.GATEWAY_TIMEOUT_FIRST


def test_the_outcome_of_a_check_holds_for_ten_seconds(
    make_gateway: MakeGateway, server: FaultServer
) -> None:
    now = [0.0]
    server.will(EXHAUSTED, reply(200, {"data": []}))
    gateway = make_gateway(timer=lambda: now[0])

    for _ in range(2):
        with pytest.raises(ModelError):
            gateway.check()
    now[0] = 10.0
    gateway.check()

    assert len(server.requests) == 2
