"""An error body of the gateway, and the kind of failure that it tells of.

The texts looked for are those of the gateways in use: the operator's fork of one-hub (CZL),
one-api and new-api. None of them keeps a stable code for every case, so a text decides where
there is no code, and what nobody knows falls back on the HTTP status.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from feishu_bot.llm.error_kinds import ModelErrorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """An error as the gateway put it. `status` is 0 for an error inside a stream.

    `by_gateway` says that the reply went through a gateway of the one-api family, all of which
    send X-Oneapi-Request-Id; `is_json` that the body was JSON.
    """

    status: int = 0
    code: str = ""
    type: str = ""
    message: str = ""
    by_gateway: bool = False
    is_json: bool = True
    challenged: bool = False

    @property
    def own(self) -> bool:
        """Whether the gateway itself complains, and not the upstream through it."""
        return bool(re.fullmatch(r"czloapi_error|one_hub_error|\w+_api_error", self.type))

    @property
    def upstream(self) -> bool:
        """Whether the complaint is an upstream's, handed through by the gateway."""
        if self.message.startswith("Provider API error") or self.type == "upstream_error":
            return True
        return self.by_gateway and not self.own


def kind_of(complaint: ErrorBody) -> ModelErrorKind:
    """The kind of an error body; the table in tests/llm/test_llm_failures.py shows each case."""
    text = complaint.message
    for kind, codes, pattern in _BY_CODE_OR_TEXT:
        if {complaint.code, complaint.type} & codes or (pattern and pattern.search(text)):
            return kind
    if complaint.challenged:
        return ModelErrorKind.WAF_BLOCKED
    match complaint.status:
        case status if 300 <= status < 400:
            return ModelErrorKind.ENDPOINT_MISSING
        case 401:
            return ModelErrorKind.UPSTREAM_KEY_REFUSED if complaint.upstream else _refusal(text)
        case 402:
            return (
                ModelErrorKind.UPSTREAM_FAILED
                if complaint.upstream
                else ModelErrorKind.ACCOUNT_EMPTY
            )
        case 403:
            return _forbidden(complaint)
        case 404 | 405:
            return (
                ModelErrorKind.UPSTREAM_FAILED
                if complaint.upstream
                else ModelErrorKind.ENDPOINT_MISSING
            )
        case 408 | 504 | 524:
            return ModelErrorKind.GATEWAY_TIMEOUT_FIRST
        case 413:
            return ModelErrorKind.CONTEXT_TOO_LONG
        case 429:
            return _throttled(complaint)
        case 501:
            return ModelErrorKind.MODEL_NOT_CHAT
        case 529:
            return ModelErrorKind.GATEWAY_BUSY
        case status if 400 <= status < 500:
            unreadable = complaint.code == "bad_response_status_code"
            return ModelErrorKind.UPSTREAM_FAILED if unreadable else ModelErrorKind.BAD_REQUEST
    if complaint.type == "invalid_request_error":
        return ModelErrorKind.BAD_REQUEST
    if complaint.status >= 500 and not complaint.is_json:
        return ModelErrorKind.GATEWAY_UNREACHABLE
    return ModelErrorKind.GATEWAY_FAILED if complaint.own else ModelErrorKind.UPSTREAM_FAILED


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# In this order: the first row with the code, or with a text that is found, decides. These hold
# with any status: behind a heartbeat, every error comes with status 200.
_BY_CODE_OR_TEXT: tuple[tuple[ModelErrorKind, frozenset[str], re.Pattern[str] | None], ...] = (
    (
        ModelErrorKind.CONTEXT_TOO_LONG,
        frozenset({"context_length_exceeded"}),
        _words(
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
        _words(
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
        _words("Key额度不足", "令牌额度不足"),
    ),
    (
        ModelErrorKind.ACCOUNT_EMPTY,
        frozenset({"insufficient_user_quota"}),
        _words("user quota is not enough", "用户额度不足", "预扣费额度失败"),
    ),
    (ModelErrorKind.KEY_EXHAUSTED, frozenset(), _words("额度已用尽", "额度已耗尽")),
    (ModelErrorKind.KEY_EXPIRED, frozenset(), _words("(Key|令牌)已过期")),
    (ModelErrorKind.KEY_DISABLED, frozenset(), _words("(Key|令牌)状态不可用")),
    (ModelErrorKind.KEY_REFUSED, frozenset(), _words("无效的(令牌|Key)", "未提供令牌")),
    (ModelErrorKind.ACCOUNT_BANNED, frozenset(), _words("用户已被封禁")),
    (
        ModelErrorKind.IP_REFUSED,
        frozenset(),
        _words("IP .{1,60} is not allowed to access", "指定网段"),
    ),
    (
        ModelErrorKind.MODEL_NOT_ALLOWED,
        frozenset(),
        _words("is not supported for current token", "令牌无权(使用|访问)模型"),
    ),
    (ModelErrorKind.GROUP_MISSING, frozenset(), _words(r"分组 ?\S* ?不存在")),
    (
        ModelErrorKind.MODEL_NOT_CHAT,
        frozenset({"channel_error", "api_not_implemented"}),
        _words("channel not implemented", "not a chat model"),
    ),
    (
        ModelErrorKind.MODEL_UNAVAILABLE,
        frozenset({"model_not_found"}),
        _words(
            "无可用渠道",
            "no available channel",
            r"model .{0,100}(does not exist|not exist|not found)",
        ),
    ),
    (ModelErrorKind.GATEWAY_BUSY, frozenset(), _words("负载已饱和", "overloaded")),
    (ModelErrorKind.GATEWAY_RATE_LIMITED, frozenset(), _words("速率达到上限", "总请求数限制")),
    (
        ModelErrorKind.UPSTREAM_FAILED,
        frozenset({"http_request_failed", "do_request_failed"}),
        _words("请求上游地址失败"),
    ),
    (
        ModelErrorKind.GATEWAY_FAILED,
        frozenset({"czloapi_panic", "one_api_panic", "new_api_panic"}),
        None,
    ),
    (ModelErrorKind.WAF_BLOCKED, frozenset(), _words("request was blocked")),
    (ModelErrorKind.ENDPOINT_MISSING, frozenset(), _words(r"^Invalid URL")),
)


def _refusal(message: str) -> ModelErrorKind:
    """A refusal of our key in words we do not know; newest gateways give no reason at all."""
    if re.search("expired|过期", message, re.IGNORECASE):
        return ModelErrorKind.KEY_EXPIRED
    if re.search("disabled|禁用", message, re.IGNORECASE):
        return ModelErrorKind.KEY_DISABLED
    if re.search("exhausted|额度", message, re.IGNORECASE):
        return ModelErrorKind.KEY_EXHAUSTED
    return ModelErrorKind.KEY_REFUSED


def _forbidden(complaint: ErrorBody) -> ModelErrorKind:
    if not complaint.is_json:
        return ModelErrorKind.WAF_BLOCKED
    if complaint.code == "bad_response_status_code":
        return ModelErrorKind.UPSTREAM_KEY_REFUSED
    return ModelErrorKind.UPSTREAM_FAILED if complaint.upstream else ModelErrorKind.KEY_REFUSED


def _throttled(complaint: ErrorBody) -> ModelErrorKind:
    if complaint.code == "insufficient_quota":
        return (
            ModelErrorKind.UPSTREAM_FAILED if complaint.upstream else ModelErrorKind.ACCOUNT_EMPTY
        )
    # The limiter of the gateway's web API answers with an empty body.
    if complaint.upstream and complaint.message:
        return ModelErrorKind.GATEWAY_BUSY
    return ModelErrorKind.GATEWAY_RATE_LIMITED
