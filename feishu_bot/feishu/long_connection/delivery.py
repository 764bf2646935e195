"""What is answered to one event that came through the connection."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

from feishu_bot import metrics
from feishu_bot.errors import Refused, Unreadable
from feishu_bot.feishu.events.dispatcher import CARD_ACTION, OTHER, SUCCESS, Response
from feishu_bot.feishu.events.fields import read_envelope
from feishu_bot.feishu.events.payload import app_id_of, read_json
from feishu_bot.feishu.events.timed_dispatcher import TimedDispatcher
from feishu_bot.feishu.long_connection.late_events import LateEvents
from feishu_bot.logs import get_limited_logger, get_logger

logger = get_logger(__name__)

ACCEPTED = b'{"code":200}'


class DeliveryHandler:
    """Takes events in as the webhook does, but for signature and age: the connection is proof.

    Thread-safe.
    """

    def __init__(self, dispatcher: TimedDispatcher, late_events: LateEvents, app_id: str) -> None:
        self._dispatcher = dispatcher
        self._late_events = late_events
        self._app_id = app_id
        self._refusals = get_limited_logger(__name__)

    def answer(self, payload: bytes) -> bytes | None:
        """The payload of our answer; None for none, so that Feishu repeats the event."""
        started = time.perf_counter()
        try:
            data = read_json(payload)[0]
            event_type, (status, body) = self._dispatched(data)
        except Unreadable as exc:
            event_type, (status, body) = OTHER, _accept_unread(str(exc), len(payload))
        except Refused as exc:
            self._refusals.warning("refused", reason=str(exc), bytes=len(payload))
            return None
        metrics.DELIVERY_SECONDS.observe(time.perf_counter() - started)
        metrics.DELIVERIES.labels(type=event_type, status=str(status)).inc()
        if status != 200:
            return None
        return _callback_answer(body) if event_type == CARD_ACTION else ACCEPTED

    def _dispatched(self, data: Mapping[str, Any]) -> tuple[str, Response]:
        if app_id_of(data, default=self._app_id) != self._app_id:
            raise Refused("another app's event")
        envelope = read_envelope(data)
        self._late_events.note(envelope.event_id, envelope.created_at)
        return self._dispatcher.dispatch(data)


def _accept_unread(reason: str, size: int) -> Response:
    # It is Feishu's, and a repeat would be no better.
    logger.error("delivery not readable", reason=reason, bytes=size)
    return SUCCESS


def _callback_answer(body: Mapping[str, Any]) -> bytes:
    data = base64.b64encode(json.dumps(body, ensure_ascii=False).encode()).decode()
    return json.dumps({"code": 200, "data": data}).encode()
