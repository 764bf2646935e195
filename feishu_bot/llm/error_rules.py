"""The rules that tell from an error body which kind of failure it is.

The status has its say first, then the codes that a service keeps stable, then the words. What
matches nothing falls back on the status again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from feishu_bot.llm import error_words as words
from feishu_bot.llm.error_body import ErrorBody, spaced
from feishu_bot.llm.error_kinds import KEY_FAULTS, ModelErrorKind

# The gateway could not read the upstream's own error.
UNREADABLE_CODE = "bad_response_status_code"
_Rule = tuple[ModelErrorKind, re.Pattern[str]]


def kind_of(body: ErrorBody) -> ModelErrorKind:
    """The kind of an error body; the tables in tests/llm show each case."""
    if kind := _by_code(body):
        return kind
    if body.challenged:
        return ModelErrorKind.WAF_BLOCKED
    status = body.status or _status_in(body)
    said = body.words
    if not body.is_json and status and said.lstrip().startswith("<"):
        # A web page: its words are nobody's answer.
        said = ""
    rules = _THROTTLED if status == 429 else _RULES
    for kind, pattern in rules:
        if said and pattern.search(said):
            if status == 429 and kind in _QUOTAS and _passes(body):
                kind = ModelErrorKind.GATEWAY_RATE_LIMITED  # noqa: PLW2901
            return _of_upstream(kind) if body.upstream else kind
    rule = _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, _other)
    return rule(body)


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# The gateways of the one-api family, and the codes that say it all. They hold with any status:
# after a heartbeat, every error comes with status 200. In this order.
_BY_CODE: tuple[tuple[ModelErrorKind, frozenset[str], re.Pattern[str] | None], ...] = (
    (ModelErrorKind.CONTEXT_TOO_LONG, frozenset({"context_length_exceeded"}), None),
    (
        ModelErrorKind.CONTENT_FILTERED,
        frozenset(
            {
                "content_filter",
                "content_policy_violation",
                "data_inspection_failed",
                "sensitive_words_detected",
                "prompt_blocked",
                "moderation_blocked",
            }
        ),
        None,
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
    (ModelErrorKind.ACCOUNT_BANNED, frozenset({"account_deactivated"}), _any_of("用户已被封禁")),
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
    (
        ModelErrorKind.MODEL_NOT_CHAT,
        frozenset({"channel_error", "api_not_implemented"}),
        _any_of("channel not implemented"),
    ),
    (ModelErrorKind.MODEL_UNAVAILABLE, frozenset({"model_not_found"}), _any_of("无可用渠道")),
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
    (ModelErrorKind.ENDPOINT_MISSING, frozenset(), _any_of(r"^Invalid URL", r"^no Route matched")),
)
_OF_KEYS: tuple[_Rule, ...] = (
    (ModelErrorKind.KEY_EXHAUSTED, words.KEY_USED_UP),
    (ModelErrorKind.ACCOUNT_EMPTY, words.NO_MONEY),
    (ModelErrorKind.KEY_EXPIRED, words.KEY_EXPIRED),
)
_OF_ACCOUNTS: tuple[_Rule, ...] = (
    (ModelErrorKind.ACCOUNT_BANNED, words.BANNED),
    (ModelErrorKind.KEY_DISABLED, words.KEY_OFF),
    (ModelErrorKind.KEY_REFUSED, words.KEY_UNKNOWN),
)
# In this order: the first whose words are found decides.
_RULES: tuple[_Rule, ...] = (
    (ModelErrorKind.CONTEXT_TOO_LONG, words.TOO_LARGE),
    (ModelErrorKind.GATEWAY_RATE_LIMITED, words.RATE),
    (ModelErrorKind.CONTENT_FILTERED, words.FILTERED),
    (ModelErrorKind.MODEL_NOT_CHAT, words.NOT_CHAT),
    (ModelErrorKind.GATEWAY_BUSY, words.BUSY),
    (ModelErrorKind.CONTEXT_TOO_LONG, words.TOO_LONG),
    *_OF_KEYS,
    (ModelErrorKind.MODEL_UNAVAILABLE, words.NO_MODEL),
    (ModelErrorKind.GROUP_MISSING, words.NO_GROUP),
    (ModelErrorKind.MODEL_NOT_ALLOWED, words.MODEL_CLOSED),
    *_OF_ACCOUNTS,
    (ModelErrorKind.IP_REFUSED, words.PLACE),
    (ModelErrorKind.WAF_BLOCKED, _any_of("request was blocked")),
)
# With 429 a quota may be one of money or one of requests.
_THROTTLED: tuple[_Rule, ...] = (
    (ModelErrorKind.CONTEXT_TOO_LONG, words.TOO_LARGE),
    (ModelErrorKind.GATEWAY_RATE_LIMITED, words.RATE),
    (ModelErrorKind.GATEWAY_RATE_LIMITED, words.RATE_OF_TOKENS),
    *_OF_KEYS,
    *_OF_ACCOUNTS,
    (ModelErrorKind.GATEWAY_BUSY, words.BUSY),
)


def _passes(body: ErrorBody) -> bool:
    """Whether a quota is one of requests: it comes back by itself, as Google's says."""
    return bool(body.retry_after) and not words.MONEY.search(body.words)


