"""The way out of this machine: by which proxy, and whose certificates are trusted."""

from __future__ import annotations

import functools
import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3.util.ssl_ import create_urllib3_context

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The certificates to trust. Without one of ours urllib3 reads them for each connection.

    That takes 17 ms of CPU, so it is done once, before any fork.
    """
    context = create_urllib3_context()
    context.load_default_certs()
    return context


def proxy_for(url: str) -> str:
    """The environment's proxy for this address; it is for the outside world only.

    A WebSocket begins as a request, and takes the proxy of requests.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):
        return ""
    return getproxies().get({"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme), "")
