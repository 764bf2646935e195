"""Scripts for everything a gateway is known to do wrong, named by the case.

Codes and texts are those of the CZL fork of one-hub; `dialect="one-api"` gives one-api's where they
differ.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from feishu_simulator.script import PING, Piece, Script, tokens

Dialect = Literal["czl", "one-api"]

_NAME = {"czl": "czloapi_error", "one-api": "one_api_error"}


def failure(
    status: int,
    message: str,
    *,
    type: str = "czloapi_error",
    code: str = "",
    param: str = "",
    mime: str = "application/json; charset=utf-8",
    first: float | None = None,
) -> Script:
    """An error in the gateways' envelope; the request id is filled in when it is sent."""
    error: dict[str, Any] = {"message": f"{message} (request id: {{request_id}})", "type": type}
    if param:
        error["param"] = param
    if code:
        error["code"] = code
    return Script.answer(status, {"error": error}, mime=mime, first=first)


def _own(
    dialect: Dialect, czl: tuple[int, str], one_api: tuple[int, str], code: str = ""
) -> Script:
    status, message = czl if dialect == "czl" else one_api
    return failure(status, message, type=_NAME[dialect], code=code)


def invalid_key(dialect: Dialect = "czl") -> Script:
    return _own(dialect, (401, "无效的令牌"), (401, "无效的令牌"))


def expired_key(dialect: Dialect = "czl") -> Script:
    return _own(dialect, (401, "Key已过期"), (401, "该令牌已过期"))


def disabled_key(dialect: Dialect = "czl") -> Script:
    return _own(dialect, (401, "Key状态不可用"), (401, "该令牌状态不可用"))


def exhausted_key(dialect: Dialect = "czl") -> Script:
    return _own(dialect, (401, "Key额度已用尽"), (401, "该令牌额度已用尽"))


def key_quota_too_small(dialect: Dialect = "czl") -> Script:
    code = "pre_consume_token_quota_failed"
    return _own(dialect, (403, "Key额度不足"), (403, "令牌额度不足"), code)


def account_out_of_money(dialect: Dialect = "czl") -> Script:
    message = "user quota is not enough"
    return _own(dialect, (402, message), (403, message), "insufficient_user_quota")


def address_not_allowed(dialect: Dialect = "czl") -> Script:
    czl = 403, "IP 127.0.0.1 is not allowed to access"
    return _own(dialect, czl, (403, "该令牌只能在指定网段使用"))


def user_banned(dialect: Dialect = "czl") -> Script:
    return _own(dialect, (401, "无效的令牌"), (403, "用户已被封禁"))


def model_not_allowed(dialect: Dialect = "czl", model: str = "m") -> Script:
    """The CZL fork sends JSON labelled text/plain with 404 here."""
    if dialect == "one-api":
        return failure(403, f"该令牌无权使用模型：{model}", type="one_api_error")
    message = f"Model {model} is not supported for current token"
    return failure(404, message, code="one_hub_error", mime="text/plain; charset=utf-8")


def no_channel(dialect: Dialect = "czl", model: str = "m") -> Script:
    """Unknown model, or no upstream for it: permanent until an admin acts."""
    message = f"当前分组 default 下对于模型 {model} 无可用渠道"
    code = "one_hub_error" if dialect == "czl" else ""
    return failure(503, message, type=_NAME[dialect], code=code)


def group_missing() -> Script:
    return failure(403, "分组 default 不存在")


def rate_limited() -> Script:
    """The limit of a user; neither one-hub nor its fork nor one-api sends Retry-After."""
    return failure(429, "您的速率达到上限，请稍后再试。")


def overloaded(dialect: Dialect = "czl") -> Script:
    return failure(429, "当前分组上游负载已饱和，请稍后再试", type=_NAME[dialect])


def retries_used_up() -> Script:
    return failure(429, "重试超时，上游负载已饱和")


def upstream_error(
    status: int = 400,
    message: str = "Invalid value",
    code: str = "invalid_value",
    *,
    type: str = "invalid_request_error",
    param: str = "",
    dialect: Dialect = "czl",
) -> Script:
    """The upstream's error: its status and code; on CZL the message has a prefix."""
    prefix = "Provider API error: " if dialect == "czl" else ""
    return failure(status, f"{prefix}{message}", type=type, code=code, param=param)


def upstream_key_invalid() -> Script:
    """A 401 about the gateway's own key: the type is the upstream's."""
    return upstream_error(401, "Incorrect API key provided", "invalid_api_key")


def context_too_long(limit: int = 4097, used: int = 5000) -> Script:
    message = (
        f"This model's maximum context length is {limit} tokens. However, your messages "
        f"resulted in {used} tokens. Please reduce the length of the messages."
    )
    return upstream_error(400, message, "context_length_exceeded", param="messages")


def content_filtered(code: str = "content_filter") -> Script:
    message = "The response was filtered due to the prompt triggering the content policy."
    return upstream_error(400, message, code)


def upstream_unreadable(status: int = 502) -> Script:
    return failure(
        status,
        f"bad response status code {status}",
        type="upstream_error",
        code="bad_response_status_code",
        param=str(status),
    )


def upstream_unreachable(dialect: Dialect = "czl") -> Script:
    if dialect == "one-api":
        return failure(500, "dial tcp: i/o timeout", type="one_api_error", code="do_request_failed")
    return failure(500, "请求上游地址失败", code="http_request_failed")


