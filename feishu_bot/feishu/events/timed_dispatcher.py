"""Dispatches while Feishu waits, and no longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feishu_bot.feishu.events.dispatcher import CARD_ACTION, EventDispatcher, Response
from feishu_bot.feishu.events.time_limit import TimeLimit, TookTooLong
from feishu_bot.logs import get_limited_logger

# Feishu waits three seconds.
ANSWER_SECONDS = 2.0


class TimedDispatcher:
    """An EventDispatcher; what takes longer than the `limit` is answered so that it is repeated."""

    def __init__(self, dispatcher: EventDispatcher, limit: TimeLimit | None = None) -> None:
        self._dispatcher = dispatcher
        self._limit = limit
        self._outages = get_limited_logger(__name__)

    def dispatch(
        self, data: Mapping[str, Any], *, is_old_card: bool = False
    ) -> tuple[str, Response]:
        """The type of what came, for the metrics, and our answer. Raises Refused or Unreadable."""

        def dispatch() -> tuple[str, Response]:
            if is_old_card:
                return CARD_ACTION, self._dispatcher.dispatch_card_action_v1(data)
            return self._dispatcher.dispatch(data)

        if self._limit is None:
            return dispatch()
        try:
            return self._limit.run(dispatch)
        except TookTooLong:
            self._outages.warning(
                "delivery not taken in in time, Feishu will repeat it", seconds=ANSWER_SECONDS
            )
            return self._dispatcher.late(data, is_old_card=is_old_card)
