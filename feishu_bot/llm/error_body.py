"""An error as the service put it, read from whatever it sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from feishu_bot.llm.retry_hint import retry_after

MAX_RAW_CHARS = 500
# What is said further on is not looked at: forty patterns are, and take seconds for a megabyte.
_MESSAGE_CHARS = 4_000
_CODE_CHARS = 200
_HINT_CHARS = 8_000
_MAX_DEPTH = 6
# The names of a field, the usual one first. `detail` is FastAPI's, `base_resp` MiniMax's.
_MESSAGES = (
    "message", "msg", "error_msg", "errmsg", "error_message", "errorMessage", "status_msg",
    "error_description", "detail", "details", "title", "reason",
)  # fmt: skip
# Those of them that an event without choices is an error for.
_SAID = ("message", "msg", "error_msg", "errmsg", "detail")
_CODES = ("code", "error_code", "errorCode", "errcode", "err_code", "status_code")
_STATUSES = ("status", "status_code", "statusCode", "http_status", "code", "error_code")
_INNER = (
    "error",
    "errors",
    "err",
    "base_resp",
    "detail",
    "fault",
    "innererror",
    "response",
    "body",
    "metadata",
)
# OpenRouter's words for "my provider says", whose own are in `raw`.
_OF_PROVIDER = "Provider returned error"
# A gateway puts the name of its exception before the upstream's words.
_LIMIT = re.compile("rate_?limit|throttl|too_?many_?requests", re.IGNORECASE)
_LITELLM = re.compile(r"^(litellm\.)?\w+(Error|Exception): |^\w+Exception - ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """The fields of an error. `status` is 0 where only the words tell.

    `by_gateway` means that the reply went through a gateway of the one-api family, all of which
    send X-Oneapi-Request-Id; `is_json` that the body was JSON; `challenged` that Cloudflare asked
    for a browser; `by_provider` that a gateway says these are its provider's words; `retry_after`
    are the seconds that the service asks to wait. `raw` is the beginning of the body where no
    field was found.
    """

    status: int = 0
    code: str = ""
    type: str = ""
    message: str = ""
    raw: str = ""
    by_gateway: bool = False
    is_json: bool = True
    challenged: bool = False
    by_provider: bool = False
    retry_after: float = 0.0

    @classmethod
    def read(cls, body: Any, response: httpx2.Response | None = None) -> ErrorBody:
        """Read an error body in any of the shapes that services have."""
        found: dict[str, str] = {}
        _collect(body, found, 0)
        headers = response.headers if response is not None else httpx2.Headers()
        status = response.status_code if response is not None else 0
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
        message = found.get("message", "")[:_MESSAGE_CHARS]
        return cls(
            # OpenRouter and others put the HTTP status into the body, all there is in a stream.
            status=status or int(found.get("status", 0)),
            code=found.get("code", "")[:_CODE_CHARS],
            type=found.get("type", "")[:_CODE_CHARS],
            message=message,
            raw="" if message else text[:MAX_RAW_CHARS],
            by_gateway="x-oneapi-request-id" in headers,
            is_json=response is None or not isinstance(body, str),
            by_provider="provider" in found,
            challenged=headers.get("cf-mitigated") == "challenge",
            retry_after=retry_after(headers, text[:_HINT_CHARS] if message else "", status),
        )

    @property
    def words(self) -> str:
        """All words of the error, those of its codes apart: `model_not_found` is three."""
        message = self.message
        for _ in range(3):
            message = _LITELLM.sub("", message)
        # The type of a 429 is that of a limit, whatever the limit is of.
        is_plain = self.status in (0, 429) and _LIMIT.search(self.type)
        codes = dict.fromkeys((spaced(self.code), "" if is_plain else spaced(self.type)))
        return " ".join(filter(None, (message, *codes)))

    @property
    def own(self) -> bool:
        """Whether this is the gateway's own error, and not one of the upstream."""
        return bool(re.fullmatch(r"czloapi_error|one_hub_error|\w+_api_error", self.type))

    @property
    def upstream(self) -> bool:
        """Whether this is an upstream's error, passed through by the gateway."""
        if self.message.startswith("Provider API error") or self.type == "upstream_error":
            return True
        if self.by_provider:
            return True
        if "litellm." in self.message or re.search(r"\w+Exception - ", self.message):
            return True
        return self.by_gateway and not self.own

    def describe(self) -> str:
        """One line for the log: what the service said."""
        named = (("status", str(self.status or "")), ("type", self.type), ("code", self.code))
        said = self.message or self.raw
        return " ".join([*(f"{name}={value}" for name, value in named if value), said])


