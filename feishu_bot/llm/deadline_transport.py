"""An HTTP transport that holds each response to the deadline of its request."""

from __future__ import annotations

import contextlib
import functools
import re
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import httpx2
from httpcore2 import NetworkError, ReadTimeout
from typing_extensions import override

from feishu_bot.llm.batched_reads import Read, after
from feishu_bot.llm.chunked_body import ChunkedBody
from feishu_bot.llm.deadline import StreamDeadline
from feishu_bot.llm.reads_at_once import READ_BYTES
from feishu_bot.llm.stream_poller import StreamPoller

# The end of a head, as the HTTP library sees it; the bytes of it that may come before the others.
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_BEGUN_END = 2

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
        self._poller = StreamPoller()
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
        beginning = read_before.take_held() if isinstance(read_before, _HeadReader) else None
        deadline.watch(network_stream, self._poller, beginning or b"")
        coding = response.headers.get("transfer-encoding", "")
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Body(
                response.stream,
                deadline,
                network_stream,
                read_before,
                is_chunked=beginning is not None and coding.strip().lower() == "chunked",
            ),
            extensions=response.extensions,
        )

    @override
    def close(self) -> None:
        self._transport.close()


class _Body(httpx2.SyncByteStream):
    """A response body that gives its connection back to the pool as it was.

    One that `is_chunked`, and that the HTTP library has read nothing of, is decoded here.
    """

    def __init__(
        self,
        stream: httpx2.SyncByteStream,
        deadline: StreamDeadline,
        network_stream: Any,
        read_before: Read | None,
        *,
        is_chunked: bool,
    ) -> None:
        self._stream = stream
        self._pieces = self._decoded() if is_chunked else iter(stream)
        self._deadline = deadline
        self._network_stream = network_stream
        self._read_before = read_before

    @override
    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def _decoded(self) -> Iterator[bytes]:
        """The data of the chunks. The library reads what follows, and judges it: the end, what
        isn't understood, and how it broke off.
        """
        stream, body = self._network_stream, ChunkedBody()
        read = further = stream.read
        try:
            while not body.rest:
                received = read(READ_BYTES)
                if not received:
                    further = _nothing
                    break
                if data := body.decode(received):
                    yield data
        except (NetworkError, ReadTimeout, httpx2.ReadTimeout) as exc:
            further = functools.partial(_fail, exc)
        stream.read = after(body.rest, further)
        yield from self._stream

    @override
    def close(self) -> None:
        if self._deadline.complete:
            self._deadline.drain(self._pieces)
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
    """Reads a connection while no body is read, and holds back what comes after a head."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._last = b""
        self._held = b""

    def __call__(self, max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = _current.get()
        if deadline is None:
            return self._read(max_bytes, timeout)
        # Not the timeout of one read, which a head that trickles in would prolong for ever.
        received = self._held or deadline.read(self._read, max_bytes, None)
        self._held = b""
        found = _END_OF_HEAD.search(self._last + received)
        if found is None:
            self._last = (self._last + received)[-_BEGUN_END:]
            return received
        end = found.end() - len(self._last)
        self._last, self._held = b"", received[end:]
        return received[:end]

    def take_held(self) -> bytes | None:
        """The first bytes of the body; None where the library may have read more than the head."""
        held, self._held = self._held, b""
        last, self._last = self._last, b""
        return None if last else held


def _nothing(_max_bytes: int, _timeout: float | None) -> bytes:
    return b""


def _fail(failure: Exception, _max_bytes: int, _timeout: float | None) -> bytes:
    raise failure
