"""The page kept up to date by server-sent events: everything once, then what has changed."""

from __future__ import annotations

import json
import selectors
import time
from typing import Any

from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.view import Version, message_view, version_of
from feishu_simulator.server import Wire

# Changes within this time go out together; a card that grows is redrawn twenty times a second.
REST_SECONDS = 0.05
# While nothing changes: how often to look whether the page has gone, and when to write something.
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


def follow(desk: Desk, wire: Wire) -> None:
    """Write to *wire* until the page goes or the simulator stops."""
    sent = _Sent(desk)
    world, stopping = desk.feishu.world, desk.feishu.api.stopping
    try:
        with selectors.DefaultSelector() as page:
            # The page sends nothing after its request: what can be read is the end.
            page.register(wire.connection, selectors.EVENT_READ)
            wire.send(_HEAD)
            told = time.monotonic()
            while not stopping.is_set() and not page.select(0):
                with world.lock:
                    changes = world.changes
                    news = sent.news()
                if news:
                    wire.send(_event(news))
                    told = time.monotonic()
                elif time.monotonic() - told > PING_SECONDS:
                    wire.send(b": ping\n\n")
                    told = time.monotonic()
                stopping.wait(REST_SECONDS)
                with world.condition:
                    if world.changes == changes:
                        world.condition.wait(LOOK_SECONDS)
    except OSError:
        pass
    finally:
        wire.close()


def _event(news: dict[str, Any]) -> bytes:
    """Halves of surrogate pairs, which a program may send but UTF-8 can't hold, become "?"."""
    return f"data: {json.dumps(news, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


class _Sent:
    """What one page knows already. Used under the world's lock."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parts: dict[str, Any] = {}
        self._versions: dict[str, Version] = {}

    def news(self) -> dict[str, Any]:
        """The parts of the desk that differ from what was sent, and the messages that do."""
        parts = self._desk.parts()
        news = {name: part for name, part in parts.items() if self._parts.get(name) != part}
        self._parts = parts
        messages = []
        for message in self._desk.feishu.world.messages.values():
            version = version_of(message)
            if self._versions.get(message.message_id) != version:
                self._versions[message.message_id] = version
                messages.append(message_view(message, self._desk.feishu.world))
        if messages:
            news["messages"] = messages
        return news
