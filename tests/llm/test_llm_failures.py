"""Each way in which the gateways of the one-api family refuse or fail, and what it is called."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feishu_bot.core.chat_model import StreamEvent
from feishu_bot.errors import ModelError
from feishu_bot.llm.error_kinds import ModelErrorKind

from .fault_server import (
    DONE,
    FaultServer,
    Script,
    delta,
    error,
    event,
    hang_up,
    pings,
    reply,
    stream,
    trickling_head,
    until_closed,
)

CZL, ONE, NEW = "czloapi_error", "one_api_error", "new_api_error"
ID = " (request id: 20261122)"
HTML = b"<!doctype html><html><body>Just a page</body></html>"

ERROR_BODIES: list[tuple[str, Script, ModelErrorKind]] = [
    ("key unknown, CZL", error(401, "无效的令牌" + ID, CZL), ModelErrorKind.KEY_REFUSED),
    (
        "key unknown, CZL's other word",
        error(401, "无效的Key" + ID, CZL),
        ModelErrorKind.KEY_REFUSED,
    ),
    ("no key, one-api", error(401, "未提供令牌" + ID, ONE), ModelErrorKind.KEY_REFUSED),
    ("key unknown, new-api", error(401, "Invalid token" + ID, NEW), ModelErrorKind.KEY_REFUSED),
    ("key expired, CZL", error(401, "Key已过期" + ID, CZL), ModelErrorKind.KEY_EXPIRED),
    ("key expired, one-api", error(401, "该令牌已过期" + ID, ONE), ModelErrorKind.KEY_EXPIRED),
    ("key expired, new-api", error(401, "token expired" + ID, NEW), ModelErrorKind.KEY_EXPIRED),
    ("key disabled, CZL", error(401, "Key状态不可用" + ID, CZL), ModelErrorKind.KEY_DISABLED),
    (
        "key disabled, one-api",
        error(401, "该令牌状态不可用" + ID, ONE),
        ModelErrorKind.KEY_DISABLED,
    ),
    ("key used up, CZL", error(401, "Key额度已用尽" + ID, CZL), ModelErrorKind.KEY_EXHAUSTED),
    (
        "key used up, one-api",
        error(401, "令牌 x（#7）额度已用尽" + ID, ONE),
        ModelErrorKind.KEY_EXHAUSTED,
    ),
    (
        "key used up, new-api",
        error(401, "[x] 该令牌额度已用尽 !" + ID, NEW),
        ModelErrorKind.KEY_EXHAUSTED,
    ),
    (
        "too little on the key, CZL",
        error(403, "Key额度不足", CZL, "pre_consume_token_quota_failed"),
        ModelErrorKind.KEY_QUOTA_TOO_SMALL,
    ),
    (
        "too little on the key, one-api",
        error(403, "令牌额度不足", ONE, "pre_consume_token_quota_failed"),
        ModelErrorKind.KEY_QUOTA_TOO_SMALL,
    ),
    (
        "account empty, CZL",
        error(402, "user quota is not enough", CZL, "insufficient_user_quota"),
        ModelErrorKind.ACCOUNT_EMPTY,
    ),
    (
        "account empty, one-api",
        error(403, "user quota is not enough", ONE, "insufficient_user_quota"),
        ModelErrorKind.ACCOUNT_EMPTY,
    ),
    (
        "account empty, new-api",
        error(403, "预扣费额度失败, 用户剩余", NEW),
        ModelErrorKind.ACCOUNT_EMPTY,
    ),
    (
        "account empty, a maker's own API",
        error(402, "Insufficient Balance", "unknown_error", by_gateway=False),
        ModelErrorKind.ACCOUNT_EMPTY,
    ),
    (
        "address, CZL",
        error(403, "IP 192.0.2.1 is not allowed to access", CZL),
        ModelErrorKind.IP_REFUSED,
    ),
    ("address, one-api", error(403, "该令牌只能在指定网段使用: x", ONE), ModelErrorKind.IP_REFUSED),
    ("account banned", error(403, "用户已被封禁", ONE), ModelErrorKind.ACCOUNT_BANNED),
    (
        "model not on the key's list, CZL",
        reply(
            404,
            {"error": {"message": "Model x is not supported for current token"}},
            content_type="text/plain",
        ),
        ModelErrorKind.MODEL_NOT_ALLOWED,
    ),
    (
        "model not on the key's list, one-api",
        error(403, "该令牌无权使用模型：x", ONE),
        ModelErrorKind.MODEL_NOT_ALLOWED,
    ),
    (
        "no channel, CZL",
        error(503, "当前分组 G 下对于模型 M 无可用渠道", CZL, "one_hub_error"),
        ModelErrorKind.MODEL_UNAVAILABLE,
    ),
    (
        "no channel, one-api",
        error(503, "当前分组 G 下对于模型 M 无可用渠道", ONE),
        ModelErrorKind.MODEL_UNAVAILABLE,
    ),
    (
        "no channel, new-api",
        error(503, "No channel", NEW, "model_not_found"),
        ModelErrorKind.MODEL_UNAVAILABLE,
    ),
    (
        "model unknown to the upstream",
        error(404, "The model `x` does not exist", "invalid_request_error"),
        ModelErrorKind.MODEL_UNAVAILABLE,
    ),
    ("group missing, CZL", error(403, "分组 vip 不存在", CZL), ModelErrorKind.GROUP_MISSING),
    (
        "group missing, CZL's other status",
        error(503, "分组不存在", CZL),
        ModelErrorKind.GROUP_MISSING,
    ),
    (
        "too often, CZL",
        error(429, "您的速率达到上限，请稍后再试。", CZL),
        ModelErrorKind.GATEWAY_RATE_LIMITED,
    ),
    (
        "too often, new-api",
        error(429, "您已达到总请求数限制", NEW),
        ModelErrorKind.GATEWAY_RATE_LIMITED,
    ),
    ("too often, the web limiter", reply(429), ModelErrorKind.GATEWAY_RATE_LIMITED),
    (
        "saturated",
        error(429, "当前分组上游负载已饱和，请稍后再试", ONE),
        ModelErrorKind.GATEWAY_BUSY,
    ),
    (
        "saturated after tries",
        error(429, "重试超时，上游负载已饱和", CZL),
        ModelErrorKind.GATEWAY_BUSY,
    ),
    (
        "the upstream's limit",
        error(429, "Rate limit reached for x", "tokens", "rate_limit_exceeded"),
        ModelErrorKind.GATEWAY_BUSY,
    ),
    (
        "the upstream has no money",
        error(429, "You exceeded your quota", "insufficient_quota", "insufficient_quota"),
        ModelErrorKind.UPSTREAM_FAILED,
    ),
    ("overloaded", error(529, "Overloaded", "overloaded_error"), ModelErrorKind.GATEWAY_BUSY),
    (
        "the upstream's error",
        error(500, "Provider API error: oops", "server_error"),
        ModelErrorKind.UPSTREAM_FAILED,
    ),
    (
        "the upstream refuses the gateway's key",
        error(
            401,
            "Provider API error: Incorrect API key provided: sk-1234567890abcdefghij",
            "invalid_request_error",
            "invalid_api_key",
        ),
        ModelErrorKind.UPSTREAM_KEY_REFUSED,
    ),
    (
        "a maker refuses our key",
        error(401, "Incorrect API key", "invalid_request_error", by_gateway=False),
        ModelErrorKind.KEY_REFUSED,
    ),
    (
        "the upstream's error, not JSON",
        error(502, "bad response status code 502", "upstream_error", "bad_response_status_code"),
        ModelErrorKind.UPSTREAM_FAILED,
    ),
    (
        "the upstream's refusal, not JSON",
        error(403, "bad response status code 403", "upstream_error", "bad_response_status_code"),
        ModelErrorKind.UPSTREAM_KEY_REFUSED,
    ),
    (
        "upstream unreachable, CZL",
        error(500, "请求上游地址失败", CZL, "http_request_failed"),
        ModelErrorKind.UPSTREAM_FAILED,
    ),
    (
        "upstream unreachable, one-api",
        error(500, "dial tcp", ONE, "do_request_failed"),
        ModelErrorKind.UPSTREAM_FAILED,
    ),
    (
        "bad body, CZL",
        error(400, "field messages is required", CZL, "one_hub_error"),
        ModelErrorKind.BAD_REQUEST,
    ),
    ("bad body, one-api", error(400, "x", ONE, "invalid_text_request"), ModelErrorKind.BAD_REQUEST),
    (
        "the site's filter, CZL",
        error(400, "内容安全检查未通过", CZL, "checker"),
        ModelErrorKind.CONTENT_FILTERED,
    ),
    (
        "the site's filter, new-api",
        error(500, "x", NEW, "sensitive_words_detected"),
        ModelErrorKind.CONTENT_FILTERED,
    ),
    (
        "the upstream's filter",
        error(400, "x", "", "content_filter"),
        ModelErrorKind.CONTENT_FILTERED,
    ),
    (
        "Ali's filter",
        error(400, "x", "", "data_inspection_failed"),
        ModelErrorKind.CONTENT_FILTERED,
    ),
    (
        "channel without chat, CZL",
        error(503, "channel not implemented", CZL, "channel_error"),
        ModelErrorKind.MODEL_NOT_CHAT,
    ),
    (
        "channel without chat, one-api",
        error(501, "API not implemented", ONE),
        ModelErrorKind.MODEL_NOT_CHAT,
    ),
    (
        "channel without chat, 404",
        error(404, "This is not a chat model"),
        ModelErrorKind.MODEL_NOT_CHAT,
    ),
    (
        "panic, CZL",
        error(500, "Panic detected", "czloapi_panic", "czloapi_panic"),
        ModelErrorKind.GATEWAY_FAILED,
    ),
    ("panic, one-api", error(500, "Panic detected", ONE), ModelErrorKind.GATEWAY_FAILED),
    (
        "context, code",
        error(400, "x", "", "context_length_exceeded"),
        ModelErrorKind.CONTEXT_TOO_LONG,
    ),
    (
        "context, Anthropic",
        error(400, "prompt is too long: 3 tokens > 2 maximum"),
        ModelErrorKind.CONTEXT_TOO_LONG,
    ),
    (
        "context, Ali",
        error(400, "Range of input length should be [1, 9]"),
        ModelErrorKind.CONTEXT_TOO_LONG,
    ),
    ("body too large", reply(413, HTML, content_type="text/html"), ModelErrorKind.CONTEXT_TOO_LONG),
    (
        "no such path",
        error(404, "Invalid URL (POST /x)", "invalid_request_error"),
        ModelErrorKind.ENDPOINT_MISSING,
    ),
    (
        "no such path, another server",
        reply(404, HTML, by_gateway=False),
        ModelErrorKind.ENDPOINT_MISSING,
    ),
    (
        "firewall",
        reply(403, HTML, content_type="text/html", by_gateway=False),
        ModelErrorKind.WAF_BLOCKED,
    ),
    (
        "firewall's JSON",
        error(403, "Your request was blocked.", by_gateway=False),
        ModelErrorKind.WAF_BLOCKED,
    ),
    (
        "browser check",
        reply(503, HTML, content_type="text/html", **{"cf-mitigated": "challenge"}),
        ModelErrorKind.WAF_BLOCKED,
    ),
    (
        "dead behind its proxy",
        reply(502, HTML, content_type="text/html"),
        ModelErrorKind.GATEWAY_UNREACHABLE,
    ),
    (
        "cut by the CDN",
        reply(524, HTML, content_type="text/html"),
        ModelErrorKind.GATEWAY_TIMEOUT_FIRST,
    ),
    ("moved to https", reply(301, by_gateway=False), ModelErrorKind.ENDPOINT_MISSING),
    ("an odd body", reply(500, b"[1]"), ModelErrorKind.UPSTREAM_FAILED),
    ("an error that is a text", reply(500, {"error": "oops"}), ModelErrorKind.UPSTREAM_FAILED),
]

# What a stream can do to the openai client: exceptions, silence, or nothing at all.
BROKEN_STREAMS: list[tuple[str, Script, ModelErrorKind]] = [
    ("no byte in time", pings(b"", every=9), ModelErrorKind.GATEWAY_TIMEOUT_FIRST),
    ("a head without end", trickling_head(0.02), ModelErrorKind.GATEWAY_TIMEOUT_FIRST),
    ("closed before headers", hang_up, ModelErrorKind.GATEWAY_UNREACHABLE),
    ("cut before the first event", stream(cut=True), ModelErrorKind.STREAM_BROKEN),
    ("reset before the first event", stream(reset=True), ModelErrorKind.STREAM_BROKEN),
    ("a clean end with nothing", stream(), ModelErrorKind.STREAM_BROKEN),
    ("nothing but the end", stream(DONE), ModelErrorKind.EMPTY_ANSWER),
    ("an end without a word", stream(delta(finish="stop"), DONE), ModelErrorKind.EMPTY_ANSWER),
    (
        "thoughts without a word",
        stream(delta(reasoning="x", finish="stop"), DONE),
        ModelErrorKind.EMPTY_ANSWER,
    ),
    ("the last event unfinished", until_closed(delta("x")[:-9]), ModelErrorKind.STREAM_BROKEN),
    (
        "an error event",
        stream(event({"error": {"message": "x", "code": ""}})),
        ModelErrorKind.UPSTREAM_FAILED,
    ),
    ("an error text", stream(event({"error": "boom"})), ModelErrorKind.UPSTREAM_FAILED),
    (
        "a named error event",
        stream(b"event: error\n" + event({"message": "该令牌额度已用尽", "code": 1})),
        ModelErrorKind.KEY_EXHAUSTED,
    ),
    (
        "an error with a status",
        stream(event({"error": {"message": "x", "code": 429}})),
        ModelErrorKind.GATEWAY_RATE_LIMITED,
    ),
    (
        "an error of context",
        stream(event({"error": {"code": "context_length_exceeded"}})),
        ModelErrorKind.CONTEXT_TOO_LONG,
    ),
    ("CZL's break", stream(event(b"unexpected EOF")), ModelErrorKind.STREAM_BROKEN),
    ("truncated JSON", stream(event(b'{"choices": [')), ModelErrorKind.STREAM_BROKEN),
    (
        "bytes that are no UTF-8",
        stream(event(b'{"choices": "\xff"}')),
        ModelErrorKind.STREAM_BROKEN,
    ),
    ("an id and a blank line", stream(b"id: 7\n\n\n\n"), ModelErrorKind.STREAM_BROKEN),
    (
        "HTML",
        reply(200, HTML, content_type="text/html; charset=utf-8"),
        ModelErrorKind.NOT_A_GATEWAY,
    ),
    (
        "JSON of another kind",
        reply(200, {"success": False, "message": "x"}),
        ModelErrorKind.NOT_A_GATEWAY,
    ),
    ("JSON cut short", reply(200, b'{"choices": ['), ModelErrorKind.STREAM_BROKEN),
    ("an empty body", reply(200), ModelErrorKind.NOT_A_GATEWAY),
    (
        "an error behind a heartbeat",
        reply(
            200,
            b"\n\n"
            + b'{"error": {"message": "Key\xe9\xa2\x9d\xe5\xba\xa6\xe4\xb8\x8d\xe8\xb6\xb3"}}',
        ),
        ModelErrorKind.KEY_QUOTA_TOO_SMALL,
    ),
]


@pytest.mark.parametrize(
    ("name", "script", "kind"), ERROR_BODIES, ids=[row[0] for row in ERROR_BODIES]
)
def test_each_refusal_has_its_kind(
    ask: Callable[..., list[StreamEvent]],
    server: FaultServer,
    name: str,
    script: Script,
    kind: ModelErrorKind,
) -> None:
    server.will(script)

    with pytest.raises(ModelError) as caught:
        ask()

    assert caught.value.kind == kind
    assert "sk-1234567890" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "script", "kind"), BROKEN_STREAMS, ids=[row[0] for row in BROKEN_STREAMS]
)
def test_each_broken_stream_has_its_kind(
    ask: Callable[..., list[StreamEvent]],
    server: FaultServer,
    name: str,
    script: Script,
    kind: ModelErrorKind,
) -> None:
    server.will(script)

    with pytest.raises(ModelError) as caught:
        ask(first_token_timeout=0.1 if kind == ModelErrorKind.GATEWAY_TIMEOUT_FIRST else 10)

    assert caught.value.kind == kind


def test_the_gateways_request_id_is_kept(
    ask: Callable[..., list[StreamEvent]], server: FaultServer
) -> None:
    for script in (error(400, "x"), stream(event(b"unexpected EOF")), reply(200, HTML)):
        server.will(script)

        with pytest.raises(ModelError) as caught:
            ask()

        assert caught.value.request_id == "req-1"


def test_a_refused_connection_is_an_unreachable_gateway(
    ask: Callable[..., list[StreamEvent]],
) -> None:
    with pytest.raises(ModelError) as caught:
        ask(api_url="http://127.0.0.1:1")

    assert caught.value.kind == ModelErrorKind.GATEWAY_UNREACHABLE


def test_an_address_without_scheme_is_a_wrong_address(
    ask: Callable[..., list[StreamEvent]],
) -> None:
    with pytest.raises(ModelError) as caught:
        ask(api_url="oapi.example")

    assert caught.value.kind == ModelErrorKind.ENDPOINT_MISSING


def test_a_proxy_that_refuses_is_told_from_a_gateway_that_does(
    ask: Callable[..., list[StreamEvent]],
) -> None:
    with pytest.raises(ModelError) as caught:
        ask(api_url="http://gateway.test", proxy="http://127.0.0.1:1")

    assert caught.value.kind == ModelErrorKind.PROXY_FAILED


def test_a_proxy_of_an_unknown_sort_is_told(ask: Callable[..., list[StreamEvent]]) -> None:
    with pytest.raises(ModelError) as caught:
        ask(api_url="http://gateway.test", proxy="ftp://127.0.0.1:1")

    assert caught.value.kind == ModelErrorKind.PROXY_FAILED
