"""Holds the app's long connection, in one process of all, and opens it again whenever it ends."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from feishu_bot import metrics
from feishu_bot.core.exclusive_lease import RENEW_SECONDS, ExclusiveLease, Note
from feishu_bot.core.long_connection import ConnectionState
from feishu_bot.errors import FeishuError, FeishuUnavailable, StoreUnavailable
from feishu_bot.feishu.backoff import backoff
from feishu_bot.feishu.long_connection.advice import advice
from feishu_bot.feishu.long_connection.connection import Answer, Connection
from feishu_bot.feishu.long_connection.endpoint import EndpointClient
from feishu_bot.feishu.long_connection.frame_workers import FrameWorkers
from feishu_bot.feishu.long_connection.late_events import LateEvents
from feishu_bot.feishu.long_connection.websocket import open_socket
from feishu_bot.logs import get_limited_logger, get_logger

logger = get_logger(__name__)

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
# What Feishu refuses for a reason that an administrator has to see to isn't asked for more often.
REFUSED_SECONDS = 60.0
# Who has to wait for longer than that before the next try lets others try meanwhile: it may be the
# network of this machine alone.
REST_SECONDS = 5.0
# A connection that lasted so long was a good one: after it the first retry comes soon again.
GOOD_SECONDS = 30.0
# Feishu waits three seconds for an answer.
DRAIN_SECONDS = 3.0
JOIN_SECONDS = 3.0
# How often a thread that may not connect asks whether it may now.
WAIT_SECONDS = 0.1


class LongConnection:
    """Keeps the connection while this process holds the lease, and looks at who does otherwise.

    `answer` takes a whole payload and gives the payload to answer it with.
    """

    def __init__(
        self,
        *,
        endpoint: EndpointClient,
        lease: ExclusiveLease,
        answer: Answer,
        late_events: LateEvents,
        domain: str,
        retry_seconds: float = FIRST_RETRY_SECONDS,
        refused_seconds: float = REFUSED_SECONDS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._lease = lease
        self._answer = answer
        self._late_events = late_events
        self._domain = domain
        self._retry_seconds = retry_seconds
        self._refused_seconds = refused_seconds
        self._timer = timer
        self._outages = get_limited_logger(__name__)
        self._workers = FrameWorkers()
        self._closing = threading.Event()
        # Set while this process may hold the connection.
        self._is_chosen = threading.Event()
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._refusal = 0
        self._frame_at: float | None = None
        self._event_at: float | None = None
        self._elsewhere: ConnectionState | None = None
        self._rests_until = float("-inf")
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to ask for the lease, and connect once it is there."""
        self._workers.start()
        for name, run in (("connection-lease", self._keep_lease), ("long-connection", self._run)):
            thread = threading.Thread(target=run, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Answer what has come, close the connection, and let another process have it."""
        with self._lock:
            self._closing.set()
            connection = self._connection
        self._is_chosen.set()
        if connection:
            connection.drain()
        self._workers.stop(DRAIN_SECONDS)
        if connection:
            connection.close()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)
        if not any(thread.is_alive() for thread in self._threads):
            with contextlib.suppress(StoreUnavailable):
                self._lease.release()

    def state(self) -> ConnectionState:
        """Implements `core.long_connection.ConnectionWatch`."""
        elsewhere = self._elsewhere
        return self._own_state() if self._lease.is_held or elsewhere is None else elsewhere

    def _own_state(self) -> ConnectionState:
        connection, now = self._connection, self._timer()
        if connection:
            self._frame_at = connection.frame_at
            self._event_at = connection.event_at or self._event_at
        return ConnectionState(
            connected=connection is not None,
            connected_seconds=now - connection.opened_at if connection else None,
            frame_seconds=None if self._frame_at is None else now - self._frame_at,
            event_seconds=None if self._event_at is None else now - self._event_at,
            refusal=self._refusal,
            late_events=self._late_events.count,
        )

    # The lease

    def _keep_lease(self) -> None:
        while not self._closing.is_set():
            try:
                self._renew()
            except StoreUnavailable as exc:
                self._outages.warning("lease on the long connection not renewed", error=str(exc))
            except Exception as exc:  # noqa: BLE001 (without this thread the bot is deaf)
                logger.failure("lease on the long connection not renewed", exc)
            if self._lease.is_held:
                self._is_chosen.set()
            else:
                self._is_chosen.clear()
            state = self.state()
            metrics.note_long_connection(
                connected=state.connected, frame_seconds=state.frame_seconds
            )
            self._closing.wait(RENEW_SECONDS)

    def _renew(self) -> None:
        """Take or keep the lease, unless others are to try. Raises StoreUnavailable."""
        if self._timer() < self._rests_until:
            self._lease.release()
            self._elsewhere = _state_in(self._lease.watch())
            return
        was_held = self._lease.is_held
        if not self._lease.hold(self._own_state().to_json()):
            self._elsewhere = _state_in(self._lease.note_of_holder)
        elif not was_held:
            logger.info("this process holds the long connection")

    # The connection

    def _run(self) -> None:
        pauses = self._pauses()
        while not self._closing.is_set():
            if not self._is_chosen.wait(WAIT_SECONDS):
                continue
            if not self._lease.is_held:
                self._closing.wait(WAIT_SECONDS)
                continue
            began = self._timer()
            pause = next(pauses)
            try:
                self._connect_and_serve()
            except FeishuError as exc:
                pause = self._tell(exc, pause)
            except Exception as exc:  # noqa: BLE001 (a deaf bot is worse)
                logger.failure("long connection failed", exc)
            if self._timer() - began > GOOD_SECONDS:
                pauses = self._pauses()
                pause = next(pauses)
            self._closing.wait(pause)

    def _connect_and_serve(self) -> None:
        """Raises FeishuError when there is no connection; returns when one has ended."""
        endpoint = self._endpoint.ask()
        connection = Connection(
            open_socket(endpoint.url),
            service=endpoint.service,
            ping_seconds=endpoint.ping_seconds,
            workers=self._workers,
            answer=self._answer,
            may_live=lambda: self._lease.is_held,
            on_left_out=self._late_events.connected,
            timer=self._timer,
        )
        if not self._adopt(connection):
            connection.abort()
            return
        logger.info("long connection open", service=endpoint.service)
        try:
            connection.serve()
        finally:
            with self._lock:
                self._own_state()
                self._connection = None
            seconds = round(self._timer() - connection.opened_at)
            logger.info("long connection ended", seconds=seconds)

    def _adopt(self, connection: Connection) -> bool:
        """Serve this one from now on; False where it isn't wanted any more."""
        with self._lock:
            if self._closing.is_set() or not self._lease.is_held:
                return False
            self._connection, self._refusal = connection, 0
        self._late_events.connected()
        return True

    def _tell(self, exc: FeishuError, pause: float) -> float:
        """Log why there is no connection; how many seconds to wait, `pause` at least."""
        self._refusal = exc.code
        words = advice(exc.code, self._domain)
        self._outages.warning(
            f"没有长连接：{words.zh} / No long connection: {words.en}", error=str(exc)
        )
        if not isinstance(exc, FeishuUnavailable):
            # The app is refused, whoever asks.
            return max(pause, self._refused_seconds)
        if pause > REST_SECONDS:
            self._rests_until = self._timer() + pause
        return pause

    def _pauses(self) -> Iterator[float]:
        return backoff(self._retry_seconds, LONGEST_RETRY_SECONDS)


def _state_in(note: Note) -> ConnectionState | None:
    """What another process tells; None where none does."""
    try:
        return ConnectionState.from_json(note) if note else None
    except (TypeError, ValueError):
        return None
