"""Has the administrators told what keeps the long connection away, or takes events from it.

Whoever holds the connection only receives; those that answer look at what it tells of itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from feishu_bot.core.alerts import Alert, AlertSink
from feishu_bot.core.long_connection import ConnectionState
from feishu_bot.errors import StoreUnavailable
from feishu_bot.feishu.long_connection.endpoint import FORBIDDEN, TOO_MANY
from feishu_bot.feishu.poller import Poller

LOOK_SECONDS = 60.0
# With wrong credentials nothing could be told in the chat either.
_BY_REFUSAL = {FORBIDDEN: "connection_forbidden", TOO_MANY: "connections_too_many"}


class ConnectionAlerts:
    """Notes each minute what an administrator has to see to. `read` may raise StoreUnavailable."""

    def __init__(self, read: Callable[[], ConnectionState], sink: AlertSink) -> None:
        self._read = read
        self._sink = sink
        self._late_events = 0
        self._poller = Poller("connection-alerts", self._look, on_failure=lambda _: None)

    def start(self) -> None:
        """Begin to look, in a thread of its own."""
        self._poller.start()

    def stop(self) -> None:
        """End the thread."""
        self._poller.stop()

    def _look(self) -> float:
        # Whoever needs the database more says so.
        with contextlib.suppress(StoreUnavailable):
            self.note(self._read())
        return LOOK_SECONDS

    def note(self, state: ConnectionState) -> None:
        """Note what is wrong with it."""
        kind = _BY_REFUSAL.get(state.refusal)
        if kind and not state.connected:
            self._sink.note(Alert(kind=kind))
        if state.late_events > self._late_events:
            self._sink.note(Alert(kind="events_elsewhere"))
        # It begins anew with each process that holds the connection.
        self._late_events = state.late_events
