"""Asks Feishu where to connect to. The address has a ticket in it, so it is good for one try."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import lark_oapi as lark
from lark_oapi.core.http import Transport
from lark_oapi.core.model import BaseRequest, Config

from feishu_bot.errors import FeishuError, FeishuUnavailable, MediaError
from feishu_bot.feishu.api.call_counts import counted
from feishu_bot.feishu.api.transport import DownloadOption

PATH = "/callback/ws/endpoint"
ANSWER_SECONDS = 10.0
MOST_BYTES = 65_536
# The first two say that Feishu itself is not well ("const.py" of its SDK).
BUSY = 1
INTERNAL_ERROR = 1000040343
TEMPORARY = frozenset({BUSY, INTERNAL_ERROR})
FORBIDDEN = 403
AUTH_FAILED = 514
NO_CREDENTIAL = 1000040344
TOO_MANY = 1000040350

PING_SECONDS = 120.0
# Whatever is asked for: often enough to notice a cut, seldom enough to be no burden.
LEAST_PING_SECONDS = 1.0
MOST_PING_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect to, and what frames name this side by. The address is a secret."""

    url: str = field(repr=False)
    service: int
    ping_seconds: float


class EndpointClient:
    """Asks for the address, with the app's credentials; waits so many seconds for an answer."""

    def __init__(
        self, *, app_id: str, app_secret: str, domain: str, seconds: float = ANSWER_SECONDS
    ) -> None:
        self._config = Config()
        self._config.domain, self._config.timeout = domain, seconds
        self._seconds = seconds
        self._body = {"AppID": app_id, "AppSecret": app_secret}
        self._may_be_plain = domain.startswith("http://")

    def ask(self) -> Endpoint:
        """Where to connect to now. Raises FeishuError; `code` is Feishu's own."""
        with counted(f"POST {PATH}"):
            return self._read(self._answer())

    def _answer(self) -> Mapping[str, Any]:
        request = BaseRequest()
        request.http_method = lark.HttpMethod.POST
        request.uri = PATH
        request.body = self._body
        request.headers = {"locale": "zh", "Content-Type": "application/json; charset=utf-8"}
        # As a download: the body is bounded in bytes and in time, however slowly it comes.
        option = DownloadOption(token="", timeout=self._seconds, most=MOST_BYTES)
        try:
            response = Transport.execute(self._config, request, option)
        except MediaError:
            raise FeishuUnavailable("the answer is too long") from None
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError):
            answer = None
        code = answer.get("code") if isinstance(answer, dict) else None
        # One that no column takes isn't Feishu's.
        if response.status_code >= 500 or not isinstance(code, int) or abs(code) >= 1 << 63:
            raise FeishuUnavailable(f"HTTP {response.status_code} without a usable body")
        log_id = str(response.headers.get("X-Tt-Logid") or "")
        if code in TEMPORARY:
            raise FeishuUnavailable("Feishu is busy", code=code, log_id=log_id)
        if code != 0:
            raise FeishuError("no connection is given out", code=code, log_id=log_id)
        return dict(answer)

    def _read(self, answer: Mapping[str, Any]) -> Endpoint:
        data = answer.get("data")
        given = data if isinstance(data, Mapping) else {}
        url = str(given.get("URL") or "")
        service = self._service_of(url)
        if service is None:
            # Without a word of it: the ticket is in it.
            raise FeishuUnavailable("an address that can't be used")
        seconds = ping_seconds(given.get("ClientConfig"))
        return Endpoint(url, service, seconds or PING_SECONDS)

    def _service_of(self, url: str) -> int | None:
        """The number in an address that can be connected to."""
        allowed = {"wss", "ws"} if self._may_be_plain else {"wss"}
        try:
            parts = urlsplit(url)
            query = parse_qs(parts.query)
            service = int(query["service_id"][0])
            is_usable = parts.scheme in allowed and bool(parts.hostname and query["device_id"])
        except (KeyError, ValueError):
            return None
        return service if is_usable and -(1 << 31) <= service < 1 << 31 else None


def ping_seconds(config: object) -> float:
    """The time between pings that a ClientConfig asks for, within bounds; 0 for none.

    What it says about reconnecting isn't followed: up to 30 s deaf after each cut is too long.
    """
    seconds = config.get("PingInterval") if isinstance(config, Mapping) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return 0.0
    # Comparing is safe for a whole number that no float can hold, too; a NaN fails it.
    if not 0 < seconds < math.inf:
        return 0.0
    return float(min(max(seconds, LEAST_PING_SECONDS), MOST_PING_SECONDS))
