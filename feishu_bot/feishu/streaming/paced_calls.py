"""Calls to Feishu that wait for the pacer's permit and are repeated until they get through."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from feishu_bot.core.messenger import UNENDING, AnswerLease
from feishu_bot.errors import FeishuUnavailable, RateLimited
from feishu_bot.feishu.api.error_codes import CHAT_LIMITED
from feishu_bot.feishu.backoff import backoff
from feishu_bot.feishu.streaming.pacer import Pacer, Permit

T = TypeVar("T")

# How long a message or a final frame is tried before the job is postponed.
PATIENCE = 120.0
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
STALE_SECONDS = 0.06
MAX_STALE_PERMITS = 5


class Abandoned(Exception):
    """Nobody wants the call any more."""


class PacedCaller:
    """Makes the calls of one answer, one after the other, none once its `lease` is over.

    With `room_patience` no call is urgent, and one without a permit after so many seconds isn't
    made.
    """

    def __init__(
        self,
        pacer: Pacer,
        *,
        patience: float = PATIENCE,
        room_patience: float | None = None,
        lease: AnswerLease = UNENDING,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pacer = pacer
        self._room_patience = room_patience
        self._lease = lease
        self._patience = patience
        self._timer = timer
        self._abandoned = threading.Event()
        self._lock = threading.Lock()
        self._frame: Permit | None = None
        self._no_more_frames = threading.Event()

    def call(
        self, api: str, request: Callable[[], T], *, chat: str = "", patience: float | None = None
    ) -> T:
        """Make an urgent call until it gets through; what Feishu refuses for good is raised.

        Raises FeishuUnavailable when patience (seconds) ends, Abandoned after `abandon`.
        """
        return self.call_first({api: request}, chat=chat, patience=patience)[1]

    def call_first(
        self,
        requests: Mapping[str, Callable[[], T]],
        *,
        chat: str = "",
        patience: float | None = None,
    ) -> tuple[str, T]:
        """Like `call`, for requests that serve the same end: the first API with room is used."""
        deadline = self._timer() + (self._patience if patience is None else patience)
        pauses = backoff(FIRST_PAUSE, LONGEST_PAUSE)
        while True:
            permit = self._fresh_permit(requests, chat)
            api = permit.api
            try:
                return api, self._use(permit, requests[api])
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
                self._abandoned.wait(next(pauses))

    def try_call(
        self, api: str, request: Callable[[], None], *, since: float, urgent: bool
    ) -> bool:
        """Try one frame, which newer text may replace: False when it was not shown.

        No frame is shown while the lease is behind: whoever takes the answer over would have to
        take its text back.
        `since` is when the card was last drawn. Raises what Feishu refuses for good.
        """
        if self._lease.is_behind or self._no_more_frames.is_set():
            self._check()
            return False
        permit = self._pacer.ask(api, urgent=urgent, since=since)
        with self._lock:
            self._frame = permit
            if self._no_more_frames.is_set():
                self._pacer.withdraw(permit)
        granted = permit.wait(self._room_patience) or self._late(permit)
        with self._lock:
            self._frame = None
            granted = "" if self._no_more_frames.is_set() else granted
        self._check()
        if not granted:
            return False
        if self._timer() - permit.granted_at > STALE_SECONDS:
            self._pacer.give_back(permit)
            return False
        try:
            self._use(permit, request)
        except RateLimited as exc:
            self._pacer.refused(api, exc.retry_after)
            return False
        except FeishuUnavailable:
            return False
        return True

    def stop_frames(self) -> None:
        """The end is known: a frame that waits gives up its place."""
        with self._lock:
            self._no_more_frames.set()
            if self._frame:
                self._pacer.withdraw(self._frame)

    def abandon(self) -> None:
        """Make no more calls."""
        self._abandoned.set()
        self.stop_frames()

    def _fresh_permit(self, apis: Iterable[str], chat: str) -> Permit:
        """Wait for an urgent permit that is still fresh when this thread gets to run."""
        tries = 0
        urgent, since = (True, 0.0) if self._room_patience is None else (False, math.inf)
        while True:
            self._check()
            permit = self._pacer.ask(*apis, urgent=urgent, since=since, chat=chat)
            if not (permit.wait(self._room_patience) or self._late(permit)):
                raise FeishuUnavailable("no room for what isn't urgent")
            self._check()
            tries += 1
            # A machine under load wakes threads late: calls made on old permits would arrive
            # together with those made on new ones, above the limit.
            if self._timer() - permit.granted_at < STALE_SECONDS or tries == MAX_STALE_PERMITS:
                return permit
            self._pacer.give_back(permit)

    def _late(self, permit: Permit) -> str:
        """Withdraw a permit that didn't come in time; what it is for where it just has."""
        self._pacer.withdraw(permit)
        return permit.api

    def _check(self) -> None:
        if self._abandoned.is_set() or self._lease.is_over:
            raise Abandoned

    def _use(self, permit: Permit, request: Callable[[], T]) -> T:
        self._pacer.use(permit)
        # A process that was frozen wakes up anywhere.
        self._check()
        return request()
