"""Each way in which the gateways of the one-api family refuse or fail, and what it is called."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feishu_bot.core.models import Piece
from feishu_bot.errors import ModelError
from feishu_bot.llm.kinds import Kind

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
    until_closed,
)

CZL, ONE, NEW = "czloapi_error", "one_api_error", "new_api_error"
ID = " (request id: 20261122)"
HTML = b"<!doctype html><html><body>Just a page</body></html>"

ERROR_BODIES: list[tuple[str, Script, Kind]] = [
    ("key unknown, CZL", error(401, "无效的令牌" + ID, CZL), Kind.KEY_REFUSED),
    ("key unknown, CZL's other word", error(401, "无效的Key" + ID, CZL), Kind.KEY_REFUSED),
    ("no key, one-api", error(401, "未提供令牌" + ID, ONE), Kind.KEY_REFUSED),
    ("key unknown, new-api", error(401, "Invalid token" + ID, NEW), Kind.KEY_REFUSED),
    ("key expired, CZL", error(401, "Key已过期" + ID, CZL), Kind.KEY_EXPIRED),
    ("key expired, one-api", error(401, "该令牌已过期" + ID, ONE), Kind.KEY_EXPIRED),
    ("key expired, new-api", error(401, "token expired" + ID, NEW), Kind.KEY_EXPIRED),
    ("key disabled, CZL", error(401, "Key状态不可用" + ID, CZL), Kind.KEY_DISABLED),
    ("key disabled, one-api", error(401, "该令牌状态不可用" + ID, ONE), Kind.KEY_DISABLED),
    ("key used up, CZL", error(401, "Key额度已用尽" + ID, CZL), Kind.KEY_EXHAUSTED),
    ("key used up, one-api", error(401, "令牌 x（#7）额度已用尽" + ID, ONE), Kind.KEY_EXHAUSTED),
    ("key used up, new-api", error(401, "[x] 该令牌额度已用尽 !" + ID, NEW), Kind.KEY_EXHAUSTED),
    (
        "too little on the key, CZL",
        error(403, "Key额度不足", CZL, "pre_consume_token_quota_failed"),
        Kind.KEY_QUOTA_TOO_SMALL,
    ),
    (
        "too little on the key, one-api",
        error(403, "令牌额度不足", ONE, "pre_consume_token_quota_failed"),
        Kind.KEY_QUOTA_TOO_SMALL,
    ),
    (
        "account empty, CZL",
        error(402, "user quota is not enough", CZL, "insufficient_user_quota"),
        Kind.ACCOUNT_EMPTY,
    ),
    (
        "account empty, one-api",
        error(403, "user quota is not enough", ONE, "insufficient_user_quota"),
        Kind.ACCOUNT_EMPTY,
    ),
    ("account empty, new-api", error(403, "预扣费额度失败, 用户剩余", NEW), Kind.ACCOUNT_EMPTY),
    (
        "account empty, a maker's own API",
        error(402, "Insufficient Balance", "unknown_error", by_gateway=False),
        Kind.ACCOUNT_EMPTY,
    ),
    ("address, CZL", error(403, "IP 192.0.2.1 is not allowed to access", CZL), Kind.IP_REFUSED),
    ("address, one-api", error(403, "该令牌只能在指定网段使用: x", ONE), Kind.IP_REFUSED),
    ("account banned", error(403, "用户已被封禁", ONE), Kind.ACCOUNT_BANNED),
    (
        "model not on the key's list, CZL",
        reply(
            404,
            {"error": {"message": "Model x is not supported for current token"}},
            content_type="text/plain",
        ),
        Kind.MODEL_NOT_ALLOWED,
    ),
    (
        "model not on the key's list, one-api",
        error(403, "该令牌无权使用模型：x", ONE),
        Kind.MODEL_NOT_ALLOWED,
    ),
    (
        "no channel, CZL",
        error(503, "当前分组 G 下对于模型 M 无可用渠道", CZL, "one_hub_error"),
        Kind.MODEL_UNAVAILABLE,
    ),
    (
        "no channel, one-api",
        error(503, "当前分组 G 下对于模型 M 无可用渠道", ONE),
        Kind.MODEL_UNAVAILABLE,
    ),
    (
        "no channel, new-api",
        error(503, "No channel", NEW, "model_not_found"),
        Kind.MODEL_UNAVAILABLE,
    ),
    (
        "model unknown to the upstream",
        error(404, "The model `x` does not exist", "invalid_request_error"),
        Kind.MODEL_UNAVAILABLE,
    ),
    ("group missing, CZL", error(403, "分组 vip 不存在", CZL), Kind.GROUP_MISSING),
    ("group missing, CZL's other status", error(503, "分组不存在", CZL), Kind.GROUP_MISSING),
    (
        "too often, CZL",
        error(429, "您的速率达到上限，请稍后再试。", CZL),
        Kind.GATEWAY_RATE_LIMITED,
    ),
    ("too often, new-api", error(429, "您已达到总请求数限制", NEW), Kind.GATEWAY_RATE_LIMITED),
    ("too often, the web limiter", reply(429), Kind.GATEWAY_RATE_LIMITED),
    ("saturated", error(429, "当前分组上游负载已饱和，请稍后再试", ONE), Kind.GATEWAY_BUSY),
    ("saturated after tries", error(429, "重试超时，上游负载已饱和", CZL), Kind.GATEWAY_BUSY),
    (
        "the upstream's limit",
        error(429, "Rate limit reached for x", "tokens", "rate_limit_exceeded"),
        Kind.GATEWAY_BUSY,
    ),
    (
        "the upstream has no money",
        error(429, "You exceeded your quota", "insufficient_quota", "insufficient_quota"),
        Kind.UPSTREAM_FAILED,
    ),
    ("overloaded", error(529, "Overloaded", "overloaded_error"), Kind.GATEWAY_BUSY),
    (
        "the upstream's error",
        error(500, "Provider API error: oops", "server_error"),
        Kind.UPSTREAM_FAILED,
    ),
    (
        "the upstream refuses the gateway's key",
        error(
            401,
            "Provider API error: Incorrect API key provided: sk-1234567890abcdefghij",
            "invalid_request_error",
            "invalid_api_key",
        ),
        Kind.UPSTREAM_KEY_REFUSED,
    ),
    (
        "a maker refuses our key",
        error(401, "Incorrect API key", "invalid_request_error", by_gateway=False),
        Kind.KEY_REFUSED,
    ),
    (
        "the upstream's error, not JSON",
        error(502, "bad response status code 502", "upstream_error", "bad_response_status_code"),
        Kind.UPSTREAM_FAILED,
    ),
    (
        "the upstream's refusal, not JSON",
        error(403, "bad response status code 403", "upstream_error", "bad_response_status_code"),
        Kind.UPSTREAM_KEY_REFUSED,
    ),
    (
        "upstream unreachable, CZL",
        error(500, "请求上游地址失败", CZL, "http_request_failed"),
        Kind.UPSTREAM_FAILED,
    ),
    (
        "upstream unreachable, one-api",
        error(500, "dial tcp", ONE, "do_request_failed"),
        Kind.UPSTREAM_FAILED,
    ),
    (
        "bad body, CZL",
        error(400, "field messages is required", CZL, "one_hub_error"),
        Kind.BAD_REQUEST,
    ),
    ("bad body, one-api", error(400, "x", ONE, "invalid_text_request"), Kind.BAD_REQUEST),
    (
        "the site's filter, CZL",
        error(400, "内容安全检查未通过", CZL, "checker"),
        Kind.CONTENT_FILTERED,
    ),
    (
        "the site's filter, new-api",
        error(500, "x", NEW, "sensitive_words_detected"),
        Kind.CONTENT_FILTERED,
    ),
    ("the upstream's filter", error(400, "x", "", "content_filter"), Kind.CONTENT_FILTERED),
    ("Ali's filter", error(400, "x", "", "data_inspection_failed"), Kind.CONTENT_FILTERED),
    (
        "channel without chat, CZL",
        error(503, "channel not implemented", CZL, "channel_error"),
        Kind.MODEL_NOT_CHAT,
    ),
    ("channel without chat, one-api", error(501, "API not implemented", ONE), Kind.MODEL_NOT_CHAT),
    ("channel without chat, 404", error(404, "This is not a chat model"), Kind.MODEL_NOT_CHAT),
    (
        "panic, CZL",
        error(500, "Panic detected", "czloapi_panic", "czloapi_panic"),
        Kind.GATEWAY_FAILED,
    ),
    ("panic, one-api", error(500, "Panic detected", ONE), Kind.GATEWAY_FAILED),
    ("context, code", error(400, "x", "", "context_length_exceeded"), Kind.CONTEXT_TOO_LONG),
    (
        "context, Anthropic",
        error(400, "prompt is too long: 3 tokens > 2 maximum"),
        Kind.CONTEXT_TOO_LONG,
    ),
    ("context, Ali", error(400, "Range of input length should be [1, 9]"), Kind.CONTEXT_TOO_LONG),
    ("body too large", reply(413, HTML, content_type="text/html"), Kind.CONTEXT_TOO_LONG),
    (
        "no such path",
        error(404, "Invalid URL (POST /x)", "invalid_request_error"),
        Kind.ENDPOINT_MISSING,
    ),
    ("no such path, another server", reply(404, HTML, by_gateway=False), Kind.ENDPOINT_MISSING),
    ("firewall", reply(403, HTML, content_type="text/html", by_gateway=False), Kind.WAF_BLOCKED),
    (
        "firewall's JSON",
        error(403, "Your request was blocked.", by_gateway=False),
        Kind.WAF_BLOCKED,
    ),
    (
        "browser check",
        reply(503, HTML, content_type="text/html", **{"cf-mitigated": "challenge"}),
        Kind.WAF_BLOCKED,
    ),
    ("dead behind its proxy", reply(502, HTML, content_type="text/html"), Kind.GATEWAY_UNREACHABLE),
    ("cut by the CDN", reply(524, HTML, content_type="text/html"), Kind.GATEWAY_TIMEOUT_FIRST),
    ("moved to https", reply(301, by_gateway=False), Kind.ENDPOINT_MISSING),
    ("an odd body", reply(500, b"[1]"), Kind.UPSTREAM_FAILED),
    ("an error that is a text", reply(500, {"error": "oops"}), Kind.UPSTREAM_FAILED),
]

# What a stream can do to the openai client: exceptions, silence, or nothing at all.
BROKEN_STREAMS: list[tuple[str, Script, Kind]] = [
    ("no byte in time", pings(b"", every=9), Kind.GATEWAY_TIMEOUT_FIRST),
    ("closed before headers", hang_up, Kind.GATEWAY_UNREACHABLE),
    ("cut before the first event", stream(cut=True), Kind.STREAM_BROKEN),
    ("reset before the first event", stream(reset=True), Kind.STREAM_BROKEN),
    ("a clean end with nothing", stream(), Kind.EMPTY_ANSWER),
    ("nothing but the end", stream(DONE), Kind.EMPTY_ANSWER),
    ("an end without a word", stream(delta(finish="stop"), DONE), Kind.EMPTY_ANSWER),
    (
        "thoughts without a word",
        stream(delta(reasoning="x", finish="stop"), DONE),
        Kind.EMPTY_ANSWER,
    ),
    ("the last event unfinished", until_closed(delta("x")[:-2]), Kind.EMPTY_ANSWER),
    (
        "an error event",
        stream(event({"error": {"message": "x", "code": ""}})),
        Kind.UPSTREAM_FAILED,
    ),
    ("an error text", stream(event({"error": "boom"})), Kind.UPSTREAM_FAILED),
    (
        "a named error event",
        stream(b"event: error\n" + event({"message": "该令牌额度已用尽", "code": 1})),
        Kind.KEY_EXHAUSTED,
    ),
    (
        "an error with a status",
        stream(event({"error": {"message": "x", "code": 429}})),
        Kind.GATEWAY_RATE_LIMITED,
    ),
    (
        "an error of context",
        stream(event({"error": {"code": "context_length_exceeded"}})),
        Kind.CONTEXT_TOO_LONG,
    ),
    ("CZL's break", stream(event(b"unexpected EOF")), Kind.STREAM_BROKEN),
    ("truncated JSON", stream(event(b'{"choices": [')), Kind.STREAM_BROKEN),
    ("bytes that are no UTF-8", stream(event(b'{"choices": "\xff"}')), Kind.STREAM_BROKEN),
    ("an id and a blank line", stream(b"id: 7\n\n\n\n"), Kind.STREAM_BROKEN),
    ("HTML", reply(200, HTML, content_type="text/html; charset=utf-8"), Kind.NOT_A_GATEWAY),
    ("JSON of another kind", reply(200, {"success": False, "message": "x"}), Kind.NOT_A_GATEWAY),
    ("JSON cut short", reply(200, b'{"choices": ['), Kind.STREAM_BROKEN),
    ("an empty body", reply(200), Kind.NOT_A_GATEWAY),
    (
        "an error behind a heartbeat",
        reply(
            200,
            b"\n\n"
            + b'{"error": {"message": "Key\xe9\xa2\x9d\xe5\xba\xa6\xe4\xb8\x8d\xe8\xb6\xb3"}}',
        ),
        Kind.KEY_QUOTA_TOO_SMALL,
    ),
]


@pytest.mark.parametrize(
    ("name", "script", "kind"), ERROR_BODIES, ids=[row[0] for row in ERROR_BODIES]
)
def test_each_refusal_has_its_kind(
    ask: Callable[..., list[Piece]], server: FaultServer, name: str, script: Script, kind: Kind
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
    ask: Callable[..., list[Piece]], server: FaultServer, name: str, script: Script, kind: Kind
) -> None:
    server.will(script)

    with pytest.raises(ModelError) as caught:
        ask(first_token_timeout=0.1 if kind == Kind.GATEWAY_TIMEOUT_FIRST else 10)

    assert caught.value.kind == kind


def test_the_gateways_request_id_is_kept(
    ask: Callable[..., list[Piece]], server: FaultServer
) -> None:
    for script in (error(400, "x"), stream(event(b"unexpected EOF")), reply(200, HTML)):
        server.will(script)

        with pytest.raises(ModelError) as caught:
            ask()

        assert caught.value.request_id == "req-1"


def test_a_refused_connection_is_an_unreachable_gateway(ask: Callable[..., list[Piece]]) -> None:
    with pytest.raises(ModelError) as caught:
        ask(api_url="http://127.0.0.1:1")

    assert caught.value.kind == Kind.GATEWAY_UNREACHABLE
    assert caught.value.retryable


def test_an_address_without_scheme_is_a_wrong_address(ask: Callable[..., list[Piece]]) -> None:
    with pytest.raises(ModelError) as caught:
        ask(api_url="oapi.example")

    assert caught.value.kind == Kind.ENDPOINT_MISSING


def test_a_proxy_that_refuses_is_told_from_a_gateway_that_does(
    ask: Callable[..., list[Piece]],
) -> None:
    with pytest.raises(ModelError) as caught:
        ask(api_url="http://gateway.test", proxy="http://127.0.0.1:1")

    assert caught.value.kind == Kind.PROXY_FAILED


def test_a_proxy_of_an_unknown_sort_is_told(ask: Callable[..., list[Piece]]) -> None:
    with pytest.raises(ModelError) as caught:
        ask(api_url="http://gateway.test", proxy="ftp://127.0.0.1:1")

    assert caught.value.kind == Kind.PROXY_FAILED
