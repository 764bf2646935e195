"""HTTP for the set-up: one request, a JSON object or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from feishu_bot.errors import BotError
from feishu_bot.feishu.unreached import Layer
from feishu_bot.setup.exchange import Failure, exchange, open_pool

TIMEOUT = 10.0


class NoAnswer(BotError):
    """Nobody answered; `layer` says how far it got."""

    def __init__(self, failure: Failure) -> None:
        self.layer: Layer = failure.layer
        super().__init__(f"{failure.layer}: {failure.detail}")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`data` is None for anything but a JSON object. The body is kept out of the repr."""

    status: int
    data: Mapping[str, Any] | None = field(repr=False)
    kind: str = ""


class HttpCalls:
    """Keeps its connections open. `timeout` is as for `exchange`."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._pools: dict[str, urllib3.PoolManager] = {}

    def send(
        self,
        method: str,
        url: str,
        *,
        json_body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Send it once, and follow no redirect. Raises NoAnswer."""
        given = dict(headers or {})
        body: bytes | None = None
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False).encode()
            given["Content-Type"] = "application/json; charset=utf-8"
        if form is not None:
            body = urlencode(form).encode()
            given["Content-Type"] = "application/x-www-form-urlencoded"
        answer = exchange(
            method, url, headers=given, body=body, timeout=self._timeout, pool=self._pool(url)
        )
        if isinstance(answer, Failure):
            raise NoAnswer(answer)
        kind = answer.header("Content-Type").partition(";")[0].strip()
        return HttpAnswer(answer.status, answer.json(), kind)

    def close(self) -> None:
        """Close what is open."""
        for pool in self._pools.values():
            pool.clear()

    def _pool(self, url: str) -> urllib3.PoolManager:
        host = urlsplit(url).netloc
        if host not in self._pools:
            self._pools[host] = open_pool(url)
        return self._pools[host]
