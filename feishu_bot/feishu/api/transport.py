"""A pooled replacement of the SDK's `Transport.execute`.

The SDK opens a connection for every call (20 ms of CPU each over TLS) and parses whatever comes
back as JSON. All its calls go through this one static method;
`tests/feishu/test_transport.py` checks that against the pinned version.
"""

from __future__ import annotations

import functools
import json
import os
import threading
import time
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from lark_oapi.core.http import Transport
from lark_oapi.core.http.transport import _build_header, _build_url
from lark_oapi.core.model import BaseRequest, Config, RawResponse, RequestOption
from urllib3.exceptions import HTTPError

from feishu_bot.errors import FeishuUnavailable, MediaError
from feishu_bot.feishu.api.capped_body import LARGEST_ERROR, read_capped
from feishu_bot.feishu.api.exchange import exchange
from feishu_bot.feishu.api.feishu_clock import FeishuClock
from feishu_bot.feishu.api.network import proxy_for, tls_context
from feishu_bot.tcp_keepalive import socket_options

LONGEST_WAIT = 10.0
# A connection that takes longer to open helps nobody.
WARM_SECONDS = 5.0
TOKENS = "/auth/"
# Kept open for the next call; more are opened when they are needed.
CONNECTIONS = 64


class CallOption(RequestOption):  # type: ignore[misc]
    """The app's token and the `timeout` of one call, in seconds; 0.0 for the client's own."""

    def __init__(self, *, token: str = "", timeout: float = 0.0) -> None:
        super().__init__()
        self.tenant_access_token = token
        self.timeout = timeout


class DownloadOption(CallOption):
    """Of a call that is answered with a file: `most` bytes of it, in `timeout` seconds in all."""

    def __init__(self, *, token: str, timeout: float, most: int) -> None:
        super().__init__(token=token)
        self.ends_in = timeout
        self.most = most


class PooledTransport:
    """One HTTP connection pool per process, made after the fork, shared by all threads.

    `clock` is told Feishu's time.
    """

    def __init__(self, clock: FeishuClock | None = None) -> None:
        tls_context()
        self._clock = clock or FeishuClock()
        self._lock = threading.Lock()
        self._pools: dict[tuple[int, str], _Pool] = {}
        self._is_closed = False
        self._called_at = float("-inf")

    def execute(
        self, config: Config, request: BaseRequest, option: RequestOption | None = None
    ) -> RawResponse:
        """Send the request once; the answer is JSON with a status below 500, or a download.

        Raises FeishuUnavailable when no usable answer came, and MediaError when a file is larger
        than its DownloadOption allows.
        """
        option = option or CallOption()
        download = option if isinstance(option, DownloadOption) else None
        started = time.monotonic()
        if TOKENS not in request.uri:
            self._called_at = started
        url = _build_url(config.domain, request.uri, request.paths)
        if request.queries:
            url = f"{url}?{urlencode(request.queries)}"
        headers = _build_header(request, option, config)
        timeout = getattr(option, "timeout", 0.0) or config.timeout
        try:
            pool = self._pool(config.domain)
            if download is None and not isinstance(request.body, bytes) and pool.is_direct:
                answer = exchange(
                    pool.connections,
                    request.http_method.name,
                    url.removeprefix(pool.origin),
                    headers=headers,
                    body=_encoded(request.body),
                    timeout=timeout,
                )
                self._clock.note(answer.headers.get("Date"))
                return _checked(*answer)
            response = pool.manager.request(
                request.http_method.name,
                url,
                body=_encoded(request.body),
                headers=headers,
                timeout=timeout,
                retries=False,
                preload_content=download is None,
            )
            self._clock.note(response.headers.get("Date"))
            if download is not None:
                return _downloaded(response, download, started)
        except (HTTPError, HTTPException, OSError) as exc:
            raise FeishuUnavailable(f"no answer: {type(exc).__name__}: {exc}") from exc
        return _checked(response.status, response.headers, response.data)

    def warm(self, domain: str) -> None:
        """Have a connection to this domain open, by a request that asks for nothing.

        Raises FeishuUnavailable.
        """
        manager = self._pool(domain).manager
        try:
            manager.request("HEAD", domain, timeout=WARM_SECONDS, retries=False, redirect=False)
        except (HTTPError, HTTPException, OSError) as exc:
            raise FeishuUnavailable(f"no connection: {type(exc).__name__}: {exc}") from exc

    def idle(self) -> float:
        """Seconds since anything but a token was last asked for."""
        return time.monotonic() - self._called_at

    def start(self) -> None:
        """Make every call of the SDK in this process go through this transport."""
        Transport.execute = staticmethod(self.execute)

    def stop(self) -> None:
        """Close the connections of this process; later calls are FeishuUnavailable."""
        with self._lock:
            self._is_closed = True
            for key in [key for key in self._pools if key[0] == os.getpid()]:
                self._pools.pop(key).manager.clear()

    def _pool(self, domain: str) -> _Pool:
        key = (os.getpid(), domain)
        pool = self._pools.get(key)
        if pool is None or self._is_closed:
            with self._lock:
                if self._is_closed:
                    raise FeishuUnavailable("the bot is stopping")
                pool = self._pools.get(key) or _open_pool(domain)
                self._pools[key] = pool
        return pool


