"""Long connections of the app: who may connect, and which client an event goes to."""

from __future__ import annotations

import hmac
import http
import json
import logging
import random
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from feishu_simulator.delivery import Response
from feishu_simulator.events import new_event_id
from feishu_simulator.long_connection.client import SERVICE, LongConnectionClient
from feishu_simulator.long_connection.conditions import (
    AUTH_FAILED,
    NO_CREDENTIAL,
    TOO_MANY,
    Conditions,
)
from feishu_simulator.server import LOOPBACK
from feishu_simulator.state import PlatformState

if TYPE_CHECKING:
    from websockets.http11 import Request
    from websockets.http11 import Response as HttpResponse
    from websockets.sync.server import Server, ServerConnection

ENDPOINT_PATH = "/callback/ws/endpoint"

_silent = logging.getLogger(f"{__name__}.websockets")
_silent.disabled = True


class LongConnections:
    """The app's long connections. Thread safe; listens from the first question for an address.

    `on_connect` is told of each new client, `on_change` of everything that tests may wait for.
    """

    def __init__(
        self,
        state: PlatformState,
        *,
        on_connect: Callable[[], None] = lambda: None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.conditions = Conditions()
        self.clients: list[LongConnectionClient] = []
        self.asked = 0
        self._state = state
        self._on_connect = on_connect
        self._on_change = on_change
        self._lock = threading.Lock()
        self._tickets: set[str] = set()
        self._server: Server | None = None
        self._is_stopped = False

    # The endpoint

    def address(self, app_id: object, app_secret: object) -> dict[str, Any]:
        """What the endpoint answers as JSON."""
        self.asked += 1
        code = self.conditions.code or self._refusal(app_id, app_secret)
        if code:
            return {"code": code, "msg": f"simulated code {code}"}
        ticket = secrets.token_hex(16)
        with self._lock:
            self._tickets.add(ticket)
        query = {
            "device_id": new_event_id(), "service_id": SERVICE, "access_key": secrets.token_hex(8),
            "ticket": ticket, "aid": "552564", "fpid": "493",
        }  # fmt: skip
        url = f"ws://{LOOPBACK}:{self._port()}/ws/v2?{urlencode(query)}"
        data = {"URL": url, "ClientConfig": self.conditions.client_config}
        return {"code": 0, "msg": "", "data": data}

    def _refusal(self, app_id: object, app_secret: object) -> int:
        if not app_id or not app_secret:
            return NO_CREDENTIAL
        known = f"{self._state.credentials.app_id}\0{self._state.credentials.app_secret}"
        given = f"{app_id}\0{app_secret}"
        return 0 if hmac.compare_digest(known.encode(), given.encode()) else AUTH_FAILED

    # The WebSocket

    def request(self, payload: Mapping[str, Any], seconds: float) -> Response:
        """Send an event to one client, whichever, and wait for its answer."""
        with self._lock:
            clients = list(self.clients)
        if not clients or self.conditions.is_silent:
            return Response(0, "", 0.0, "not connected")
        body = json.dumps(payload, ensure_ascii=False).encode()
        client = random.choice(clients)
        return client.request(body, message_id=new_event_id(), seconds=seconds)

    def cut(self) -> None:
        """End every connection without a word; clients may come back."""
        with self._lock:
            clients = list(self.clients)
        for client in clients:
            client.kill()

    def stop(self) -> None:
        """End everything; no client is served any more."""
        with self._lock:
            self._is_stopped = True
            server = self._server
        if server:
            server.shutdown()
        self.cut()

    def _port(self) -> int:
        with self._lock:
            if self._server is None:
                # A run with webhooks needs no WebSockets.
                from websockets.sync.server import serve

                self._server = serve(
                    self._serve,
                    LOOPBACK,
                    0,
                    process_request=self._admit,
                    compression=None,
                    close_timeout=1.0,
                    logger=_silent,
                )
                threading.Thread(
                    target=self._server.serve_forever, name="simulator-ws", daemon=True
                ).start()
            return int(self._server.socket.getsockname()[1])

    def _admit(self, connection: ServerConnection, request: Request) -> HttpResponse | None:
        """None for a client that may connect, else the refusal, whose headers say why."""
        query = parse_qs(urlsplit(request.path).query)
        ticket = query.get("ticket", [""])[0]
        with self._lock:
            is_known = ticket in self._tickets
            # Each is good for one connection.
            self._tickets.discard(ticket)
            is_full = len(self.clients) >= self.conditions.most
        code = self.conditions.handshake or (0 if is_known else AUTH_FAILED)
        code = code or (TOO_MANY if is_full else 0)
        if self.conditions.is_cut or self._is_stopped:
            return connection.respond(http.HTTPStatus.BAD_GATEWAY, "cut\n")
        if not code:
            return None
        response = connection.respond(http.HTTPStatus.FORBIDDEN, "refused\n")
        is_about_auth = code in (TOO_MANY, NO_CREDENTIAL)
        response.headers["handshake-status"] = str(AUTH_FAILED if is_about_auth else code)
        response.headers["handshake-msg"] = f"simulated code {code}"
        response.headers["handshake-autherrcode"] = str(code if is_about_auth else 0)
        return response

    def _serve(self, connection: ServerConnection) -> None:
        client = LongConnectionClient(connection, self.conditions, self._on_change)
        with self._lock:
            self.clients.append(client)
        self._on_change()
        self._on_connect()
        try:
            client.serve()
        except Exception:  # noqa: BLE001 (however it ends, it has ended)
            _silent.debug("connection ended", exc_info=True)
        finally:
            with self._lock:
                self.clients.remove(client)
            self._on_change()
