"""The few calls to Feishu that an examination needs, with all that their answers tell.

Not through the bot's client: what matters here is what came back, whatever it was, and the clock
of whoever sent it. A call that fails on the way isn't repeated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from feishu_bot.core.doctor import printable
from feishu_bot.setup.exchange import Answer, Failure, exchange

TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal"
BOT_PATH = "/open-apis/bot/v3/info"
SCOPES_PATH = "/open-apis/application/v6/scopes"
APP_PATH = "/open-apis/application/v6/applications/me"
VERSIONS_PATH = f"{APP_PATH}/app_versions"
# Newest first; what waits for review and what is online are among them.
VERSIONS = {"lang": "zh_cn", "page_size": "20", "order": "0"}

SCOPE_MISSING = frozenset({99991672, 99991640})


@dataclass(frozen=True, slots=True)
class Reply:
    """What Feishu said. `code` is None where it wasn't Feishu that answered, or nobody did.

    `whole` is the body, in which the data stand under `data` or, in old calls, under a name of
    their own. It holds the token where one was asked for.
    """

    code: int | None
    message: str
    answer: Answer | None
    failure: Failure | None = None
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_ok(self) -> bool:
        """Whether the call was done."""
        return self.code == 0

    @property
    def data(self) -> Mapping[str, Any]:
        """The object under `data`."""
        return as_object(self.whole.get("data"))

    @property
    def evidence(self) -> str:
        """What was seen, on a line."""
        if self.failure:
            return self.failure.detail
        log_id = self.answer.header("X-Tt-Logid") if self.answer else ""
        words = [f"code {self.code}" if self.code is not None else self.message]
        if self.code is not None and self.message:
            words.append(self.message)
        if log_id:
            words.append(f"log id {log_id}")
        return printable(", ".join(words))


class OpenApi:
    """The calls of one app to one address of the API."""

    def __init__(self, domain: str, app_id: str, app_secret: str) -> None:
        self._domain = domain
        self._app_id = app_id
        self._app_secret = app_secret
        self._token = ""

    def log_in(self) -> Reply:
        """Ask for a token, with which all other calls are made."""
        body = {"app_id": self._app_id, "app_secret": self._app_secret}
        reply = self._call("POST", TOKEN_PATH, body)
        token = reply.whole.get("tenant_access_token")
        self._token = token if isinstance(token, str) else ""
        return reply

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Read something."""
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = json.dumps(body).encode() if body is not None else None
        found = exchange(method, f"{self._domain}{path}", headers=headers, body=data)
        if isinstance(found, Failure):
            return Reply(None, "", None, found)
        whole = found.json()
        code = whole.get("code") if whole else None
        if whole is None or not isinstance(code, int) or isinstance(code, bool):
            kind = printable(found.header("Content-Type"), 60) or "no type"
            return Reply(None, f"HTTP {found.status}, {kind}, not JSON of Feishu", found)
        return Reply(code, printable(str(whole.get("msg") or "")), found, None, whole)


def as_object(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def as_objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a JSON list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def as_names(value: object) -> frozenset[str]:
    """The texts of a JSON list."""
    found = value if isinstance(value, list) else []
    return frozenset(one for one in found if isinstance(one, str))
