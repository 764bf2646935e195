"""The gateway through the real openai client: answers, and every way they go wrong."""

from __future__ import annotations

import json
import time

import openai
import pytest
import requests

from feishu_simulator import Piece, Script, failures

MESSAGES = [{"role": "user", "content": "hi"}]


def stream(gateway, messages=MESSAGES, **more):
    return gateway.chat.completions.create(model="m", messages=messages, stream=True, **more)


def read(gateway, **more):
    """(text, finish reasons) of a stream."""
    text, reasons = "", []
    with stream(gateway, **more) as chunks:
        for chunk in chunks:
            for choice in chunk.choices or []:
                text += choice.delta.content or ""
                reasons += [choice.finish_reason] if choice.finish_reason else []
    return text, reasons


def test_a_scripted_answer_is_streamed(sim, gateway):
    sim.gateway.enqueue(Script.text("Hello **world**"))

    assert read(gateway) == ("Hello **world**", ["stop"])


def test_scripts_come_in_order_and_a_responder_after_them(sim, gateway):
    sim.gateway.respond_with(lambda body: Script.text(body["messages"][-1]["content"] * 2))
    sim.gateway.enqueue(Script.text("one"), Script.text("two"))

    assert [read(gateway)[0] for _ in range(3)] == ["one", "two", "hihi"]


def test_usage_stands_in_a_chunk_of_its_own_when_asked_for(sim, gateway):
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    sim.gateway.respond_with(lambda body: Script.text("x", usage=usage))

    with stream(gateway, stream_options={"include_usage": True}) as chunks:
        asked = list(chunks)
    with stream(gateway) as chunks:
        unasked = list(chunks)

    assert asked[-1].choices == []
    assert asked[-1].usage.total_tokens == 7
    assert asked[-1].id != asked[0].id
    assert all(chunk.usage is None for chunk in unasked)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_comes_in_its_own_field(sim, gateway, field):
    sim.gateway.enqueue(Script.thinking("let me see", "42", field=field))

    with stream(gateway) as chunks:
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices]

    assert "".join(getattr(delta, field, None) or "" for delta in deltas) == "let me see"
    assert "".join(delta.content or "" for delta in deltas) == "42"


def test_the_same_script_answers_without_a_stream(sim, gateway):
    sim.gateway.enqueue(Script.thinking("hm", "42"))

    answer = gateway.chat.completions.create(model="m", messages=MESSAGES)

    assert answer.choices[0].message.content == "42"
    assert answer.choices[0].message.reasoning_content == "hm"
    assert answer.usage.total_tokens > 0


@pytest.mark.parametrize(
    ("question", "expected"), [("你好吗", "你好吗"), ("How are you?", "How are you?")]
)
def test_the_echo_tells_what_it_received(gateway, question, expected):
    earlier = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]

    text, _ = read(gateway, messages=[*earlier, {"role": "user", "content": question}])

    assert f"> {expected}" in text
    assert "**1**" in text
    assert "`m`" in text
    assert ("你刚才说的是" in text) is (question == "你好吗")
    assert 80 < len(text) < 400


def test_requests_are_remembered(sim, gateway):
    read(gateway)

    sim.feishu.wait_for(lambda: sim.gateway.requests[0].last_chunk_at)
    [request] = sim.gateway.requests
    assert request.body["messages"] == MESSAGES
    assert request.key == sim.gateway.keys[0]
    assert request.last_chunk_at >= request.at
    assert request.question == "hi"


def test_the_pace_is_kept(sim, gateway):
    sim.gateway.enqueue(Script.chunks(["a"] * 5, first=0.05, between=0.02))

    began = time.monotonic()
    text, _ = read(gateway)

    assert text == "aaaaa"
    assert 0.13 <= time.monotonic() - began < 1.0


def test_a_thousand_chunks_arrive_whole(sim, gateway):
    sim.gateway.enqueue(Script.chunks(["a"] * 1000, first=0.0, between=0.0001))

    text, _ = read(gateway)

    assert len(text) == 1000


def test_unknown_keys_are_401_and_models_and_balance_are_told(sim, gateway):
    sim.gateway.models = ["gpt-x"]
    with pytest.raises(openai.AuthenticationError, match="无效的令牌"):
        gateway.with_options(api_key="sk-other").models.list()

    subscription = gateway.get("/dashboard/billing/subscription", cast_to=object)
    usage = gateway.get("/dashboard/billing/usage", cast_to=object)

    assert [model.id for model in gateway.models.list()] == ["gpt-x"]
    assert (subscription["hard_limit_usd"], usage["total_usage"]) == (10.0, 250.0)


def test_unknown_paths_are_404_under_v1_and_the_web_page_elsewhere(sim):
    key = {"Authorization": f"Bearer {sim.gateway.keys[0]}"}

    inside = requests.get(f"{sim.gateway.url}/v1/x", headers=key, timeout=5)
    outside = requests.get(f"{sim.gateway.url}/x", headers=key, timeout=5)

    assert inside.json()["error"]["message"] == "Invalid URL (GET /v1/x)"
    assert inside.headers["X-Oneapi-Request-Id"]
    assert (outside.status_code, outside.headers["Content-Type"][:9]) == (200, "text/html")


def test_pictures_are_made(gateway):
    made = gateway.images.generate(model="m", prompt="a square")

    assert made.data[0].b64_json.startswith("iVBOR")


