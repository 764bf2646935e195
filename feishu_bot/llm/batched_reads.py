"""Reads a stream in batches: what comes until the next frame of a card is one read.

A read that goes through the HTTP library costs several times what its bytes do. So the bytes are
collected below it, and handed on when a frame may show them, or as soon as the end of the answer
is among them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

from httpcore2 import NetworkError

from feishu_bot.llm.reads_at_once import READ_BYTES, ReadAtOnce
from feishu_bot.llm.stream_poller import StreamPoller

# Bytes that are handed on however few looks they took: a picture among the text.
_LARGEST_BATCH: Final = 16 * READ_BYTES
# [DONE], a reason to finish, or the last chunk of the body (RFC 9112, 7.1).
_END = re.compile(rb'\[DONE\]|"finish_reason": ?"[^"]|\r\n0\r\n')
# Bytes: a sign of the end may come in two pieces.
_SIGN_LENGTH: Final = 20

Read = Callable[[int, float | None], bytes]


def after(beginning: bytes, read: Read) -> Read:
    """Reads the `beginning`, however long, and then what `read` gives."""
    waiting = [beginning] if beginning else []

    # The HTTP library gives the timeout by name.
    def read_on(max_bytes: int, timeout: float | None = None) -> bytes:
        return waiting.pop() if waiting else read(max_bytes, timeout)

    return read_on


class BatchedReader:
    """The reads of one stream: `read` waits, `read_at_once` doesn't.

    `may_wait` says whether more may be waited for than has come. One that `is_encrypted` is read
    record by record: TLS gives no more at once.
    """

    def __init__(
        self,
        read: Read,
        read_at_once: ReadAtOnce,
        *,
        poller: StreamPoller,
        may_wait: Callable[[], bool],
        is_encrypted: bool = False,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._read_at_once = read_at_once
        self._poller = poller
        self._may_wait = may_wait
        self._is_encrypted = is_encrypted
        self._timer = timer
        self._handed_on = timer()
        self._due = 0.0
        self._batch = b""
        self._failure: NetworkError | None = None

    def read(self, max_bytes: int, timeout: float | None) -> bytes:
        """What has come since the last call, with patience; empty at the end of the stream.

        Waits `timeout` seconds for the first of it. Raises what reading the stream raises, after
        what came before it.
        """
        if self._may_wait():
            self._collect(timeout)
        if not self._batch:
            if self._failure is not None:
                raise self._failure
            self._batch = self._read(min(max_bytes, READ_BYTES), timeout)
        self._handed_on = self._timer()
        batch, self._batch = self._batch, b""
        return batch

    def _collect(self, timeout: float | None) -> None:
        self._due = self._handed_on + self._poller.batch_seconds
        now = self._timer()
        if timeout is not None:
            self._due = min(self._due, now + timeout)
        if self._due > now and self._failure is None:
            self._poller.collect(self._look)

    def _look(self) -> bool:
        """Add what has come by now to the batch; whether it is to be handed on."""
        seen = max(0, len(self._batch) - _SIGN_LENGTH)
        try:
            while piece := self._read_at_once():
                self._batch += piece
                if len(self._batch) >= _LARGEST_BATCH:
                    return True
                if len(piece) < READ_BYTES and not self._is_encrypted:
                    break
            # The end of the stream is told by the next read that waits.
            is_over = piece == b""
        except NetworkError as exc:
            self._failure = exc
            return True
        return is_over or self._timer() >= self._due or _END.search(self._batch, seen) is not None
