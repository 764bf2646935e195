"""How long an answer may take, enforced at the socket.

A read timeout bounds one read, and the comments that gateways send to keep a connection open
prolong it for ever. So each read gets what is left of the time, and comments count for nothing.

A long read is made in short ones, so that an answer nobody wants any more is given up while the
model is silent, by the thread that reads: closing a socket under it would not be safe.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import httpx2
from httpcore2 import ReadTimeout

from feishu_bot.llm.error_kinds import ModelErrorKind

# After the finish_reason only the usage and [DONE] are missing: seconds to wait for them.
USAGE_TIMEOUT = 5.0
# After [DONE] only the end of the HTTP body is missing; read, the connection can be used again.
DRAIN_TIMEOUT = 0.1
# How often a silent read looks up, in seconds.
POLL_SECONDS = 0.5

Read = Callable[[int, float | None], bytes]

_current: ContextVar[StreamDeadline | None] = ContextVar("patience", default=None)


def pause_for(streams: int) -> float:
    """Seconds to let chunks gather while `streams` answers run: 0 up to 8, 0.05 at 50, 0.4 at 200.

    Waking a thread costs several times more than reading one more chunk. With many answers a card
    is drawn rarely anyway, since all of them share Feishu's 50 frames a second.
    """
    if streams <= 50:
        return 0.05 * max(streams - 8, 0) / 42
    return min(0.05 + 0.35 * (streams - 50) / 150, 0.4)


class StreamDeadline:
    """The deadlines of one request: for the first word, between words, and for the whole.

    Times are in seconds; `ends_at` is on the clock's scale. `pause` is asked before each read.
    """

    def __init__(
        self,
        *,
        first: float,
        idle: float,
        ends_at: float,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[], float] = lambda: 0.0,
        is_unwanted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._idle = idle
        self._ends_at = ends_at
        self._pause = pause
        self._is_unwanted = is_unwanted
        self._until = clock() + first
        self._begun = False
        self.complete = False

    def heard(self) -> None:
        """A word of the answer came, and whoever reads it wants the next."""
        self._begun = True
        if not self.complete:
            self._until = self._clock() + self._idle

    def finish(self) -> None:
        """The answer is complete; only the usage may follow."""
        if not self.complete:
            self.complete = True
            self._until = self._clock() + USAGE_TIMEOUT

    def remaining(self) -> float:
        """Seconds left; raises httpx2.ReadTimeout when there are none."""
        seconds = min(self._until, self._ends_at) - self._clock()
        if seconds <= 0:
            raise httpx2.ReadTimeout("no word of the answer came in time")
        return seconds

    @property
    def kind(self) -> ModelErrorKind:
        """Which of the deadlines is the next, or was the one that passed."""
        if self._ends_at <= self._until:
            return ModelErrorKind.GATEWAY_TIMEOUT_TOTAL
        return (
            ModelErrorKind.GATEWAY_TIMEOUT_IDLE
            if self._begun
            else ModelErrorKind.GATEWAY_TIMEOUT_FIRST
        )

    def watch(self, stream: Any) -> None:
        """Let every read of this network stream end in time."""
        read = functools.partial(type(stream).read, stream)

        def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
            self._rest()
            return self.read(read, max_bytes, self.remaining())

        stream.read = read_in_time

    def read(self, read: Read, max_bytes: int, timeout: float | None) -> bytes:
        """`read` with this timeout, unless the answer is unwanted before anything comes."""
        ends_at = time.monotonic() + (self.remaining() if timeout is None else timeout)
        while True:
            # Heartbeats are no words, and may come more often than a read looks up.
            if self._is_unwanted() and not self.complete:
                raise httpx2.ReadTimeout("nobody wants the answer any more")
            left = ends_at - time.monotonic()
            try:
                return read(max_bytes, max(0.001, min(left, POLL_SECONDS)))
            except ReadTimeout:
                if left <= POLL_SECONDS:
                    raise

    def drain(self, chunks: Iterator[bytes]) -> None:
        """Read what follows a complete answer, so that the connection can be used again."""
        self._until = self._clock() + DRAIN_TIMEOUT
        with contextlib.suppress(httpx2.HTTPError):
            for _ in chunks:
                self.remaining()

    def _rest(self) -> None:
        if not self._begun or self.complete:
            return
        seconds = self._pause()
        if seconds > 0:
            time.sleep(min(seconds, self.remaining()))


@contextlib.contextmanager
def deadline_for_requests(patience: StreamDeadline) -> Iterator[None]:
    """Requests sent inside this block by this thread are bound to `patience`."""
    token = _current.set(patience)
    try:
        yield
    finally:
        _current.reset(token)


def _poll_cancel(event: str, info: dict[str, Any]) -> None:
    """Let a connection that was just opened look up while it waits for a response's beginning.

    A trace ("Extensions" of httpx): the only sight of a connection before its response is there.
    """
    if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
        return
    stream = info["return_value"]
    read: Read = functools.partial(type(stream).read, stream)

    def read_looking_up(max_bytes: int, timeout: float | None = None) -> bytes:
        patience = _current.get()
        if patience is None:
            return read(max_bytes, timeout)
        return patience.read(read, max_bytes, timeout)

    stream.read = read_looking_up


class DeadlineTransport(httpx2.BaseTransport):
    """A transport that holds responses to the patience of their request, where there is one."""

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        # Whatever opens the connection, an answer may be read from it later.
        request.extensions = {**request.extensions, "trace": _poll_cancel}
        patience = _current.get()
        if patience is None:
            return self._transport.handle_request(request)
        timeouts = {**request.extensions.get("timeout", {}), "read": patience.remaining()}
        request.extensions = {**request.extensions, "timeout": timeouts}
        response = self._transport.handle_request(request)
        network_stream = response.extensions["network_stream"]
        read_before = vars(network_stream).get("read")
        patience.watch(network_stream)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_DeadlineBytes(response.stream, patience, network_stream, read_before),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._transport.close()


class _DeadlineBytes(httpx2.SyncByteStream):
    """A response body whose connection goes back to the pool as it came."""

    def __init__(
        self,
        stream: httpx2.SyncByteStream,
        patience: StreamDeadline,
        network_stream: Any,
        read_before: Read | None,
    ) -> None:
        self._stream = stream
        self._chunks = iter(stream)
        self._patience = patience
        self._network_stream = network_stream
        self._read_before = read_before

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        if self._patience.complete:
            self._patience.drain(self._chunks)
        vars(self._network_stream).pop("read", None)
        if self._read_before is not None:
            self._network_stream.read = self._read_before
        self._stream.close()