def error_in(data: object) -> object | None:
    """The error that a body or an event of status 200 holds; None when it holds none."""
    if isinstance(data, list):
        return next((data for item in data if error_in(item) is not None), None)
    if not isinstance(data, dict):
        return None
    if "choices" not in data:
        data = _in_lower_case(data)
        inner = data.get("response")
        if isinstance(inner, Mapping) and _in_lower_case(inner).get("error"):
            return inner
    if data.get("error") or data.get("errors"):
        return data
    if choices := data.get("choices"):
        # OpenRouter's place for what its provider says.
        first = choices[0] if isinstance(choices, list) else None
        return first if isinstance(first, dict) and first.get("error") else None
    base = data.get("base_resp")
    if isinstance(base, dict) and base.get("status_code"):
        return data
    is_refusal = data.get("success") is False or data.get("object") == "error"
    # Success has a code too, in some services: 0, 200, or a word.
    has_code = str(data.get("code") or "0") not in ("0", "200", "OK", "ok", "success", "Success")
    has_message = any(isinstance(data.get(name), str | list) and data[name] for name in _SAID)
    has_message = has_message or isinstance(data.get("detail"), dict)
    if is_refusal or (has_message and (has_code or "choices" not in data)):
        return data
    return None


def spaced(code: str) -> str:
    """The words of a code in snake_case, kebab-case or CamelCase."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_.-]+", " ", code)


def _collect(body: Any, found: dict[str, str], depth: int) -> None:
    """Put the fields of the body into `found`; those of the innermost object count most."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(body, str):
        _collect_text(body, found, depth)
    elif isinstance(body, list):
        for item in body[:3]:
            _collect(item, found, depth + 1)
    elif isinstance(body, Mapping):
        _collect_fields(body, found, depth)


def _collect_raw(body: Mapping[str, Any], found: dict[str, str], depth: int) -> None:
    metadata = body.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get("raw"), str):
        _collect_text(metadata["raw"], found, depth + 1)


def _collect_text(text: str, found: dict[str, str], depth: int) -> None:
    if text.lstrip()[:1] in ("{", "["):
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            _collect(inner, found, depth + 1)
            return
    if text.strip():
        found.setdefault("message", text)


def _in_lower_case(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields under the usual names: Tencent and Alibaba write `Error`, `Code`, `Message`."""
    if not any(name[:1].isupper() for name in body):
        return body
    return {name[:1].lower() + name[1:]: value for name, value in body.items()}


def _collect_fields(body: Mapping[str, Any], found: dict[str, str], depth: int) -> None:
    body = _in_lower_case(body)
    if body.get("message") == _OF_PROVIDER:
        found["provider"] = "yes"
        _collect_raw(body, found, depth)
    for name in _INNER:
        if isinstance(body.get(name), dict | list) or (name == "error" and body.get(name)):
            _collect(body[name], found, depth + 1)
    for name in _MESSAGES:
        value = body.get(name)
        if isinstance(value, str) and value.strip() and "message" not in found:
            place = body.get("loc")
            path = ".".join(map(str, place)) + ": " if isinstance(place, list) else ""
            _collect_text(path + value, found, depth)
    for name in _STATUSES:
        value = str(body.get(name) or "")
        if len(value) == 3 and value.isdecimal() and 400 <= int(value) < 600:
            found.setdefault("status", value)
    for name in _CODES:
        if body.get(name) and isinstance(body[name], str | int):
            found.setdefault("code", str(body[name]))
    # Google's word for the kind of an error, as in RESOURCE_EXHAUSTED.
    kind = body.get("type") or body.get("status")
    if isinstance(kind, str) and not kind.isdecimal():
        found.setdefault("type", kind)