@pytest.mark.parametrize(
    ("script", "status", "code", "text"),
    [
        (failures.invalid_key(), 401, None, "无效的令牌"),
        (failures.expired_key(), 401, None, "Key已过期"),
        (failures.expired_key("one-api"), 401, None, "该令牌已过期"),
        (failures.disabled_key(), 401, None, "Key状态不可用"),
        (failures.exhausted_key(), 401, None, "Key额度已用尽"),
        (failures.exhausted_key("one-api"), 401, None, "该令牌额度已用尽"),
        (failures.key_quota_too_small(), 403, "pre_consume_token_quota_failed", "Key额度不足"),
        (failures.account_out_of_money(), 402, "insufficient_user_quota", "user quota"),
        (failures.account_out_of_money("one-api"), 403, "insufficient_user_quota", "user quota"),
        (failures.address_not_allowed(), 403, None, "not allowed"),
        (failures.user_banned("one-api"), 403, None, "用户已被封禁"),
        (failures.model_not_allowed(), 404, "one_hub_error", "not supported for current token"),
        (failures.model_not_allowed("one-api"), 403, None, "该令牌无权使用模型"),
        (failures.no_channel(), 503, "one_hub_error", "无可用渠道"),
        (failures.group_missing(), 403, None, "不存在"),
        (failures.rate_limited(), 429, None, "速率达到上限"),
        (failures.overloaded(), 429, None, "负载已饱和"),
        (failures.retries_used_up(), 429, None, "重试超时"),
        (failures.upstream_error(), 400, "invalid_value", "Provider API error: Invalid value"),
        (failures.upstream_key_invalid(), 401, "invalid_api_key", "Incorrect API key"),
        (failures.context_too_long(), 400, "context_length_exceeded", "4097 tokens"),
        (failures.content_filtered(), 400, "content_filter", "content policy"),
        (failures.upstream_unreadable(), 502, "bad_response_status_code", "502"),
        (failures.upstream_unreachable(), 500, "http_request_failed", "请求上游地址失败"),
        (failures.upstream_unreachable("one-api"), 500, "do_request_failed", "dial tcp"),
        (failures.bad_request(), 400, "one_hub_error", "is required"),
        (failures.site_filter(), 400, "sensitive_words_detected", "sensitive"),
        (failures.endpoint_not_offered(), 503, "channel_error", "not implemented"),
        (failures.endpoint_not_offered("one-api"), 501, "api_not_implemented", "not implemented"),
        (failures.panicked(), 500, None, "Panic"),
        (failures.option_unknown(), 400, None, "stream_options"),
        (failures.empty_body(), 429, None, "429"),
        (failures.html_page(502), 502, None, "502"),
    ],
)
def test_refusals_have_their_status_code_and_text(sim, gateway, script, status, code, text):
    sim.gateway.enqueue(script)

    with pytest.raises(openai.APIStatusError, match=text) as raised:
        stream(gateway)

    assert raised.value.status_code == status
    assert raised.value.code == code
    assert raised.value.response.headers["X-Oneapi-Request-Id"]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (failures.cut_inside_a_chunk(), openai.APIConnectionError),
        (failures.cut_inside_a_chunk(reset=True), openai.APIConnectionError),
        (failures.upstream_broke(), json.JSONDecodeError),
        (failures.truncated_json(), json.JSONDecodeError),
        (failures.invalid_utf8(), UnicodeDecodeError),
        (failures.error_event("Half an"), openai.APIError),
        (failures.error_text_event(), openai.APIError),
        (failures.hang_up_before_headers(), openai.APIConnectionError),
        (failures.silent_before_headers(), openai.APITimeoutError),
        (failures.silent_after_headers(), openai.APITimeoutError),
        (failures.silent_after("Half an"), openai.APITimeoutError),
    ],
)
def test_breaks_raise_what_the_client_raises_for_them(sim, gateway, script, error):
    sim.gateway.enqueue(script)

    with pytest.raises(error):
        read(gateway.with_options(timeout=0.1))


@pytest.mark.parametrize(
    ("script", "text", "reasons"),
    [
        (failures.ended_without_done(), "Half an", []),
        (failures.truncated_but_done(), "Half an", []),
        (failures.half_event(), "Half an", []),
        (failures.html_page(), "", []),
        (failures.json_instead_of_stream(), "", []),
        (failures.empty_stream(), "", []),
        (failures.choices_null("whole"), "whole", ["stop"]),
        (failures.pinged("whole"), "whole", ["stop"]),
        (failures.pinged("whole", ping=b"::PING\n\n"), "whole", ["stop"]),
        (failures.filtered_at_the_end(), "Half an", ["content_filter"]),
        (failures.out_of_length(), "Half an", ["length"]),
    ],
)
def test_other_breaks_look_like_ends(sim, gateway, script, text, reasons):
    sim.gateway.enqueue(script)

    assert read(gateway) == (text, reasons)


def test_an_event_named_error_is_handed_on_as_a_chunk(sim, gateway):
    sim.gateway.enqueue(failures.named_error_event())

    with stream(gateway) as chunks:
        assert [chunk.choices for chunk in chunks] == [None]


def test_a_heartbeat_error_is_a_200_without_choices(sim, gateway):
    sim.gateway.enqueue(failures.heartbeat_error())

    answer = gateway.chat.completions.create(model="m", messages=MESSAGES)

    assert answer.choices is None
    assert answer.error["message"] == "upstream failed"


def test_a_client_that_leaves_is_noticed(sim, gateway):
    sim.gateway.enqueue(Script.chunks(["x" * 1000] * 5000, between=0.001))

    with stream(gateway) as chunks:
        next(iter(chunks))

    assert sim.feishu.wait_for(lambda: sim.gateway.requests[0].client_left)


def test_raw_lines_stand_among_the_pieces(sim, gateway):
    pieces = (Piece("a"), Piece(raw=b": comment\n\n"), Piece("b"))
    sim.gateway.enqueue(Script(pieces=pieces))

    assert read(gateway) == ("ab", ["stop"])
