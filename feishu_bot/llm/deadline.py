"""The deadlines of an answer, and its cancellation, enforced at each read of the socket.

A read timeout bounds one read, and the comments that gateways send to keep a connection open
prolong it for ever. So each read gets what is left of the time, and comments don't count.

A long read is made in short ones, so that a cancelled answer ends while the model is silent, by
the thread that reads: closing a socket that another thread reads would not be safe.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
from httpcore2 import ReadTimeout

from feishu_bot.llm.batched_reads import BatchedReader, Read, after
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.reads_at_once import reads_at_once
from feishu_bot.llm.stream_poller import StreamPoller

# After the finish_reason only the usage and [DONE] are missing: seconds to wait for them. Not
# too few, because there are services that say "stop" too early.
USAGE_TIMEOUT = 15.0
# After the usage only [DONE] is missing.
DONE_TIMEOUT = 2.0
# After [DONE] only the end of the HTTP body is missing; read, the connection can be used again.
DRAIN_TIMEOUT = 0.1
# How often a silent read asks whether it is cancelled, in seconds.
POLL_SECONDS = 0.5


class StreamDeadline:
    """The deadlines of one request: for the first token, between tokens, and for the whole.

    Times are in seconds; `ends_at` is a time of the timer.
    """

    def __init__(
        self,
        *,
        first: float,
        idle: float,
        ends_at: float,
        timer: Callable[[], float] = time.monotonic,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._timer = timer
        self._idle = idle
        self._ends_at = ends_at
        self._is_cancelled = is_cancelled
        self._until = timer() + first
        self._begun = False
        self._was_resumed = False
        self.complete = False

    def touch(self) -> None:
        """Start the idle time: a token came, and its reader wants the next."""
        self._begun = True
        if not self.complete:
            self._until = self._timer() + self._idle

    def finish(self, *, is_certain: bool = False) -> None:
        """Note that the answer is complete; only the usage may follow.

        A service that said so before, and then went on, is believed only if it `is_certain`.
        """
        if not self.complete and (is_certain or not self._was_resumed):
            self.complete = True
            self._until = self._timer() + USAGE_TIMEOUT

    def note_usage(self) -> None:
        """Note that the usage came, by itself."""
        if self.complete:
            self._until = min(self._until, self._timer() + DONE_TIMEOUT)

    def resume(self) -> None:
        """Take the end back: there is more of the answer after it."""
        if self.complete:
            self.complete, self._was_resumed = False, True
            self._until = self._timer() + self._idle

    def remaining(self) -> float:
        """Seconds left; raises httpx2.ReadTimeout when there are none."""
        seconds = min(self._until, self._ends_at) - self._timer()
        if seconds <= 0:
            raise httpx2.ReadTimeout("no token of the answer came in time")
        return seconds

    @property
    def timeout_kind(self) -> ModelErrorKind:
        """The kind of the deadline that is next, or has passed."""
        if self._ends_at <= self._until:
            return ModelErrorKind.GATEWAY_TIMEOUT_TOTAL
        return (
            ModelErrorKind.GATEWAY_TIMEOUT_IDLE
            if self._begun
            else ModelErrorKind.GATEWAY_TIMEOUT_FIRST
        )

    def watch(self, stream: Any, poller: StreamPoller, beginning: bytes = b"") -> None:
        """Read this network stream in batches and in time, after the `beginning` of a body."""
        batches = BatchedReader(
            functools.partial(type(stream).read, stream),
            reads_at_once(stream),
            poller=poller,
            may_wait=lambda: self._begun and not self.complete,
            is_encrypted=stream.get_extra_info("ssl_object") is not None,
        )

        # What is left of the deadline replaces the timeout.
        def read_in_time(max_bytes: int, timeout: float | None) -> bytes:  # noqa: ARG001
            return self.read(batches.read, max_bytes, self.remaining())

        stream.read = after(beginning, read_in_time)

    def read(self, read: Read, max_bytes: int, timeout: float | None) -> bytes:
        """`read` with this timeout, in short reads until something comes.

        Raises httpx2.ReadTimeout once the answer is cancelled.
        """
        ends_at = time.monotonic() + (self.remaining() if timeout is None else timeout)
        while True:
            # Heartbeats may come more often than a read times out, so ask before each read.
            if self._is_cancelled():
                raise httpx2.ReadTimeout("the answer is cancelled")
            left = ends_at - time.monotonic()
            try:
                return read(max_bytes, max(0.001, min(left, POLL_SECONDS)))
            except ReadTimeout:
                if left <= POLL_SECONDS:
                    raise

    def drain(self, chunks: Iterator[bytes]) -> None:
        """Read what follows a complete answer, so that the connection can be used again."""
        self._until = self._timer() + DRAIN_TIMEOUT
        with contextlib.suppress(httpx2.HTTPError):
            for _ in chunks:
                self.remaining()
