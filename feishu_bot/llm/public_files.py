"""Downloads from public addresses only: what models name may point into our own network.

A name is looked up once, and the address that was checked is the one that is connected to, so
that a name can't change its meaning in between. Redirects are followed by hand, each checked.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx2

from feishu_bot.errors import MediaError
from feishu_bot.llm.clients import proxy_for
from feishu_bot.llm.deadline import StreamDeadline
from feishu_bot.llm.deadline_transport import DeadlineTransport, deadline_for_requests

MAX_REDIRECTS = 3
# Seconds of connecting.
STEP_TIMEOUT = 15.0
_PORTS = {"http": 80, "https": 443}
# An IPv4 address inside an IPv6 one (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, and of no network of its own."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.teredo:
            return False
    return ip.is_global and not ip.is_multicast


class PublicDownloads:
    """Implements `core.public_files.PublicFiles`. Opens a connection for each file."""

    def __init__(
        self,
        *,
        proxy: str = "",
        trusted: str = "",
        resolve: Resolve = resolve,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """The host and port of `trusted`, an address of the administrator's, may be private.

        With a proxy it is the proxy that looks names up; those that we can look up are checked
        all the same.
        """
        self._proxy = proxy
        self._trusted = trusted
        self._resolve = resolve
        self._timer = timer

    def fetch(
        self,
        url: str,
        *,
        most: int,
        timeout: float,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> bytes:
        # However slowly its head or its body trickles in.
        deadline = StreamDeadline(
            first=timeout,
            idle=timeout,
            ends_at=self._timer() + timeout,
            timer=self._timer,
            is_cancelled=is_cancelled,
        )
        for _ in range(MAX_REDIRECTS + 1):
            address = _parsed(url)
            try:
                with self._open(address, deadline) as client, deadline_for_requests(deadline):
                    found = self._get(client, address, most)
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as exc:
                raise MediaError("media_unavailable", f"{type(exc).__name__}: {exc}") from exc
            if isinstance(found, bytes):
                if not found:
                    raise MediaError("media_empty")
                return found
            url = str(found)
        raise MediaError("media_unavailable", "too many redirects")

    def _open(self, url: httpx2.URL, deadline: StreamDeadline) -> httpx2.Client:
        proxy = proxy_for(str(url), self._proxy)
        transport = DeadlineTransport(httpx2.HTTPTransport(proxy=proxy or None))
        seconds = min(deadline.remaining(), STEP_TIMEOUT)
        return httpx2.Client(transport=transport, timeout=seconds, trust_env=False)

    def _get(self, client: httpx2.Client, url: httpx2.URL, most: int) -> bytes | httpx2.URL:
        """The file, or where it is said to be."""
        target, extensions = self._target(url)
        # Packed, a small answer could become a large one.
        headers = {"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        with client.stream("GET", target, headers=headers, extensions=extensions) as response:
            if response.is_redirect:
                return url.join(response.headers.get("location", ""))
            if response.status_code != 200:
                raise MediaError("media_unavailable", f"HTTP {response.status_code}")
            declared = response.headers.get("content-length", "")
            if declared.isdecimal() and int(declared) > most:
                raise MediaError("media_too_large", f"{declared} bytes")
            data = bytearray()
            for piece in response.iter_raw():
                data += piece
                if len(data) > most:
                    raise MediaError("media_too_large", f"more than {most} bytes")
            return bytes(data)

    def _target(self, url: httpx2.URL) -> tuple[httpx2.URL, dict[str, Any]]:
        """The address to connect to. Raises MediaError where it isn't public."""
        if self._trusted and _origin(url) == _origin(httpx2.URL(self._trusted)):
            return url, {}
        port = url.port or _PORTS[url.scheme]
        is_proxied = bool(proxy_for(str(url), self._proxy))
        try:
            addresses = self._resolve(url.host, port)
        except OSError as exc:
            if is_proxied and "." in url.host:
                return url, {}
            raise MediaError("media_unavailable", f"no address: {exc}") from exc
        if not addresses or not all(map(is_public, addresses)):
            raise MediaError("media_forbidden", f"{url.host} is not public")
        if is_proxied:
            return url, {}
        # The certificate is still that of the name.
        address = min(addresses, key=lambda one: ":" in one)
        return url.copy_with(host=address), {"sni_hostname": url.host}


def _parsed(url: str) -> httpx2.URL:
    try:
        address = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError) as exc:
        raise MediaError("media_unavailable", "no address") from exc
    if address.scheme not in _PORTS or not address.host or address.userinfo:
        raise MediaError("media_forbidden", f"an address of {address.scheme or 'no scheme'}")
    return address


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme, 0)
