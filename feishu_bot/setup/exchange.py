"""One HTTP request, and at which layer it failed where it did."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from feishu_bot.core.doctor import printable
from feishu_bot.errors import FeishuUnavailable, MediaError
from feishu_bot.feishu.api.capped_body import read_capped
from feishu_bot.feishu.api.network import proxy_for, tls_context
from feishu_bot.feishu.unreached import Layer, layer_of

TIMEOUT = 6.0
# Of answers that are larger than any of Feishu's nothing is needed.
LARGEST = 2_000_000
LATE_HEAD = "the head of the answer takes too long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, after `seconds`; `certificate_ends` in seconds since the epoch, if known."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    seconds: float
    certificate_ends: float | None = None

    def header(self, name: str) -> str:
        """A header by its name in any letter case."""
        found = (value for key, value in self.headers.items() if key.lower() == name.lower())
        return next(found, "")

    def json(self) -> dict[str, Any] | None:
        """The JSON object in the body; None for anything else."""
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return data if isinstance(data, dict) else None

    def date(self) -> float | None:
        """The time by the sender's clock, in seconds since the epoch; None where it isn't told."""
        try:
            return parsedate_to_datetime(self.header("Date")).timestamp()
        except (TypeError, ValueError, OverflowError):
            return None

    @property
    def is_page(self) -> bool:
        """Whether it is made for a browser."""
        start = self.body[:200].lstrip().lower()
        return start.startswith((b"<!doctype", b"<html")) or "text/html" in self.header(
            "Content-Type"
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """There was no answer. `detail` is what the library says, for whoever looks deeper."""

    layer: Layer
    detail: str


def open_pool(url: str) -> urllib3.PoolManager:
    """For requests to this address and its like, through the proxy of the environment."""
    # HTTP_PROXY is our setting for the model service.
    proxy = proxy_for(url) if url.startswith("https:") else ""
    if proxy:
        return urllib3.ProxyManager(proxy, ssl_context=tls_context())
    return urllib3.PoolManager(ssl_context=tls_context())


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = TIMEOUT,
    pool: urllib3.PoolManager | None = None,
) -> Answer | Failure:
    """Send a request once; no redirect is followed. Without a `pool` it has one of its own.

    Takes twice `timeout` seconds at most, however slowly the answer trickles in.
    """
    started = time.monotonic()
    own: urllib3.PoolManager | None = None
    is_late = threading.Event()
    try:
        if pool is None:
            pool = own = open_pool(url)
        limit = urllib3.Timeout(connect=timeout, read=timeout)
        with _cut_after(2 * timeout, pool.connection_from_url(url), is_late):
            response = pool.request(
                method,
                url,
                body=body,
                headers=dict(headers or {}),
                timeout=limit,
                retries=False,
                redirect=False,
                preload_content=False,
            )
        if is_late.is_set():
            # What had come of the head counts as all of it.
            response.close()
            return Failure("timeout", LATE_HEAD)
        ends = _certificate_end(response)
        content = read_capped(response, most=LARGEST, ends_at=started + 2 * timeout)
        return Answer(
            status=response.status,
            headers=dict(response.headers),
            body=content,
            seconds=time.monotonic() - started,
            certificate_ends=ends,
        )
    except (FeishuUnavailable, ReadTimeoutError) as exc:
        return Failure("timeout", printable(str(exc)))
    except (MediaError, HTTPError, OSError, ValueError) as exc:
        if is_late.is_set():
            return Failure("timeout", LATE_HEAD)
        return Failure(
            layer_of(exc, url if url.startswith("https:") else ""),
            printable(f"{type(exc).__name__}: {exc}"),
        )
    finally:
        if own is not None:
            own.clear()


@contextmanager
def _cut_after(
    seconds: float, pool: urllib3.HTTPConnectionPool, is_late: threading.Event
) -> Iterator[None]:
    """Cut the connection that the next request of this pool takes, unless the block ends before.

    A timeout is that of one read, and each byte of a head is a read.
    """
    # The pool gives out first what it was given last.
    connection = pool._get_conn()  # noqa: SLF001
    pool._put_conn(connection)  # noqa: SLF001

    def cut() -> None:
        is_late.set()
        sock = getattr(connection, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _certificate_end(response: Any) -> float | None:
    """When the certificate of an open connection ends."""
    sock = getattr(getattr(response, "connection", None), "sock", None)
    try:
        return ssl.cert_time_to_seconds(sock.getpeercert()["notAfter"])  # type: ignore[union-attr]
    except (AttributeError, KeyError, TypeError, ValueError, OSError):
        return None