class _Pool:
    """The connections to one domain, by the environment's proxy where there is one."""

    def __init__(self, manager: urllib3.PoolManager, domain: str, proxy: str) -> None:
        self.manager = manager
        parts = urlsplit(domain)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.connections = manager.connection_from_url(domain)
        # A proxy that is asked for a plain page takes another form of request.
        self.is_direct = not proxy or parts.scheme == "https"


def rate_limit_wait(headers: Any) -> float:
    """Seconds to wait as the header x-ogw-ratelimit-reset says, 1.0 without it; capped."""
    try:
        seconds = float(headers.get("x-ogw-ratelimit-reset", ""))
    except ValueError:
        seconds = 1.0
    return max(0.1, min(seconds, LONGEST_WAIT))


def _open_pool(domain: str) -> _Pool:
    proxy = proxy_for(domain)
    opened = functools.partial(urllib3.ProxyManager, proxy) if proxy else urllib3.PoolManager
    manager = opened(
        maxsize=CONNECTIONS, ssl_context=tls_context(), socket_options=socket_options()
    )
    return _Pool(manager, domain, proxy)


def _encoded(body: Any) -> bytes | None:
    """A form comes encoded already; anything else goes as JSON."""
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body, ensure_ascii=False).encode()


def _checked(status: int, headers: Any, content: bytes) -> RawResponse:
    if not _is_usable(status, headers, content):
        raise FeishuUnavailable(
            f"HTTP {status} without a usable body", log_id=headers.get("X-Tt-Logid", "")
        )
    return _raw(status, headers, content)


def _is_usable(status: int, headers: Any, content: bytes) -> bool:
    """A JSON object with a code, or a binary answer of a download; nothing from 500 on."""
    if status >= 500:
        return False
    kind = headers.get("Content-Type", "")
    if not kind.startswith("application/json"):
        # A page is not from Feishu, but from something in between.
        return bool(status < 300 and not kind.startswith("text/html"))
    try:
        return type(json.loads(content).get("code")) is int
    except (ValueError, AttributeError, RecursionError):
        return False


def _downloaded(
    response: urllib3.BaseHTTPResponse, download: DownloadOption, started: float
) -> RawResponse:
    ends_at = started + download.ends_in
    if response.status < 300:
        # What is said in place of a file may be longer than the file may be.
        most = max(download.most, LARGEST_ERROR)
        return _raw(
            response.status,
            response.headers,
            read_capped(response, most=most, ends_at=ends_at),
        )
    try:
        return _raw(
            response.status,
            response.headers,
            read_capped(response, most=LARGEST_ERROR, ends_at=ends_at),
        )
    except MediaError as exc:
        raise FeishuUnavailable(f"HTTP {response.status} with a long body") from exc


def _raw(status: int, headers: Any, content: bytes) -> RawResponse:
    raw = RawResponse()
    raw.status_code = status
    raw.headers = headers
    raw.content = content
    return raw
