"""HTTP for the set-up: one request, a JSON object or nothing.

However slowly an answer trickles in, it is waited for no longer than twice the time-out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from feishu_bot.errors import BotError, FeishuUnavailable, MediaError
from feishu_bot.feishu.api.capped_body import read_capped
from feishu_bot.feishu.api.network import proxy_for, tls_context

TIMEOUT = 10.0
MOST_BYTES = 1024 * 1024


class NoAnswer(BotError):
    """Nobody answered; `layer` says how far it got."""

    def __init__(self, layer: str, detail: str) -> None:
        self.layer = layer
        super().__init__(f"{layer}: {detail}")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`data` is None for anything but a JSON object. The body is kept out of the repr."""

    status: int
    data: Mapping[str, Any] | None = field(repr=False)
    kind: str = ""


class HttpCalls:
    """A small pool; through the environment's proxy, as the bot's own calls."""

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
        ends_at = time.monotonic() + 2 * self._timeout
        given = dict(headers or {})
        body: bytes | None = None
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False).encode()
            given["Content-Type"] = "application/json; charset=utf-8"
        if form is not None:
            body = urlencode(form).encode()
            given["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            response = self._pool(url).request(
                method,
                url,
                body=body,
                headers=given,
                timeout=self._timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            content = _content(response, ends_at)
        except FeishuUnavailable as exc:
            raise NoAnswer("timeout", "the answer trickles in") from exc
        except HTTPError as exc:
            raise NoAnswer(_layer_of(exc), type(exc).__name__) from exc
        except OSError as exc:
            raise NoAnswer("connection", type(exc).__name__) from exc
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        return HttpAnswer(response.status, _object(content), kind)

    def close(self) -> None:
        """Close what is open."""
        for pool in self._pools.values():
            pool.clear()

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = proxy_for(url)
        if proxy not in self._pools:
            self._pools[proxy] = (
                urllib3.ProxyManager(proxy, ssl_context=tls_context())
                if proxy
                else urllib3.PoolManager(ssl_context=tls_context())
            )
        return self._pools[proxy]


def _content(response: urllib3.BaseHTTPResponse, ends_at: float) -> bytes:
    """The whole body, nothing for one that is longer than any that is waited for."""
    try:
        return read_capped(response, most=MOST_BYTES, ends_at=ends_at)
    except MediaError:
        return b""


def _layer_of(exc: HTTPError) -> str:
    # The proxy's own failures come wrapped, and what is inside says more.
    reason = getattr(exc, "reason", None) or getattr(exc, "original_error", None) or exc
    name = type(reason).__name__
    layers = {
        "NameResolutionError": "dns",
        "ConnectTimeoutError": "timeout",
        "ReadTimeoutError": "timeout",
        "NewConnectionError": "refused",
        "SSLError": "tls",
        "ProxyError": "proxy",
    }
    return layers.get(name) or layers.get(type(exc).__name__, "connection")


def _object(content: bytes) -> Mapping[str, Any] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
