"""Sends events and callbacks to the bot by the way that the app has chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from feishu_simulator.delivery import Response, Transmission, post
from feishu_simulator.encryption import encrypt_and_sign
from feishu_simulator.events import Event, envelope, old_envelope
from feishu_simulator.long_connection.server import LongConnections
from feishu_simulator.state import PlatformState
from feishu_simulator.subscription import CLICK, Subscription


class Transmitter:
    """To an address, encrypted and signed; or through a long connection, which needs neither."""

    def __init__(
        self, state: PlatformState, subscription: Subscription, connections: LongConnections
    ) -> None:
        self._state = state
        self._subscription = subscription
        self._connections = connections

    def reaches_bot(self, url: str) -> bool:
        """Whether there is somewhere to push events to, now."""
        if self._subscription.is_long_connection:
            return bool(self._connections.clients)
        return bool(url and self._subscription.event_address)

    def send_event(self, event: Event, url: str, seconds: float) -> Transmission:
        """Push an event, and wait so many seconds for the answer."""
        wrap = old_envelope if event.event_type == "p2p_chat_create" else envelope
        payload = wrap(self._state.credentials, event)
        if self._subscription.is_long_connection:
            response = self._connections.request(payload, seconds)
            return Transmission(response, json.dumps(payload, ensure_ascii=False).encode(), {})
        body, headers = encrypt_and_sign(payload, self._state.credentials)
        return Transmission(post(url, body, headers, seconds), body, headers)

    def takes_callbacks(self, url: str, *, old: bool) -> bool:
        """Whether callbacks have a way; the old one knows addresses alone."""
        subscription = self._subscription
        if subscription.callback_type == "websocket" and not old:
            is_possible = subscription.is_long_connection
        else:
            is_possible = bool(url)
        is_wanted = old or CLICK in subscription.callbacks
        return is_possible and is_wanted and subscription.card_address

    def send_callback(
        self, payload: Mapping[str, Any], url: str, seconds: float, *, encrypted: bool, old: bool
    ) -> Response:
        """Send a callback, and wait for what is shown."""
        if self._subscription.is_long_connection and not old:
            return self._connections.request(payload, seconds)
        body, headers = encrypt_and_sign(
            payload, self._state.credentials, encrypted=encrypted, old_card=old
        )
        return post(url, body, headers, seconds)
