"""Wakes the answering processes when there is something new in the inbox."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

# How soon a listener notices that it is to stop.
POLL_SECONDS = 0.5


class Wakeup:
    """A pair of sockets, made before a fork: receivers notify, the answering process listens.

    A notification is lost when many are unread: then the listener is awake anyway, and the inbox
    is looked at now and then without one.
    """

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair()
        self._inside.settimeout(POLL_SECONDS)
        self._outside.settimeout(0.0)
        self._closing = threading.Event()
        self._listener: threading.Thread | None = None

    def notify(self) -> None:
        """There is something to do. Never waits."""
        with contextlib.suppress(OSError):
            self._outside.send(b"!")

    def listen(self, on_notify: Callable[[], None]) -> None:
        """Call `on_notify` for every notification, in a thread, until `close`."""
        self._listener = threading.Thread(
            target=self._listen, args=(on_notify,), name="wakeup", daemon=True
        )
        self._listener.start()

    def close(self) -> None:
        """Stop listening in this process; others that share the sockets go on listening."""
        self._closing.set()
        if self._listener:
            # Most likely our own listener gets it, and sees that it is to stop.
            self.notify()
            self._listener.join()
        self._inside.close()
        self._outside.close()

    def _listen(self, on_notify: Callable[[], None]) -> None:
        while not self._closing.is_set():
            # One at a time, so that other listeners get the next ones.
            with contextlib.suppress(TimeoutError):
                if self._inside.recv(1):
                    on_notify()
