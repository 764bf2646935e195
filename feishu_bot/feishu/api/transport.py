"""A pooled, retrying replacement of the SDK's `Transport.execute`.

The SDK opens a connection for every call (20 ms of CPU each over TLS), never retries and parses
whatever comes back as JSON. All its resources, the token request included, go through this one
static method; `tests/feishu/test_transport.py` checks that against the pinned version.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from lark_oapi import JSON
from lark_oapi.core.http import Transport
from lark_oapi.core.http.transport import _build_header, _build_url
from lark_oapi.core.model import BaseRequest, Config, RawResponse, RequestOption
from requests_toolbelt import MultipartEncoder
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from feishu_bot.errors import FeishuUnavailable

RATE_LIMIT_CODES = frozenset({99991400, 230020, 11232, 11233, 11247})
IDEMPOTENT_METHODS = frozenset({"GET", "PUT", "PATCH", "DELETE"})
LONGEST_WAIT = 10.0
# Kept open for the next call; more are opened when they are needed.
CONNECTIONS = 64
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class CallOption(RequestOption):  # type: ignore[misc]
    """What the caller wants of one call: how many tries, and whether repeating it does no harm.

    `timeout` is in seconds for one try; 0.0 means the client's own.
    """

    def __init__(self, *, tries: int = 3, idempotent: bool = False, timeout: float = 0.0) -> None:
        super().__init__()
        self.tries = tries
        self.idempotent = idempotent
        self.timeout = timeout


class PooledTransport:
    """One HTTP connection pool per process, made after the fork, shared by all threads."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._pools: dict[tuple[int, str], urllib3.PoolManager] = {}
        self._is_closed = False

    def execute(
        self, config: Config, request: BaseRequest, option: RequestOption | None = None
    ) -> RawResponse:
        """Send the request; the answer is JSON with a status below 500 or a binary one.

        Waits and repeats when Feishu asks for it, and after a lost connection where a repeat does
        no harm. Raises FeishuUnavailable when no usable answer came.
        """
        option = option or CallOption()
        tries = getattr(option, "tries", 3)
        timeout = getattr(option, "timeout", 0.0) or config.timeout
        repeatable = _is_idempotent(request, option)
        url = _build_url(config.domain, request.uri, request.paths)
        headers = _build_header(request, option, config)
        body = request.body
        content: Any = body
        if body is not None and not isinstance(body, MultipartEncoder):
            content = JSON.marshal(body).encode()
        elif body is not None:
            content = body.to_string()
        if request.queries:
            url = f"{url}?{urlencode(request.queries)}"
        pool = self._pool(url)
        for attempt in range(1, tries + 1):
            last = attempt == tries
            try:
                response = pool.request(
                    request.http_method.name,
                    url,
                    body=content,
                    headers=headers,
                    timeout=timeout,
                    retries=False,
                )
            except (NewConnectionError, ConnectTimeoutError) as exc:
                # The request never left, so a repeat is safe whatever it is.
                if last:
                    raise FeishuUnavailable(f"no connection: {exc}") from exc
                self._sleep(_backoff(attempt))
                continue
            except HTTPError as exc:
                if last or not repeatable:
                    raise FeishuUnavailable(f"no answer: {type(exc).__name__}: {exc}") from exc
                self._sleep(_backoff(attempt))
                continue
            if not last and _is_rate_limited(response):
                self._sleep(rate_limit_wait(response.headers, attempt))
                continue
            if _is_usable(response):
                return _raw(response)
            if last or not repeatable:
                raise FeishuUnavailable(
                    f"HTTP {response.status} without a usable body",
                    log_id=response.headers.get("X-Tt-Logid", ""),
                )
            self._sleep(_backoff(attempt))
        raise AssertionError("a call has at least one try")

    def close(self) -> None:
        """Close the connections of this process; later calls are FeishuUnavailable."""
        with self._lock:
            self._is_closed = True
            for key in [key for key in self._pools if key[0] == os.getpid()]:
                self._pools.pop(key).clear()

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = _proxy_for(url)
        key = (os.getpid(), proxy)
        pool = self._pools.get(key)
        if pool is None or self._is_closed:
            with self._lock:
                if self._is_closed:
                    raise FeishuUnavailable("the bot is stopping")
                pool = self._pools.get(key) or _open_pool(proxy)
                self._pools[key] = pool
        return pool


def install(transport: PooledTransport) -> None:
    """Make every call of the SDK in this process go through `transport`."""
    Transport.execute = staticmethod(transport.execute)


def _open_pool(proxy: str) -> urllib3.PoolManager:
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=CONNECTIONS)
    return urllib3.PoolManager(maxsize=CONNECTIONS)


def _proxy_for(url: str) -> str:
    """The environment's proxy for this address; it is for the outside world only."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):
        return ""
    return getproxies().get(parts.scheme, "")


def rate_limit_wait(headers: Any, attempt: int = 1) -> float:
    """Seconds to wait as the header x-ogw-ratelimit-reset says, or a growing guess; capped."""
    try:
        seconds = float(headers.get("x-ogw-ratelimit-reset", ""))
    except ValueError:
        seconds = 2.0 ** (attempt - 1)
    return max(0.1, min(seconds, LONGEST_WAIT))


def _backoff(attempt: int) -> float:
    return float(0.2 * 2 ** (attempt - 1) * random.uniform(0.8, 1.2))


def _is_idempotent(request: BaseRequest, option: RequestOption) -> bool:
    if request.http_method.name in IDEMPOTENT_METHODS or getattr(option, "idempotent", False):
        return True
    return bool(getattr(request.body, "uuid", None))


def _is_rate_limited(response: urllib3.BaseHTTPResponse) -> bool:
    if response.status == 429:
        return True
    if response.status != 400:
        return False
    try:
        return json.loads(response.data).get("code") in RATE_LIMIT_CODES
    except (ValueError, AttributeError):
        return False


def _is_usable(response: urllib3.BaseHTTPResponse) -> bool:
    """A JSON object with a code, or a binary answer of a download; nothing from 500 on."""
    if response.status >= 500:
        return False
    kind = response.headers.get("Content-Type", "")
    if not kind.startswith("application/json"):
        # A page is not from Feishu, but from something in between.
        return response.status < 300 and not kind.startswith("text/html")
    try:
        return isinstance(json.loads(response.data).get("code"), int)
    except (ValueError, AttributeError):
        return False


def _raw(response: urllib3.BaseHTTPResponse) -> RawResponse:
    raw = RawResponse()
    raw.status_code = response.status
    raw.headers = response.headers
    raw.content = response.data
    return raw
