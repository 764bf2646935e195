"""Pushes to the bot: three seconds to answer, and retries."""

from __future__ import annotations

import heapq
import http.client
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from feishu_simulator.events import Delivery, Event
from feishu_simulator.state import PlatformState

# "Event subscription": answer within 3 s, else retried after 15 s, 5 min, 1 h and 6 h.
ANSWER_SECONDS = 3.0
RETRY_SECONDS = (15.0, 300.0, 3600.0, 21_600.0)
SENDERS = 64


@dataclass(frozen=True, slots=True)
class Response:
    """The bot's answer; status 0 means none, and `error` says why."""

    status: int
    body: str
    seconds: float
    error: str = ""


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Response:
    """POST without following redirects. A bot's mistake is a Response, never an exception."""
    began = time.monotonic()
    parts = urlsplit(url)
    if not parts.hostname:
        return Response(0, "", 0.0, "no address")
    https = parts.scheme == "https"
    connect = http.client.HTTPSConnection if https else http.client.HTTPConnection
    connection = connect(parts.hostname, parts.port, timeout=seconds)
    try:
        target = parts._replace(scheme="", netloc="", path=parts.path or "/", fragment="").geturl()
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        status, error = answer.status, ""
    except TimeoutError:
        status, text, error = 0, "", "timeout"
    except ConnectionRefusedError:
        status, text, error = 0, "", "refused"
    except (OSError, http.client.HTTPException) as exc:
        status, text, error = 0, "", type(exc).__name__
    finally:
        connection.close()
    took = time.monotonic() - began
    if took > seconds:
        status, error = 0, "timeout"
    return Response(status, text, took, error)


@dataclass(frozen=True, slots=True)
class Transmission:
    """What was sent to the bot, by whichever way, and its answer."""

    response: Response
    body: bytes
    headers: Mapping[str, str]


class Deliveries:
    """Pushes events from its own threads, with the platform's schedule of retries.

    `transmit` sends an event and waits so many seconds for the answer.
    """

    def __init__(
        self,
        state: PlatformState,
        transmit: Callable[[Event, float], Transmission],
        is_wanted: Callable[[Event], bool],
    ) -> None:
        self.retry_seconds: Sequence[float] = RETRY_SECONDS
        self.answer_seconds = ANSWER_SECONDS
        self._state = state
        self._transmit = transmit
        self._is_wanted = is_wanted
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: list[tuple[float, int, Event, int]] = []
        self._order = itertools.count()
        self._condition = threading.Condition()
        self._stopped = False
        self._scheduler: threading.Thread | None = None

    def push(self, event: Event, *, late: bool = False, wait: bool = False) -> None:
        """Push in a thread, unless the app doesn't want the event; *wait*: for the first attempt.

        With *late* the answer to the first attempt counts as too late.
        """
        with self._condition:
            if self._stopped or not self._is_wanted(event):
                return
            if self._pool is None:
                self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="simulator-push")
            future = self._pool.submit(self._attempt, event, 0, late)
        if wait:
            future.result()

    def push_waiting(self) -> None:
        """Push at once what waits for its next attempt, as when a bot comes back."""
        with self._condition:
            waiting, self._waiting = sorted(self._waiting), []
            for _, _, event, attempt in waiting:
                if self._pool is not None and not self._stopped:
                    self._pool.submit(self._attempt, event, attempt)

    def stop(self) -> None:
        """Wait for pushes under way and drop the others."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
            pool, scheduler = self._pool, self._scheduler
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)
        if scheduler:
            scheduler.join()

    def _attempt(self, event: Event, attempt: int, late: bool = False) -> None:
        sent = self._transmit(event, self.answer_seconds)
        response = sent.response
        if late:
            response = replace(response, status=0, error="late")
        with self._state.change():
            event.deliveries.append(
                Delivery(
                    response.status,
                    response.body,
                    response.seconds,
                    time.monotonic(),
                    event.event_id,
                    response.error,
                    sent.headers,
                    sent.body.decode(),
                )
            )
        if response.status != 200 and attempt < len(self.retry_seconds):
            self._later(self.retry_seconds[attempt], event, attempt + 1)

    def _later(self, seconds: float, event: Event, attempt: int) -> None:
        with self._condition:
            if self._stopped:
                return
            due = time.monotonic() + seconds
            heapq.heappush(self._waiting, (due, next(self._order), event, attempt))
            if self._scheduler is None:
                self._scheduler = threading.Thread(target=self._tick, daemon=True)
                self._scheduler.start()
            self._condition.notify_all()

    def _tick(self) -> None:
        with self._condition:
            while not self._stopped:
                now = time.monotonic()
                while self._waiting and self._waiting[0][0] <= now:
                    _, _, event, attempt = heapq.heappop(self._waiting)
                    assert self._pool is not None
                    self._pool.submit(self._attempt, event, attempt)
                timeout = self._waiting[0][0] - now if self._waiting else None
                self._condition.wait(timeout)
