"""One open WebSocket: reads frames, answers them, and gives up when the other end falls silent."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection

from feishu_bot.errors import Unreadable
from feishu_bot.feishu.long_connection import frames
from feishu_bot.feishu.long_connection.chunks import ChunkJoiner
from feishu_bot.feishu.long_connection.endpoint import ping_seconds
from feishu_bot.feishu.long_connection.frame_workers import FrameWorkers
from feishu_bot.feishu.long_connection.frames import Frame
from feishu_bot.logs import get_limited_logger, get_logger

logger = get_logger(__name__)

# How often it is asked whether the connection may still be there.
TICK_SECONDS = 0.25
# Every ping is answered. After so many times the pause between them without anything, the
# connection is dead, whatever the system believes.
SILENT_PINGS = 2.0
# "card" is the old card callback's; the new one comes as an event.
HANDLED_TYPES = frozenset({"event", "card"})

Answer = Callable[[bytes], bytes | None]


class Connection:
    """Serves one open `socket` until either end closes it.

    `answer` is given each whole payload, in a thread of the `workers`; None sends nothing, so that
    Feishu repeats the event. `may_live` is asked all the time: once it says no, the socket is
    closed at once. `on_left_out` is told of each event that there is no room for.
    """

    def __init__(
        self,
        socket: ClientConnection,
        *,
        service: int,
        ping_seconds: float,
        workers: FrameWorkers,
        answer: Answer,
        may_live: Callable[[], bool],
        on_left_out: Callable[[], None],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._socket = socket
        self._service = service
        self._ping_seconds = ping_seconds
        self._workers = workers
        self._answer = answer
        self._may_live = may_live
        self._on_left_out = on_left_out
        self._timer = timer
        self._chunks = ChunkJoiner(timer=timer)
        self._closed = threading.Event()
        self._is_draining = False
        self._faults = get_limited_logger(__name__)
        self.opened_at = self.frame_at = timer()
        self.event_at: float | None = None

    def serve(self) -> None:
        """Read until the connection ends."""
        guard = threading.Thread(target=self._guard, name="long-connection-guard", daemon=True)
        guard.start()
        try:
            while True:
                self._take(self._socket.recv())
        except ConnectionClosed:
            # Its text may quote what the other end gave as the reason.
            pass
        finally:
            self._closed.set()
            self.abort()
            guard.join()

    def drain(self) -> None:
        """Take no further event in; what was taken can still be answered."""
        self._is_draining = True

    def close(self) -> None:
        """Say goodbye and close."""
        self._closed.set()
        # The goodbye waits for a send that is stuck; what then closes the socket doesn't.
        timer = threading.Timer(2.0, self.abort)
        timer.daemon = True
        timer.start()
        with contextlib.suppress(WebSocketException, OSError):
            self._socket.close()
        timer.cancel()

    def abort(self) -> None:
        """Close the socket at once, whatever is being sent."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)

    def _guard(self) -> None:
        """Pings, and closes the socket when it may not live or nothing comes any more."""
        ping_at = self._timer()
        pinger = threading.Thread()
        while not self._closed.wait(TICK_SECONDS if ping_at > self._timer() else 0):
            now = self._timer()
            if not self._may_live():
                logger.info("long connection given up: another process holds it, or will")
                self.abort()
            elif now - self.frame_at > SILENT_PINGS * self._ping_seconds:
                seconds = round(now - self.frame_at)
                logger.warning("long connection silent, connecting anew", seconds=seconds)
                self.abort()
            elif now >= ping_at or ping_at - now > self._ping_seconds:
                # The pause may have become shorter meanwhile.
                ping_at = now + self._ping_seconds
                if not pinger.is_alive():
                    # In a thread of its own: a send may be stuck.
                    pinger = threading.Thread(target=self._ping, name="ping", daemon=True)
                    pinger.start()

    def _ping(self) -> None:
        self._send(frames.ping(self._service))

    def _take(self, message: str | bytes) -> None:
        self.frame_at = self._timer()
        if isinstance(message, str):
            self._faults.warning("text frame left out", characters=len(message))
            return
        try:
            frame = frames.decode(message)
        except Unreadable as exc:
            self._faults.warning("frame not readable", reason=str(exc), bytes=len(message))
            return
        if frame.method == frames.CONTROL:
            self._configure(frame)
        elif frame.method == frames.DATA and frame.header("type") in HANDLED_TYPES:
            self._take_data(frame)

    def _configure(self, frame: Frame) -> None:
        """The answer to a ping may ask for another pause between pings, which holds at once."""
        if frame.header("type") != "pong" or not frame.payload:
            return
        try:
            seconds = ping_seconds(json.loads(frame.payload))
        except (ValueError, RecursionError):
            return
        self._ping_seconds = seconds or self._ping_seconds

    def _take_data(self, frame: Frame) -> None:
        try:
            count, place = int(frame.header("sum") or 1), int(frame.header("seq") or 0)
        except ValueError:
            self._faults.warning("frame not readable", reason="sum or seq is no number")
            return
        message_id = frame.header("message_id")
        payload = self._chunks.add(message_id, count=count, place=place, chunk=frame.payload)
        if payload is None or self._is_draining:
            return
        self.event_at = self._timer()
        whole = payload
        if not self._workers.offer(len(whole), lambda: self._handle(frame, whole)):
            self._faults.warning("event left out, Feishu will repeat it: too many at once")
            self._on_left_out()

    def _handle(self, frame: Frame, payload: bytes) -> None:
        started = self._timer()
        answer = self._answer(payload)
        if answer is not None:
            milliseconds = round((self._timer() - started) * 1000)
            self._send(frame.answered(answer, biz_rt=str(milliseconds)))

    def _send(self, frame: Frame) -> None:
        # On a connection that is gone nobody waits for it: the event is repeated.
        with contextlib.suppress(ConnectionClosed, OSError):
            self._socket.send(frames.encode(frame))
