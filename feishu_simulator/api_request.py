"""A call to the platform's API, and its response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from feishu_simulator.refusals import Refusal
from feishu_simulator.state import StoredFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """One call; `api` is its name in `routes`, `params` come from the path."""

    api: str
    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any]
    files: Mapping[str, StoredFile]
    authorization: str = ""

    def text(self, name: str) -> str:
        """A required string of the body. Raises Refusal (230001)."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise Refusal(230001, f"Your request contains an invalid request parameter, ext={name}")
        return value


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """The response to a call; `code` is the platform's, 0 for success.

    `seconds` is the time that its body takes.
    """

    status: int
    body: bytes
    code: int = 0
    mime: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def success(data: Any) -> ApiAnswer:
    """Code 0 with *data*."""
    return document({"code": 0, "msg": "success", "data": data})


def document(content: Mapping[str, Any], *, status: int = 200) -> ApiAnswer:
    """A JSON body as it is, whose `code` counts."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return ApiAnswer(status, body, int(content.get("code", 0)))


def refusal_answer(refusal: Refusal) -> ApiAnswer:
    """The response to a refused call."""
    content = {"code": refusal.code, "msg": refusal.msg, "error": {"log_id": ""}}
    answer = document(content, status=refusal.status)
    return ApiAnswer(answer.status, answer.body, refusal.code, answer.mime, refusal.headers)
