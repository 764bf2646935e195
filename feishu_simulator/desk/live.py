"""Server-sent events for the page: everything once, then the changes."""

from __future__ import annotations

import json
import selectors
import time
from typing import Any

from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.view import Version, message_view, version_of
from feishu_simulator.server import RawConnection

# Changes within this time go out together; a growing card is redrawn twenty times a second.
REST_SECONDS = 0.05
# While nothing changes: how often to check that the page is still there, and when to send a ping.
LOOK_SECONDS = 0.5
PING_SECONDS = 15.0

_HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Connection: close\r\n\r\n"
    b"retry: 1000\n\n"
)


def follow(desk: Desk, connection: RawConnection) -> None:
    """Write to *connection* until the page leaves or the simulator stops."""
    try:
        _write_updates(desk, connection)
    except OSError:
        pass
    finally:
        connection.close()


def _write_updates(desk: Desk, connection: RawConnection) -> None:
    sent = _SentState(desk)
    state, stopping = desk.feishu.state, desk.feishu.api.stopping
    with selectors.DefaultSelector() as page:
        # The page sends nothing after its request: readable means closed.
        page.register(connection.socket, selectors.EVENT_READ)
        connection.send(_HEAD)
        written = time.monotonic()
        while not stopping.is_set() and not page.select(0):
            with state.lock:
                changes = state.changes
                update = sent.update()
            if update:
                connection.send(_event(update))
                written = time.monotonic()
            elif time.monotonic() - written > PING_SECONDS:
                connection.send(b": ping\n\n")
                written = time.monotonic()
            stopping.wait(REST_SECONDS)
            with state.condition:
                if state.changes == changes:
                    state.condition.wait(LOOK_SECONDS)


def _event(update: dict[str, Any]) -> bytes:
    """One event; a lone surrogate, which UTF-8 can't encode, becomes "?"."""
    return f"data: {json.dumps(update, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


class _SentState:
    """The state as one page has it. Used under the state's lock."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parts: dict[str, Any] = {}
        self._versions: dict[str, Version] = {}

    def update(self) -> dict[str, Any]:
        """The parts and messages that have changed since the last call.

        Where `scene` is among them the messages are all there are.
        """
        parts = self._desk.parts()
        is_new = self._parts.get("scene") not in (None, parts["scene"])
        if is_new:
            self._versions.clear()
        update = {name: part for name, part in parts.items() if self._parts.get(name) != part}
        self._parts = parts
        messages = []
        state = self._desk.feishu.state
        for message in state.messages.values():
            version = version_of(message)
            if self._versions.get(message.message_id) != version:
                self._versions[message.message_id] = version
                messages.append(message_view(message, state.images, state.files))
        if messages or is_new:
            update["messages"] = messages
        return update
