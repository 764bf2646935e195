"""Requests in the SDK's general form, and what their answers say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import lark_oapi as lark
from lark_oapi.core.model import BaseRequest, RawResponse
from urllib3.filepost import encode_multipart_formdata

from feishu_bot.errors import FeishuUnavailable
from feishu_bot.feishu.api.error_codes import error_for
from feishu_bot.feishu.api.transport import rate_limit_wait

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


def request_for(
    method: Method, path: str, body: Mapping[str, Any] | None, form: Mapping[str, Any] | None = None
) -> BaseRequest:
    """A request; `body` goes as JSON, `form` as multipart/form-data."""
    request = BaseRequest()
    request.http_method = lark.HttpMethod[method]
    request.uri = f"/open-apis{path}"
    if form is not None:
        request.body, request.headers["Content-Type"] = encode_multipart_formdata(form)
    elif body is not None:
        request.body = body
        request.headers["Content-Type"] = "application/json; charset=utf-8"
    return request


def checked(response: RawResponse) -> dict[str, Any]:
    """The JSON object of an answer. Raises FeishuError for a refusal."""
    headers = response.headers
    if not headers.get("Content-Type", "").startswith("application/json"):
        raise FeishuUnavailable(f"HTTP {response.status_code} without JSON")
    answer: dict[str, Any] = json.loads(response.content)  # as the transport has found it
    if answer.get("code") == 0:
        return answer
    raise error_for(
        answer.get("code") or 0,
        str(answer.get("msg") or "no message"),
        log_id=headers.get("X-Tt-Logid", ""),
        retry_after=rate_limit_wait(headers),
    )


def text_in(answer: Mapping[str, Any], *path: str) -> str:
    """What an answer has to have there, as in "data", "card_id".

    Raises FeishuUnavailable without it: what to go on with isn't known, and a repeat may tell.
    """
    found = _found_in(answer, path)
    if not isinstance(found, str) or not found:
        raise FeishuUnavailable(f"an answer without {'.'.join(path)}")
    return found


def object_in(answer: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The same of an object; an empty one where there is none."""
    found = _found_in(answer, path)
    return found if isinstance(found, Mapping) else {}


def items_in(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects in the list of an answer; none where there is no list."""
    items = object_in(answer, "data").get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _found_in(answer: Mapping[str, Any], path: Iterable[str]) -> Any:
    found: Any = answer
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
