"""An HTTP transport that holds each response to the deadline of its request."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import httpx2
from typing_extensions import override

from feishu_bot.llm.batched_reads import Read
from feishu_bot.llm.chunked_body import ChunkJoiner
from feishu_bot.llm.deadline import StreamDeadline

_current: ContextVar[StreamDeadline | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def deadline_for_requests(deadline: StreamDeadline) -> Iterator[None]:
    """Requests sent inside this block by this thread are bound to `deadline`."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


class DeadlineTransport(httpx2.BaseTransport):
    """A transport that enforces the deadline of a request, where there is one."""

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport
        # When something was last asked for, in monotonic seconds.
        self.used_at = float("-inf")

    @override
    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "HEAD":
            self.used_at = time.monotonic()
        # Whichever request opens the connection, an answer may be read from it later.
        request.extensions = {**request.extensions, "trace": _poll_cancel}
        deadline = _current.get()
        if deadline is None:
            return self._transport.handle_request(request)
        timeouts = {**request.extensions.get("timeout", {}), "read": deadline.remaining()}
        request.extensions = {**request.extensions, "timeout": timeouts}
        response = self._transport.handle_request(request)
        network_stream = response.extensions["network_stream"]
        read_before = vars(network_stream).get("read")
        deadline.watch(network_stream, _joiner(response, read_before))
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_DeadlineBytes(response.stream, deadline, network_stream, read_before),
            extensions=response.extensions,
        )

    @override
    def close(self) -> None:
        self._transport.close()


class _DeadlineBytes(httpx2.SyncByteStream):
    """A response body that gives its connection back to the pool as it was."""

    def __init__(
        self,
        stream: httpx2.SyncByteStream,
        deadline: StreamDeadline,
        network_stream: Any,
        read_before: Read | None,
    ) -> None:
        self._stream = stream
        self._chunks = iter(stream)
        self._deadline = deadline
        self._network_stream = network_stream
        self._read_before = read_before

    @override
    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    @override
    def close(self) -> None:
        if self._deadline.complete:
            self._deadline.drain(self._chunks)
        vars(self._network_stream).pop("read", None)
        if self._read_before is not None:
            self._network_stream.read = self._read_before
        self._stream.close()


def _poll_cancel(event: str, info: dict[str, Any]) -> None:
    """Let a connection that was just opened poll while it waits for the head of a response.

    A trace ("Extensions" of httpx): the only access to a connection before its response is there.
    """
    if event.endswith(("connect_tcp.complete", "start_tls.complete")):
        stream = info["return_value"]
        stream.read = _HeadReader(functools.partial(type(stream).read, stream))


class _HeadReader:
    """Reads a connection while no body is read; keeps what came with the head of a response."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._received = b""

    def __call__(self, max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = _current.get()
        if deadline is None:
            return self._read(max_bytes, timeout)
        received = deadline.read(self._read, max_bytes, timeout)
        self._received += received
        return received

    def take_beginning(self) -> bytes:
        """The first bytes of the body, as far as they were read with the head."""
        received, self._received = self._received, b""
        return received.partition(b"\r\n\r\n")[2]


def _joiner(response: httpx2.Response, head: Read | None) -> ChunkJoiner | None:
    """What joins the chunks of this body; None where it has none, or isn't known from its start."""
    beginning = head.take_beginning() if isinstance(head, _HeadReader) else None
    is_chunked = response.headers.get("transfer-encoding", "").strip().lower() == "chunked"
    return ChunkJoiner(beginning) if is_chunked and beginning is not None else None