def bad_request(dialect: Dialect = "czl") -> Script:
    code = "one_hub_error" if dialect == "czl" else "invalid_text_request"
    return failure(400, "field messages is required", type=_NAME[dialect], code=code)


def site_filter() -> Script:
    return failure(400, "sensitive words detected", code="sensitive_words_detected")


def endpoint_not_offered(dialect: Dialect = "czl") -> Script:
    if dialect == "one-api":
        return failure(501, "API not implemented", type="one_api_error", code="api_not_implemented")
    return failure(503, "channel not implemented", code="channel_error")


def panicked(dialect: Dialect = "czl") -> Script:
    kind = "czloapi_panic" if dialect == "czl" else "one_api_panic"
    return failure(500, "Panic detected", type=kind)


def option_unknown(option: str = "stream_options") -> Script:
    """An upstream too old for an option."""
    return upstream_error(400, f"Unrecognized request argument supplied: {option}", "")


def heartbeat_error(newlines: int = 3) -> Script:
    """Heartbeat without a stream: the 200 comes first, then the error in the body."""
    body = json.dumps({"error": {"message": "upstream failed", "type": "upstream_error"}})
    return Script.answer(200, "\n" * newlines + body, mime="application/json")


def hang_up_before_headers() -> Script:
    return Script(opening="hang_up")


def silent_before_headers() -> Script:
    return Script(opening="silence")


def silent_after_headers() -> Script:
    return Script(ending="silence", finish_reason=None, first=0.0)


def silent_after(text: str) -> Script:
    """Silence without end after some text."""
    return Script.text(text, ending="silence", finish_reason=None)


def cut_inside_a_chunk(text: str = "Half an", *, reset: bool = False) -> Script:
    """The connection is closed in the middle of a chunk."""
    return Script.text(text, ending="reset" if reset else "cut", finish_reason=None)


def ended_without_done(text: str = "Half an", *, finish_reason: str | None = None) -> Script:
    """The body ends cleanly without [DONE]; the openai package takes it for the normal end."""
    return Script.text(text, ending="no_done", finish_reason=finish_reason)


def truncated_but_done(text: str = "Half an") -> Script:
    """A broken upstream as the gateways hide it: [DONE] without a finish_reason."""
    return Script.text(text, finish_reason=None)


def half_event(text: str = "Half an") -> Script:
    """The last event lacks the empty line after it, so it is lost."""
    return Script.raw(
        b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"lost"}}]}', after=text
    )


def upstream_broke(text: str = "Half an", error: str = "unexpected EOF") -> Script:
    """Go's error text as the data of an event, which is not JSON."""
    return Script.raw(f"data: {error}\n\n".encode(), after=text)


def truncated_json(text: str = "Half an") -> Script:
    return Script.raw(b'data: {"id":"x","choices":[{"ind\n\n', after=text)


def invalid_utf8(text: str = "Half an") -> Script:
    line = b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"\xff\xfe"}}]}\n\n'
    return Script.raw(line, after=text)


def error_event(text: str = "", message: str = "upstream failed", code: str = "") -> Script:
    """An error in an open stream: an event, then a bare JSON line, and no [DONE]."""
    error = {"error": {"message": message, "type": "upstream_error", "code": code}}
    trailer = {"error": {"message": message, "type": "czloapi_error", "code": "stream_error"}}
    event, bare = json.dumps(error).encode(), json.dumps(trailer).encode()
    return Script.raw(b"data: " + event + b"\n\n", bare, after=text)


def error_text_event(text: str = "") -> Script:
    return Script.raw(b'data: {"error":"upstream failed"}\n\n', after=text)


def named_error_event(text: str = "") -> Script:
    """`event: error` whose data has no `error`: the openai package yields it as a chunk."""
    return Script.raw(b'event: error\ndata: {"message":"upstream failed"}\n\n', after=text)


def choices_null(text: str) -> Script:
    """A good answer after a chunk whose choices are null."""
    odd = Piece(raw=b'data: {"id":"x","object":"chat.completion.chunk","choices":null}\n\n')
    return Script(pieces=(odd, *map(Piece, tokens(text))))


def pinged(text: str, pings: int = 3, ping: bytes = PING) -> Script:
    """Comments before and between the chunks; b"::PING\\n\\n" is the CZL fork's own."""
    head = (Piece(raw=ping),) * pings
    pieces = [part for token in tokens(text) for part in (Piece(token), Piece(raw=ping))]
    return Script(pieces=(*head, *pieces))


def html_page(status: int = 200) -> Script:
    """The answer of a wrong base_url (200), a proxy (502) or a firewall (403)."""
    page = "<!doctype html><html><body><h1>CZLOapi</h1></body></html>"
    return Script.answer(status, page, mime="text/html; charset=utf-8")


def json_instead_of_stream() -> Script:
    """200 with a JSON error in place of a stream: the openai package yields nothing."""
    error = {"error": {"message": "upstream failed", "type": "upstream_error"}}
    return Script.answer(200, error)


def empty_body(status: int = 429) -> Script:
    return Script.answer(status, b"", mime="text/plain")


def empty_stream() -> Script:
    """A stream with nothing but [DONE]."""
    return Script(finish_reason=None)


def filtered_at_the_end(text: str = "Half an") -> Script:
    return Script.text(text, finish_reason="content_filter")


def out_of_length(text: str = "Half an") -> Script:
    return Script.text(text, finish_reason="length")
