"""One openai client per key over one connection pool, built at first use in each process."""

from __future__ import annotations

import functools
import ipaddress
import math
import os
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence

import httpx2
import openai
from typing_extensions import override

from feishu_bot.errors import ModelError
from feishu_bot.llm.base_address import BaseAddress
from feishu_bot.llm.deadline_transport import DeadlineTransport
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import error_of, model_error
from feishu_bot.llm.keys import secret_parts
from feishu_bot.tcp_keepalive import socket_options

# Seconds. The read timeout is that of calls without a StreamDeadline.
TIMEOUT = httpx2.Timeout(30.0, connect=10.0, pool=10.0)
# A connection that takes longer to open helps nobody.
WARM_SECONDS = 5.0
# Wide enough for 400 answers at once, with room for model lists as well. A connection that is kept
# saves a question three round trips; the server closes it when it wants.
LIMITS = httpx2.Limits(max_connections=450, max_keepalive_connections=50, keepalive_expiry=300.0)


# The words of errors come in the language that is asked for.
ACCEPT_LANGUAGE = "zh-CN, en"


def proxy_for(url: str, proxy: str) -> str:
    """The proxy to use for `url`: the one given, else the environment's, none on loopback."""
    parts = httpx2.URL(url)
    if _is_loopback(parts.host):
        return ""
    if proxy or urllib.request.proxy_bypass(parts.host):
        return proxy
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all") or ""


def proxy_setting(url: str, proxy: str) -> str:
    """The variable that `proxy_for` has its proxy from; empty for none."""
    if not proxy_for(url, proxy):
        return ""
    if proxy:
        return "HTTP_PROXY"
    scheme = httpx2.URL(url).scheme
    return f"{scheme.upper()}_PROXY" if scheme in urllib.request.getproxies() else "ALL_PROXY"


class Clients:
    """The openai clients of this process. A fork builds its own and shares no socket."""

    def __init__(
        self,
        *,
        api_url: str,
        proxy: str = "",
        user_agent: str = "",
        headers: Mapping[str, str] | None = None,
        keys: Sequence[str] = (),
        process: Callable[[], int] = os.getpid,
    ) -> None:
        """`headers` are sent with every call. They and the `keys` are `secrets`."""
        self.address = BaseAddress(api_url)
        self.secrets: tuple[str, ...] = (*keys, *secret_parts(headers or {}))
        self.proxy = proxy
        self._headers = {"Accept-Language": ACCEPT_LANGUAGE, **(headers or {})}
        if user_agent:
            self._headers["User-Agent"] = user_agent
        self._process = process
        self._tls = _tls_context()
        self._lock = threading.Lock()
        self._owner = 0
        self._http: httpx2.Client | None = None
        self._transport: DeadlineTransport | None = None
        self._client_by_key: dict[tuple[str, str], openai.OpenAI] = {}

    @property
    def base_url(self) -> str:
        """The address that calls go to, as far as it is known."""
        return self.address.url

    @property
    def proxied(self) -> str:
        """The variable with the proxy that lies between us and the gateway; empty for none."""
        return proxy_setting(self.base_url, self.proxy)

    def of(self, key: str, base_url: str = "") -> openai.OpenAI:
        """The client that asks with this key, at another `base_url` where one is given.

        Raises ModelError when the address is malformed.
        """
        base_url = base_url or self.base_url
        with self._lock:
            http = self._shared()
            client = self._client_by_key.get((key, base_url))
            if client is None:
                client = self._client_by_key[key, base_url] = _Client(
                    key=key,
                    base_url=base_url,
                    query=self.address.query,
                    headers=self._headers,
                    http_client=http,
                )
            return client

    def warm(self) -> None:
        """Have a connection open, by a request without a key that asks for nothing.

        Raises ModelError.
        """
        with self._lock:
            http = self._shared()
        sent = {name: value for name, value in self._headers.items() if name == "User-Agent"}
        try:
            http.head(self.base_url, headers=sent, timeout=WARM_SECONDS)
        # RuntimeError: the process ends, and has closed its connections meanwhile.
        except (httpx2.HTTPError, RuntimeError) as exc:
            raise self.failure_of(exc) from exc

    def failure_of(
        self,
        exc: Exception,
        *,
        timeout: ModelErrorKind = ModelErrorKind.GATEWAY_TIMEOUT_FIRST,
        broken: ModelErrorKind = ModelErrorKind.STREAM_BROKEN,
    ) -> ModelError:
        """What a call has run into, with the secrets of this service masked; see `error_of`."""
        return error_of(
            exc, timeout=timeout, broken=broken, proxied=self.proxied, keys=self.secrets
        )

    def idle(self) -> float:
        """Seconds since this process has last asked anything."""
        transport = self._transport if self._owner == self._process() else None
        return time.monotonic() - transport.used_at if transport else math.inf

    def close(self) -> None:
        """Close the connections of this process."""
        with self._lock:
            if self._http is not None and self._owner == self._process():
                self._http.close()
            self._http, self._client_by_key = None, {}

    def _shared(self) -> httpx2.Client:
        """The connections of this process, under the lock. Raises ModelError."""
        if self._owner != self._process():
            # The parent's clients belong to the parent: forgotten, not closed.
            self._owner, self._http, self._client_by_key = self._process(), None, {}
        if self._http is None:
            self._http = self._open()
        return self._http

    def _open(self) -> httpx2.Client:
        try:
            proxy = proxy_for(self.base_url, self.proxy)
        except httpx2.InvalidURL as exc:
            raise model_error(ModelErrorKind.ENDPOINT_MISSING, f"API_URL: {exc}") from exc
        try:
            transport = httpx2.HTTPTransport(
                verify=self._tls,
                limits=LIMITS,
                proxy=proxy or None,
                socket_options=socket_options(),
            )
        except (ImportError, ValueError, httpx2.InvalidURL) as exc:
            raise model_error(ModelErrorKind.PROXY_FAILED, f"{type(exc).__name__}: {exc}") from exc
        self._transport = DeadlineTransport(transport)
        return httpx2.Client(transport=self._transport, timeout=TIMEOUT)


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """The certificates to trust: 7 MB and 20 ms, so they are read once and before any fork."""
    return httpx2.create_ssl_context()


class _Client(openai.OpenAI):
    """An openai client that ignores OPENAI_* variables and never retries by itself."""

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        http_client: httpx2.Client,
    ) -> None:
        self._sent_headers: dict[str, str | openai.Omit] = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {key}",
            **headers,
        }
        super().__init__(
            api_key=key,
            base_url=base_url,
            default_query=query,
            http_client=http_client,
            timeout=TIMEOUT,
            max_retries=0,
        )

    @property
    @override
    def default_headers(self) -> dict[str, str | openai.Omit]:
        """Ours alone: the library's own come from OPENAI_ORG_ID and OPENAI_CUSTOM_HEADERS, too."""
        return {"User-Agent": self.user_agent, **self._sent_headers}

    @property
    @override
    def user_agent(self) -> str:
        """The name of the library; some firewalls refuse it, hence the setting."""
        return f"OpenAI/Python {openai.__version__}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
