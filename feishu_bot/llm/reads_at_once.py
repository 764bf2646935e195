"""Reads of a connection that take what is there and don't wait.

httpcore's own read would do with a timeout of zero, but maps exceptions at several times the cost
of the read, and of a TLS connection each token is one: it comes in a record of its own.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, Final

from httpcore2 import NetworkError, ReadError

# Bytes of one read: what a longer buffer leaves splits the heap.
READ_BYTES: Final = 16_384
# How a socket says that nothing is there.
_NOTHING_YET: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

# The next bytes; None where nothing is there, empty at the end. Raises httpcore's NetworkError.
ReadAtOnce = Callable[[], bytes | None]


def reads_at_once(stream: Any) -> ReadAtOnce:
    """How to read this network stream of httpcore."""
    if isinstance(stream.get_extra_info("ssl_object"), ssl.SSLObject):
        return lambda: _through_both(stream)
    sock = stream.get_extra_info("socket")

    def read() -> bytes | None:
        try:
            # Raises, too, where the client was closed meanwhile.
            sock.settimeout(0.0)
            received: bytes = sock.recv(READ_BYTES)
        except _NOTHING_YET:
            return None
        except OSError as exc:
            raise ReadError(str(exc)) from exc
        return received

    return read


def _through_both(stream: Any) -> bytes | None:
    """TLS inside of TLS, through a proxy that is spoken to in TLS: only the stream decrypts it."""
    try:
        received: bytes = type(stream).read(stream, READ_BYTES, 0.0)
    except NetworkError as exc:
        if isinstance(exc.__cause__, _NOTHING_YET):
            return None
        raise
    return received
