"""Reads a stream in batches: what comes until the next frame of a card is one read.

A read that goes through the HTTP library costs several times what its bytes do. So the bytes are
collected below it, where looking for more costs little, and handed on when a frame may show them,
or as soon as the end of the answer is among them.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Final

from httpcore2 import NetworkError

# Bytes of one read: what a longer buffer leaves splits the heap. A batch may have several.
READ_BYTES: Final = 16_384
# Seconds that a batch takes: a card shows four frames a second at most.
BATCH_SECONDS = 0.2
# Seconds of a read that takes only what is there, and how the socket says that there is nothing.
_AT_ONCE: Final = 0.0
_NOTHING_YET: Final = (BlockingIOError, ssl.SSLWantReadError)
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
    """The reads of one stream. `pause` gives the seconds between two looks for more; 0.0 is none.

    `may_wait` says whether more may be waited for than has come. One that `is_encrypted` is read
    record by record: TLS gives no more at once, and a gateway sends each token in one of its own.
    """

    def __init__(
        self,
        read: Read,
        *,
        pause: Callable[[], float],
        may_wait: Callable[[], bool],
        is_encrypted: bool = False,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._is_encrypted = is_encrypted
        self._pause = pause
        self._may_wait = may_wait
        self._timer = timer
        self._handed_on = timer()
        self._failure: NetworkError | None = None
        # More is there than one batch takes: what is sent that fast is not waited for.
        self._is_full = False

    def read(self, max_bytes: int, timeout: float | None) -> bytes:
        """What has come since the last call, with patience; empty at the end of the stream.

        Waits `timeout` seconds for the first of it. Raises what reading the stream raises, after
        what came before it.
        """
        if self._failure is not None:
            raise self._failure
        max_bytes = min(max_bytes, READ_BYTES)
        batch = self._collected(max_bytes, timeout) if self._may_wait() else []
        if not batch:
            batch = [self._read(max_bytes, timeout)]
        self._handed_on = self._timer()
        self._is_full = sum(map(len, batch)) >= max_bytes
        return b"".join(batch)

    def _collected(self, max_bytes: int, timeout: float | None) -> list[bytes]:
        pieces: list[bytes] = []
        pause = self._pause()
        if pause <= 0:
            return pieces
        due = self._handed_on + max(pause, BATCH_SECONDS)
        if timeout is not None:
            due = min(due, self._timer() + timeout)
        last, size = b"", 0
        is_at_once = self._is_full
        while (left := due - self._timer()) > 0:
            if not is_at_once:
                time.sleep(min(pause, left))
            is_at_once = False
            try:
                for piece in self._there(max_bytes):
                    pieces.append(piece)
                    size += len(piece)
                    last += piece
                    if not piece or size >= max_bytes or _END.search(last):
                        return pieces
                    last = last[-_SIGN_LENGTH:]
            except NetworkError as exc:
                if not pieces:
                    raise
                self._failure = exc
                break
        return pieces

    def _there(self, max_bytes: int) -> Iterator[bytes]:
        """What has come by now, in pieces; the last one is empty at the end of the stream."""
        while True:
            try:
                piece = self._read(max_bytes, _AT_ONCE)
            except NetworkError as exc:
                if isinstance(exc.__cause__, _NOTHING_YET):
                    return
                raise
            yield piece
            if not piece or (len(piece) < max_bytes and not self._is_encrypted):
                return