def _by_code(body: ErrorBody) -> ModelErrorKind | None:
    for kind, codes, pattern in _BY_CODE:
        if {body.code, body.type} & codes or (pattern and pattern.search(body.message)):
            return kind
    return None


def _status_in(body: ErrorBody) -> int:
    """The status that the code or the type of an error inside a stream stands for; 0 for none."""
    named = f"{spaced(body.type)} {spaced(body.code)}".lower()
    return next((status for status, pattern in _STATUS_BY_NAME if pattern.search(named)), 0)


_STATUS_BY_NAME: tuple[tuple[int, re.Pattern[str]], ...] = (
    (429, _any_of("rate ?limit", "too many requests", "throttl", "resource exhausted")),
    (401, _any_of("authentication", "unauthori[sz]ed", "unauthenticated", "invalid api ?key")),
    (403, _any_of("permission", "forbidden", "access denied")),
    (529, _any_of("overloaded", "unavailable")),
    (504, _any_of("time ?out", "deadline exceeded")),
    (413, _any_of("request too large")),
    (404, _any_of(r"\bnot found")),
)


_QUOTAS = (ModelErrorKind.ACCOUNT_EMPTY, ModelErrorKind.KEY_EXHAUSTED)


def _of_upstream(kind: ModelErrorKind) -> ModelErrorKind:
    """What is wrong with the gateway's own key or account is not ours to put right."""
    if kind == ModelErrorKind.GATEWAY_RATE_LIMITED:
        return ModelErrorKind.GATEWAY_BUSY
    if kind in _QUOTAS:
        return ModelErrorKind.UPSTREAM_FAILED
    return ModelErrorKind.UPSTREAM_KEY_REFUSED if kind in KEY_FAULTS else kind


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
    return ModelErrorKind.UPSTREAM_FAILED if body.upstream else ModelErrorKind.ACCESS_REFUSED


def _throttled(body: ErrorBody) -> ModelErrorKind:
    # The limiter of the gateway's web API answers with an empty body.
    if body.upstream and body.message:
        return ModelErrorKind.GATEWAY_BUSY
    return ModelErrorKind.GATEWAY_RATE_LIMITED


def _client_error(body: ErrorBody) -> ModelErrorKind:
    if body.code == UNREADABLE_CODE:
        return ModelErrorKind.UPSTREAM_FAILED
    if not body.upstream and words.OF_MONEY.search(body.words):
        return ModelErrorKind.ACCOUNT_EMPTY
    if not body.upstream and words.OF_KEY.search(body.words):
        return ModelErrorKind.ACCESS_REFUSED
    return ModelErrorKind.BAD_REQUEST


def _not_there(body: ErrorBody) -> ModelErrorKind:
    if body.upstream:
        return ModelErrorKind.UPSTREAM_FAILED
    kind = _client_error(body)
    return ModelErrorKind.ENDPOINT_MISSING if kind == ModelErrorKind.BAD_REQUEST else kind


def _other(body: ErrorBody) -> ModelErrorKind:
    """An error of the server, or one inside a stream."""
    if 520 <= body.status <= 530:
        # Cloudflare's own: it can't reach the server behind it.
        return ModelErrorKind.GATEWAY_UNREACHABLE
    if "invalid request" in spaced(body.type).lower():
        return ModelErrorKind.BAD_REQUEST
    if body.status >= 500 and not body.is_json:
        return ModelErrorKind.GATEWAY_UNREACHABLE
    return ModelErrorKind.GATEWAY_FAILED if body.own else ModelErrorKind.UPSTREAM_FAILED


_BY_STATUS: Mapping[int, Callable[[ErrorBody], ModelErrorKind]] = {
    401: _unauthorized,
    402: _unless_upstream(ModelErrorKind.ACCOUNT_EMPTY),
    403: _forbidden,
    404: _not_there,
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
