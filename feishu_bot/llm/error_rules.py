"""The rules that tell from an error body which kind of failure it is.

The texts looked for are those of the gateways in use: the operator's fork of one-hub (CZL),
one-api and new-api. None of them keeps a stable code for every case, so a text decides where
there is no code, and what matches no text falls back on the HTTP status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from feishu_bot.llm.error_body import ErrorBody
from feishu_bot.llm.error_kinds import ModelErrorKind

# The gateway could not read the upstream's own error.
UNREADABLE_CODE = "bad_response_status_code"


def kind_of(body: ErrorBody) -> ModelErrorKind:
    """The kind of an error body; the table in tests/llm/test_llm_failures.py shows each case."""
    for kind, codes, pattern in _BY_CODE_OR_TEXT:
        if {body.code, body.type} & codes or (pattern and pattern.search(body.message)):
            return kind
    if body.challenged:
        return ModelErrorKind.WAF_BLOCKED
    rule = _BY_STATUS.get(body.status) or _BY_CLASS.get(body.status // 100, _other)
    return rule(body)


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# In this order: the first row with the code, or with a text that is found, decides. These hold
# with any status: after a heartbeat, every error comes with status 200.
_BY_CODE_OR_TEXT: tuple[tuple[ModelErrorKind, frozenset[str], re.Pattern[str] | None], ...] = (
    (
        ModelErrorKind.CONTEXT_TOO_LONG,
        frozenset({"context_length_exceeded"}),
        _any_of(
            r"context.?length",
            r"context.?window",
            "maximum context",
            "prompt is too long",
            "too many tokens",
            "tokens? exceed",
            "exceed context limit",
            "token count.{0,40}exceeds",
            "range of input length",
        ),
    ),
    (
        ModelErrorKind.CONTENT_FILTERED,
        frozenset(
            {
                "content_filter",
                "content_policy_violation",
                "data_inspection_failed",
                "sensitive_words_detected",
                "prompt_blocked",
            }
        ),
        _any_of(
            "敏感词",
            "sensitive words",
            "content management policy",
            "内容安全",
            "inappropriate content",
        ),
    ),
    (
        ModelErrorKind.KEY_QUOTA_TOO_SMALL,
        frozenset({"pre_consume_token_quota_failed"}),
        _any_of("Key额度不足", "令牌额度不足"),
    ),
    (
        ModelErrorKind.ACCOUNT_EMPTY,
        frozenset({"insufficient_user_quota"}),
        _any_of("user quota is not enough", "用户额度不足", "预扣费额度失败"),
    ),
    (ModelErrorKind.KEY_EXHAUSTED, frozenset(), _any_of("额度已用尽", "额度已耗尽")),
    (ModelErrorKind.KEY_EXPIRED, frozenset(), _any_of("(Key|令牌)已过期")),
    (ModelErrorKind.KEY_DISABLED, frozenset(), _any_of("(Key|令牌)状态不可用")),
    (ModelErrorKind.KEY_REFUSED, frozenset(), _any_of("无效的(令牌|Key)", "未提供令牌")),
    (ModelErrorKind.ACCOUNT_BANNED, frozenset(), _any_of("用户已被封禁")),
    (
        ModelErrorKind.IP_REFUSED,
        frozenset(),
        _any_of("IP .{1,60} is not allowed to access", "指定网段"),
    ),
    (
        ModelErrorKind.MODEL_NOT_ALLOWED,
        frozenset(),
        _any_of("is not supported for current token", "令牌无权(使用|访问)模型"),
    ),
    (ModelErrorKind.GROUP_MISSING, frozenset(), _any_of(r"分组 ?\S* ?不存在")),
    (
        ModelErrorKind.MODEL_NOT_CHAT,
        frozenset({"channel_error", "api_not_implemented"}),
        _any_of("channel not implemented", "not a chat model"),
    ),
    (
        ModelErrorKind.MODEL_UNAVAILABLE,
        frozenset({"model_not_found"}),
        _any_of(
            "无可用渠道",
            "no available channel",
            r"model .{0,100}(does not exist|not exist|not found)",
        ),
    ),
    (ModelErrorKind.GATEWAY_BUSY, frozenset(), _any_of("负载已饱和", "overloaded")),
    (ModelErrorKind.GATEWAY_RATE_LIMITED, frozenset(), _any_of("速率达到上限", "总请求数限制")),
    (
        ModelErrorKind.UPSTREAM_FAILED,
        frozenset({"http_request_failed", "do_request_failed"}),
        _any_of("请求上游地址失败"),
    ),
    (
        ModelErrorKind.GATEWAY_FAILED,
        frozenset({"czloapi_panic", "one_api_panic", "new_api_panic"}),
        None,
    ),
    (ModelErrorKind.WAF_BLOCKED, frozenset(), _any_of("request was blocked")),
    (ModelErrorKind.ENDPOINT_MISSING, frozenset(), _any_of(r"^Invalid URL")),
)


def _always(kind: ModelErrorKind) -> Callable[[ErrorBody], ModelErrorKind]:
    return lambda body: kind


def _unless_upstream(kind: ModelErrorKind) -> Callable[[ErrorBody], ModelErrorKind]:
    return lambda body: ModelErrorKind.UPSTREAM_FAILED if body.upstream else kind


def _unauthorized(body: ErrorBody) -> ModelErrorKind:
    """A refusal of our key in unknown words; newest gateways give no reason at all."""
    if body.upstream:
        return ModelErrorKind.UPSTREAM_KEY_REFUSED
    if re.search(r"expired|过期", body.message, re.IGNORECASE):
        return ModelErrorKind.KEY_EXPIRED
    if re.search(r"disabled|禁用", body.message, re.IGNORECASE):
        return ModelErrorKind.KEY_DISABLED
    if re.search(r"exhausted|额度", body.message, re.IGNORECASE):
        return ModelErrorKind.KEY_EXHAUSTED
    return ModelErrorKind.KEY_REFUSED


def _forbidden(body: ErrorBody) -> ModelErrorKind:
    if not body.is_json:
        return ModelErrorKind.WAF_BLOCKED
    if body.code == UNREADABLE_CODE:
        return ModelErrorKind.UPSTREAM_KEY_REFUSED
    return ModelErrorKind.UPSTREAM_FAILED if body.upstream else ModelErrorKind.KEY_REFUSED


def _throttled(body: ErrorBody) -> ModelErrorKind:
    if body.code == "insufficient_quota":
        return _unless_upstream(ModelErrorKind.ACCOUNT_EMPTY)(body)
    # The limiter of the gateway's web API answers with an empty body.
    if body.upstream and body.message:
        return ModelErrorKind.GATEWAY_BUSY
    return ModelErrorKind.GATEWAY_RATE_LIMITED


def _client_error(body: ErrorBody) -> ModelErrorKind:
    unreadable = body.code == UNREADABLE_CODE
    return ModelErrorKind.UPSTREAM_FAILED if unreadable else ModelErrorKind.BAD_REQUEST


def _other(body: ErrorBody) -> ModelErrorKind:
    """An error of the server, or one inside a stream."""
    if body.type == "invalid_request_error":
        return ModelErrorKind.BAD_REQUEST
    if body.status >= 500 and not body.is_json:
        return ModelErrorKind.GATEWAY_UNREACHABLE
    return ModelErrorKind.GATEWAY_FAILED if body.own else ModelErrorKind.UPSTREAM_FAILED


_BY_STATUS: Mapping[int, Callable[[ErrorBody], ModelErrorKind]] = {
    401: _unauthorized,
    402: _unless_upstream(ModelErrorKind.ACCOUNT_EMPTY),
    403: _forbidden,
    404: _unless_upstream(ModelErrorKind.ENDPOINT_MISSING),
    405: _unless_upstream(ModelErrorKind.ENDPOINT_MISSING),
    408: _always(ModelErrorKind.GATEWAY_TIMEOUT_FIRST),
    413: _always(ModelErrorKind.CONTEXT_TOO_LONG),
    429: _throttled,
    501: _always(ModelErrorKind.MODEL_NOT_CHAT),
    504: _always(ModelErrorKind.GATEWAY_TIMEOUT_FIRST),
    524: _always(ModelErrorKind.GATEWAY_TIMEOUT_FIRST),
    529: _always(ModelErrorKind.GATEWAY_BUSY),
}
# By the first digit of any other status.
_BY_CLASS: Mapping[int, Callable[[ErrorBody], ModelErrorKind]] = {
    3: _always(ModelErrorKind.ENDPOINT_MISSING),
    4: _client_error,
}
