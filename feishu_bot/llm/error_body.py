"""An error as the gateway put it, read from whatever it sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """The fields of an error. `status` is 0 for an error inside a stream.

    `by_gateway` means that the reply went through a gateway of the one-api family, all of which
    send X-Oneapi-Request-Id; `is_json` that the body was JSON; `challenged` that Cloudflare asked
    for a browser.
    """

    status: int = 0
    code: str = ""
    type: str = ""
    message: str = ""
    by_gateway: bool = False
    is_json: bool = True
    challenged: bool = False

    @classmethod
    def read(cls, body: Any, response: httpx2.Response | None = None) -> ErrorBody:
        """Read an error body: the inner object, a bare text, or any other JSON."""
        fields: Mapping[str, Any] = body if isinstance(body, dict) else {"message": body}
        code = str(fields.get("code") or "")
        status = response.status_code if response is not None else 0
        # OpenRouter and others put the HTTP status into `code`, which is all there is in a stream.
        if not status and code.isdecimal() and 400 <= int(code) < 600:
            status = int(code)
        headers = response.headers if response is not None else httpx2.Headers()
        return cls(
            status=status,
            code=code,
            type=str(fields.get("type") or ""),
            message=str(fields.get("message") or ""),
            by_gateway="x-oneapi-request-id" in headers,
            # openai hands the text over as it is when it is no JSON.
            is_json=response is None or body != response.text.strip(),
            challenged=headers.get("cf-mitigated") == "challenge",
        )

    @property
    def own(self) -> bool:
        """Whether this is the gateway's own error, and not one of the upstream."""
        return bool(re.fullmatch(r"czloapi_error|one_hub_error|\w+_api_error", self.type))

    @property
    def upstream(self) -> bool:
        """Whether this is an upstream's error, passed through by the gateway."""
        if self.message.startswith("Provider API error") or self.type == "upstream_error":
            return True
        return self.by_gateway and not self.own

    def describe(self) -> str:
        """One line for the log."""
        named = (("status", str(self.status or "")), ("type", self.type), ("code", self.code))
        return " ".join([*(f"{name}={value}" for name, value in named if value), self.message])
