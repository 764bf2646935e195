"""What is around an event in either generation, checked into its shape once for all events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.errors import Unreadable
from feishu_bot.feishu.webhook.fields import as_dict, as_id, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event with its type, its id and when it happened (seconds, 0 for unknown).

    `is_old` is the first generation's, which has its type inside the event and no header.
    """

    event_type: str
    event_id: str
    body: Mapping[str, Any]
    created_at: float = 0.0
    is_old: bool = False


def read_envelope(data: Mapping[str, Any]) -> Envelope:
    """The envelope of a request that is Feishu's. Raises Unreadable."""
    body = data.get("event")
    if "header" in data:
        header = as_dict(data["header"])
        event_type, event_id = as_id(header.get("event_type")), as_id(header.get("event_id"))
        created_at, is_old = seconds(header.get("create_time")), False
    else:
        event_type, event_id = as_id(as_dict(body).get("type")), as_id(data.get("uuid"))
        created_at, is_old = 0.0, True
    if not event_type:
        raise Unreadable("no type of event")
    if not isinstance(body, Mapping):
        raise Unreadable("no event in it")
    return Envelope(
        event_type=event_type,
        event_id=event_id,
        body=body,
        created_at=created_at,
        is_old=is_old,
    )
