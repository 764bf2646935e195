"""Tells the processes that answer that there is something new in the inbox."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

# How soon a listener notices that it is to stop.
POLL_SECONDS = 0.5


class Wakeup:
    """A pair of sockets, made before a fork: who takes events in rings, who answers listens.

    A ring may get lost when many are waiting to be heard: then somebody is on the way anyway, and
    the inbox is looked at now and then without a ring.
    """

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair()
        self._inside.settimeout(POLL_SECONDS)
        self._outside.setblocking(False)
        self._closing = threading.Event()
        self._listener: threading.Thread | None = None

    def ring(self) -> None:
        """There is something to do. Never waits."""
        with contextlib.suppress(OSError):
            self._outside.send(b"!")

    def listen(self, hear: Callable[[], None]) -> None:
        """Call `hear` for every ring, in a thread, until `close`."""
        self._listener = threading.Thread(
            target=self._listen, args=(hear,), name="bell", daemon=True
        )
        self._listener.start()

    def close(self) -> None:
        """Stop listening in this process; others that share the bell go on."""
        self._closing.set()
        if self._listener:
            # Most likely heard by our own listener, which then sees that it is to stop.
            self.ring()
            self._listener.join()
        self._inside.close()
        self._outside.close()

    def _listen(self, hear: Callable[[], None]) -> None:
        while not self._closing.is_set():
            # One ring at a time, so that others who listen hear the next ones.
            with contextlib.suppress(TimeoutError):
                if self._inside.recv(1):
                    hear()
