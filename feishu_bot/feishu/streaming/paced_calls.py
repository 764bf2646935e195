"""Gets calls through to Feishu: waits for the pacer's ticket, repeats what may be repeated."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from feishu_bot import metrics
from feishu_bot.errors import FeishuError, FeishuUnavailable, RateLimited
from feishu_bot.feishu.api.error_codes import CHAT_LIMITED
from feishu_bot.feishu.streaming.pacer import Pacer, Permit

T = TypeVar("T")

# How long a message or a final frame is tried before the job is put off to another time.
PATIENCE = 120.0
MAX_PAUSE = 8.0
STALE_SECONDS = 0.06
MAX_STALE_PERMITS = 5


class Abandoned(Exception):
    """Nobody wants the call any more."""


class PacedCaller:
    """Carries the calls of one answer, one after the other."""

    def __init__(
        self,
        pacer: Pacer,
        *,
        patience: float = PATIENCE,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pacer = pacer
        self._patience = patience
        self._timer = timer
        self._abandoned = threading.Event()
        self._lock = threading.Lock()
        self._frame: Permit | None = None
        self._no_more_frames = False

    def deliver(
        self, api: str, call: Callable[[], T], *, chat: str = "", patience: float | None = None
    ) -> T:
        """Make an urgent call until it gets through; what Feishu refuses for good is raised.

        Raises FeishuUnavailable when patience (seconds) ends, Abandoned after `abandon`.
        """
        return self.deliver_first({api: call}, chat=chat, patience=patience)[1]

    def deliver_first(
        self,
        calls: Mapping[str, Callable[[], T]],
        *,
        chat: str = "",
        patience: float | None = None,
    ) -> tuple[str, T]:
        """Like `deliver` for calls that serve the same end: the first API with room is used."""
        deadline = self._timer() + (self._patience if patience is None else patience)
        pause = 0.25
        while True:
            ticket = self._take_ticket(calls, chat)
            api = ticket.api
            try:
                return api, self._counted(ticket, calls[api])
            except RateLimited as exc:
                if chat and exc.code in CHAT_LIMITED:
                    self._pacer.refused_in_chat(chat, exc.retry_after)
                else:
                    self._pacer.refused(api, exc.retry_after)
                if self._timer() > deadline:
                    raise FeishuUnavailable(
                        "still limited", code=exc.code, log_id=exc.log_id
                    ) from exc
            except FeishuUnavailable:
                if self._timer() > deadline:
                    raise
                self._abandoned.wait(pause * random.uniform(0.8, 1.2))
                pause = min(MAX_PAUSE, pause * 2)

    def _take_ticket(self, apis: Iterable[str], chat: str) -> Permit:
        """Wait for an urgent ticket that is still fresh when this thread gets to run."""
        self._check()
        for _ in range(MAX_STALE_PERMITS):
            ticket = self._pacer.ask(*apis, urgent=True, chat=chat)
            ticket.wait()
            self._check()
            # A machine under load wakes threads late: calls made on old tickets would arrive
            # together with those made on new ones, above the limit.
            if self._timer() - ticket.granted_at < STALE_SECONDS:
                break
        return ticket

    def offer(self, api: str, call: Callable[[], None], *, since: float, urgent: bool) -> bool:
        """Try one frame, which newer text may replace: False when it was not shown.

        `since` is when the card was last drawn. Raises what Feishu refuses for good.
        """
        ticket = self._pacer.ask(api, urgent=urgent, since=since)
        with self._lock:
            self._frame = ticket
            if self._no_more_frames:
                self._pacer.give_back(ticket)
        granted = ticket.wait()
        with self._lock:
            self._frame = None
        self._check()
        if not granted or self._timer() - ticket.granted_at > STALE_SECONDS:
            return False
        try:
            self._counted(ticket, call)
        except RateLimited as exc:
            self._pacer.refused(api, exc.retry_after)
            return False
        except FeishuUnavailable:
            return False
        return True

    def stop_frames(self) -> None:
        """The end is known: a frame that waits gives its place up."""
        with self._lock:
            self._no_more_frames = True
            if self._frame:
                self._pacer.give_back(self._frame)

    def abandon(self) -> None:
        """Make no more calls."""
        self._abandoned.set()
        self.stop_frames()

    @property
    def is_abandoned(self) -> bool:
        return self._abandoned.is_set()

    def _check(self) -> None:
        if self._abandoned.is_set():
            raise Abandoned

    def _counted(self, ticket: Permit, call: Callable[[], T]) -> T:
        self._pacer.use(ticket)
        try:
            return call()
        except FeishuError as exc:
            metrics.FEISHU_ERRORS.labels(api=ticket.api, code=str(exc.code)).inc()
            raise
