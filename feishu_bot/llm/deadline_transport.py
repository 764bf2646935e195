"""An HTTP transport that holds each response to the deadline of its request."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import httpx2
from typing_extensions import override

from feishu_bot.llm.deadline import Read, StreamDeadline

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

    @override
    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
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
        deadline.watch(network_stream)
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
    if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
        return
    stream = info["return_value"]
    read: Read = functools.partial(type(stream).read, stream)

    def polling_read(max_bytes: int, timeout: float | None) -> bytes:
        deadline = _current.get()
        if deadline is None:
            return read(max_bytes, timeout)
        return deadline.read(read, max_bytes, timeout)

    stream.read = polling_read
