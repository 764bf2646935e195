"""Events, their envelopes and the record of their pushes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from feishu_simulator.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Delivery:
    """One push; status 0 means no answer, and `error` says why.

    `headers` and `sent` are the request as sent, so the body is encrypted.
    """

    status: int
    body: str
    seconds: float
    at: float
    event_id: str
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A card callback and the bot's answer."""

    payload: Mapping[str, Any]
    status: int
    body: str
    error_code: int
    seconds: float
    at: float


@dataclass(slots=True, eq=False)
class Event:
    """An event with its pushes so far; `body` is what the envelope carries as `event`.

    `created_at` (seconds since the epoch) is the same in all of them.
    """

    event_type: str
    event_id: str
    body: Mapping[str, Any]
    deliveries: list[Delivery] = field(default_factory=list)
    created_at: float = field(default_factory=time.time)


def envelope(credentials: Credentials, event: Event, *, unit: int = 1_000) -> dict[str, Any]:
    """The v2 envelope of "Event subscription guide": create_time in ms, in µs for callbacks."""
    return {
        "schema": "2.0",
        "header": {
            "event_id": event.event_id,
            "event_type": event.event_type,
            "create_time": str(int(event.created_at * unit)),
            "token": credentials.verification_token,
            "app_id": credentials.app_id,
            "tenant_key": credentials.tenant_key,
        },
        "event": event.body,
    }


def old_envelope(credentials: Credentials, event: Event) -> dict[str, Any]:
    """The v1 envelope, which has no `schema`; only p2p_chat_create still comes in it."""
    return {
        "ts": f"{event.created_at:.6f}",
        "uuid": event.event_id,
        "token": credentials.verification_token,
        "type": "event_callback",
        "event": {
            "type": event.event_type,
            "app_id": credentials.app_id,
            "tenant_key": credentials.tenant_key,
            **event.body,
        },
    }


def new_event_id() -> str:
    return uuid.uuid4().hex
