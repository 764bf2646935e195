"""One client of the WebSocket server, and what is sent to it."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feishu_simulator.delivery import Response
from feishu_simulator.long_connection.conditions import Conditions
from feishu_simulator.long_connection.frames import CONTROL, DATA, WireFrame, dump, load

if TYPE_CHECKING:
    from websockets.sync.server import ServerConnection

SERVICE = 33_554_678


@dataclass(slots=True)
class Exchange:
    """An event on its way: the answer comes as a frame with the same message_id."""

    done: threading.Event = field(default_factory=threading.Event)
    acks: list[WireFrame] = field(default_factory=list)


class LongConnectionClient:
    """Sends events to one client and waits for its answers. Thread safe."""

    def __init__(
        self, connection: ServerConnection, conditions: Conditions, on_change: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._conditions = conditions
        self._on_change = on_change
        self._waiting: dict[str, Exchange] = {}
        self.pings = 0
        self.acks: list[WireFrame] = []
        self.odd_messages: list[str | bytes] = []

    def serve(self) -> None:
        """Read what the client sends until the connection ends."""
        for message in self._connection:
            try:
                frame = load(message if isinstance(message, bytes) else b"")
            except ValueError:
                self.odd_messages.append(message)
                continue
            if frame.method == CONTROL and frame.named.get("type") == "ping":
                self._pong()
            elif frame.method == DATA:
                self._acknowledged(frame)

    def send(self, message: str | bytes) -> None:
        """Send anything at all, also what is no frame."""
        with contextlib.suppress(Exception):
            self._connection.send(message)

    def request(self, body: bytes, *, message_id: str, seconds: float) -> Response:
        """Send an event, and wait for its acknowledgement."""
        exchange, began = Exchange(), time.monotonic()
        self._waiting[message_id] = exchange
        try:
            for frame in self._frames(body, message_id):
                self.send(dump(frame))
            is_answered = exchange.done.wait(seconds)
        finally:
            self._waiting.pop(message_id, None)
        took = time.monotonic() - began
        if not is_answered:
            return Response(0, "", took, "timeout")
        return _response(exchange.acks[0], took)

    def kill(self) -> None:
        """Cut the connection without a word."""
        with contextlib.suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)

    def _frames(self, body: bytes, message_id: str) -> list[WireFrame]:
        size = self._conditions.chunk_bytes or len(body)
        chunks = [body[at : at + size] for at in range(0, len(body), size)]
        frames = [
            WireFrame(
                DATA,
                SERVICE,
                (
                    ("type", "event"),
                    ("message_id", message_id),
                    ("sum", str(len(chunks))),
                    ("seq", str(place)),
                    ("trace_id", message_id[::-1]),
                ),
                chunk,
                seq_id=place,
                log_id=1,
            )
            for place, chunk in enumerate(chunks)
        ]
        return frames[::-1] if self._conditions.chunks_reversed else frames

    def _pong(self) -> None:
        self.pings += 1
        if self._conditions.is_silent:
            return
        config = self._conditions.pong_config
        payload = json.dumps(config).encode() if config else b""
        self.send(dump(WireFrame(CONTROL, SERVICE, (("type", "pong"),), payload)))

    def _acknowledged(self, frame: WireFrame) -> None:
        self.acks.append(frame)
        exchange = self._waiting.get(frame.named.get("message_id", ""))
        if exchange:
            exchange.acks.append(frame)
            exchange.done.set()
        self._on_change()


def _response(ack: WireFrame, seconds: float) -> Response:
    """An acknowledgement as an HTTP answer would say it: `data` is the body in base64."""
    try:
        answer = json.loads(ack.payload)
        code = int(answer["code"])
        body = base64.b64decode(answer.get("data") or "", validate=True).decode()
    except (ValueError, KeyError, TypeError):
        return Response(0, ack.payload.decode("utf-8", "replace"), seconds, "unreadable")
    return Response(code, body, seconds)
