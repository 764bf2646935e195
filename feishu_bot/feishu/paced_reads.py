"""What is read from Feishu for an answer: within the budget, and never waited for long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from feishu_bot.errors import FeishuUnavailable, RateLimited
from feishu_bot.feishu.streaming.pacer import Pacer

T = TypeVar("T")


class NoRoom(FeishuUnavailable):
    """Feishu wasn't asked, since all that it takes just now is spent."""


class PacedReads:
    """Calls that are made once, and not at all where there is no room in time."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer

    def call(self, api: str, request: Callable[[], T], *, patience: float) -> T:
        """Make the call as soon as there is room, within `patience` seconds.

        A process that only receives has no part of the budget, and reads a name now and then when
        a button is pressed: that isn't held up. Raises NoRoom, and what `request` raises.
        """
        if not self._pacer.takes_part:
            return request()
        permit = self._pacer.ask(api, urgent=True)
        if not permit.wait(patience):
            self._pacer.withdraw(permit)
            # It may have been granted just now.
            if not permit.api:
                raise NoRoom(f"no room for another {api}")
        self._pacer.use(permit)
        try:
            return request()
        except RateLimited as exc:
            self._pacer.refused(api, exc.retry_after)
            raise
