"""Wordings of one kind of failure are one kind, whoever says it, and whatever the status."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from feishu_bot.llm.error_body import ErrorBody, error_in
from feishu_bot.llm.error_rules import kind_of

FAMILIES: dict[str, list[tuple[int, str]]] = {
    "context_too_long": [
        (400, "the request exceeds the available context size, try increasing it"),
        (400, "The prompt (total length 5000) is too long to fit into the model"),
        (400, "The decoder prompt (length 9001) is longer than the maximum model length of 8192"),
        (400, "length of prompt_tokens (9000) must be less than max_seq_len (8192)"),
        (400, "Prompt 超长"),
        (400, "输入内容过长，请缩短后重试"),
        (400, "输入的 tokens 超过模型上下文长度限制"),
        (400, "This model's maximum prompt length is 131072 but the request contains 150000"),
        (400, "The input token count (1200000) exceeds the maximum number of tokens allowed"),
        (422, "`inputs` must have less than 4096 tokens. Given: 5000"),
        (500, "the request exceeds the context window"),
        (429, "Request too large for gpt-x on tokens per min (TPM): Limit 30000, Requested 40000"),
        (400, "Your request has too many tokens for this model"),
        (400, "total message token length exceed model limit"),
        (400, "Input tokens exceed the configured limit of 272000 tokens"),
        (413, "odd"),
    ],
    "gateway_rate_limited": [
        (429, "Too many tokens, please wait before trying again."),
        (429, "odd"),
        (429, "您的账户已达到速率限制"),
        (429, "当前 API 请求过多，请稍后再试：并发数超限"),
        (400, "Requests rate limit exceeded, please slow down"),
        (403, "请求频率过高，已被限流"),
        (
            429,
            "Rate limit reached for API key sk-x in org-y on requests per min (RPM)",
        ),
        (429, "Allocated quota exceeded, please increase your quota limit: tokens per minute"),
    ],
    "account_empty": [
        (400, "Your credit balance is too low"),
        (403, "Sorry, your account balance is insufficient"),
        (403, "账户余额不足，请充值"),
        (400, "账号已欠费，服务停止"),
        (429, "余额不足或无可用资源包,请充值。"),
        (404, "You have no credits left, please top up"),
        (422, "Insufficient quota"),
        (402, "odd"),
        (403, "The free quota of this model is used up"),
        (400, "Billing hard limit has been reached"),
        (403, "Your account has an outstanding overdue payment"),
        (429, "Your account is suspended due to insufficient balance"),
        (400, "免费额度已经用完"),
        (429, "You exceeded your current quota, please check your plan and billing details"),
    ],
    "key_exhausted": [
        (400, "Budget has been exceeded! Current cost: 1.2, Max budget: 1.0"),
        (429, "ExceededBudget: key over budget"),
        (403, "该令牌额度已用尽"),
        (403, "API key quota exhausted"),
    ],
    "key_expired": [
        (400, "Authentication Error - Expired Key. Key Expiry time 2026-01-01"),
        (401, "Your API key has expired"),
        (403, "密钥已过期"),
        (404, "API key expired. Please renew the API key."),
    ],
    "key_refused": [
        (400, "API key not valid. Please pass a valid API key."),
        (400, "Invalid API-key provided."),
        (403, "invalid access token or token expired"[:20]),
        (422, "API 密钥无效"),
        (404, "apikey not found"),
        (400, "身份验证失败"),
        (401, "odd"),
        (429, "Incorrect API key provided"),
        (200, "login fail: Please carry the API secret key"),
    ],
    "key_disabled": [(403, "This API key has been revoked"), (400, "令牌已被禁用")],
    "account_banned": [
        (401, "The account associated with this API key has been deactivated"),
        (403, "Your organization has been disabled."),
        (403, "账号已被封禁"),
        (403, "User has been banned"),
    ],
    "ip_refused": [
        (403, "Country, region, or territory not supported"),
        (400, "User location is not supported for the API use."),
        (403, "Your IP address is not in the allowlist"),
        (403, "当前地区不支持访问"),
        (403, "ip 不在白名单内"),
        (403, "This service is not available in your region"),
    ],
    "content_filtered": [
        (403, "Your input was flagged for harassment. No credits were charged."),
        (400, "Content Exists Risk"),
        (400, "输入内容包含敏感词"),
        (400, "The request was rejected as a result of our safety system"),
        (451, "内容违规，已被拦截"),
        (400, "Output data may contain inappropriate content."),
        (403, "Request blocked: violates our usage policies"),
        (200, "input content audit failed"),
        (500, "内容未通过安全审核"),
    ],
    "model_unavailable": [
        (400, "m is not a valid model ID"),
        (404, "No endpoints found for m."),
        (400, "模型不存在，请检查模型代码。"),
        (400, "The model `m` has been decommissioned and is no longer supported."),
        (404, "The API deployment for this resource does not exist."),
        (400, "Unknown model: m"),
        (400, "该模型已下线"),
        (404, "model: claude-x"),
        (404, "models/m is not found for API version v1beta"),
        (400, "Invalid model name passed in model=m"),
        (503, "No available channel for model m under group default"),
        (400, "Model not found in the model list, uid: m"),
        (400, "The requested model is not supported"),
    ],
    "model_not_allowed": [
        (403, "This token has no access to model m"),
        (403, "Access to model denied. Please make sure you are eligible for using the model."),
        (403, "您没有开通该模型的权限：未开通"),
        (403, "You do not have access to the model m"),
        (403, "该令牌无权访问模型 m"),
    ],
    "model_not_chat": [
        (404, "This model is only supported in v1/responses and not in v1/chat/completions."),
        (400, '"nomic-embed-text" does not support chat'),
    ],
    "group_missing": [(403, "无权访问 vip 分组"), (403, "分组 vip 已被弃用")],
    "gateway_busy": [
        (503, "Service is too busy. Try another one."),
        (429, "Current group upstream load is saturated"),
        (503, "The engine is currently overloaded, please try again later"),
        (500, "模型服务繁忙"),
        (503, "The model is at capacity"),
    ],
    "access_refused": [
        (403, "odd"),
        (403, "The caller does not have permission"),
        (400, "odd key"),
    ],
    "upstream_key_refused": [
        (401, "litellm.AuthenticationError: OpenAIException - Incorrect API key provided: x"),
    ],
    "upstream_failed": [
        (
            429,
            "litellm.RateLimitError: OpenAIException - You exceeded your current quota",
        ),
    ],
    "bad_request": [
        (400, "odd"),
        (422, "Unexpected token at position 7"),
        (400, "Invalid value for 'n': must be 1"),
    ],
    "endpoint_missing": [(404, "Not Found"), (404, "404 page not found"), (404, "路径不存在")],
}
SHAPES = {
    "OpenAI": lambda text: {"error": {"message": text, "type": None, "code": None}},
    "text": lambda text: {"error": text},
    "FastAPI": lambda text: {"detail": text},
    "pydantic": lambda text: {"detail": [{"loc": ["body"], "msg": text}]},
    "nested FastAPI": lambda text: {"detail": {"error": {"message": text}}},
    "list": lambda text: [{"error": {"message": text}}],
    "errors": lambda text: {"errors": [{"message": text}]},
    "texts": lambda text: {"errors": [text]},
    "flat": lambda text: {"object": "error", "message": text, "code": None},
    "msg": lambda text: {"code": 1, "msg": text},
    "base_resp": lambda text: {"base_resp": {"status_code": 1000, "status_msg": text}},
    "success": lambda text: {"success": False, "message": text},
    "inside a text": lambda text: {"error": {"message": f'{{"error": {{"message": "{text}"}}}}'}},
    "error_msg": lambda text: {"error_code": 7, "error_msg": text},
}
ROWS = [(kind, *row) for kind, rows in FAMILIES.items() for row in rows]


def read(status: int, body: Any) -> ErrorBody:
    return ErrorBody.read(body, httpx2.Response(status) if status != 200 else None)


@pytest.mark.parametrize(("kind", "status", "text"), ROWS)
def test_each_wording_is_of_its_family(kind: str, status: int, text: str) -> None:
    assert kind_of(read(status, {"error": {"message": text}})) == kind


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["context_too_long", "account_empty", "content_filtered"])
def test_each_shape_is_read(kind: str, shape: str) -> None:
    status, text = FAMILIES[kind][0]
    body = SHAPES[shape](text.replace('"', ""))

    assert kind_of(read(status, body)) == kind
    assert text in read(status, body).describe()
    assert error_in(body) is not None


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"delta": {"content": "x"}}]},
        {"choices": [], "usage": {}},
        {"choices": None, "base_resp": {"status_code": 0, "status_msg": ""}},
        {"code": 0, "message": "Success", "choices": [{"delta": {}}]},
        {"error": None, "choices": []},
        {"type": "ping"},
        {"message": {"role": "assistant", "content": "x"}},
        [],
        None,
    ],
)
def test_what_is_no_error_is_none(body: Any) -> None:
    assert error_in(body) is None


def test_what_has_no_field_that_is_known_is_shown_as_it_is() -> None:
    error = read(500, {"oops": {"why": "x" * 900}})

    assert error.describe().startswith('status=500 {"oops": {"why": "xxx')
    assert len(error.describe()) < 520
