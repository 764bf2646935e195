"""How the platform treats long connections, to be changed while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Of the endpoint's answers and of refused handshakes ("const.py" of the platform's SDKs).
BUSY = 1
FORBIDDEN = 403
AUTH_FAILED = 514
INTERNAL_ERROR = 1000040343
NO_CREDENTIAL = 1000040344
TOO_MANY = 1000040350
# "Receive events through a long connection": so many for an app.
MOST_CONNECTIONS = 50


@dataclass(slots=True)
class Conditions:
    """The defaults are a platform that is well.

    `code` is what the endpoint answers in place of an address; with `is_html` it sends a page as a
    proxy does, after `endpoint_seconds`. `handshake` refuses the WebSocket with this code. With
    `is_cut` there is no way through: connections end, and no new one is accepted. With `is_silent`
    they stay, and nothing comes through. `config` is told at the endpoint, `pong_config` with each
    answer to a ping. Payloads of more than `chunk_bytes` are split, and sent back to front with
    `chunks_reversed`.
    """

    code: int = 0
    is_html: bool = False
    endpoint_seconds: float = 0.0
    handshake: int = 0
    is_cut: bool = False
    is_silent: bool = False
    config: dict[str, Any] | None = None
    pong_config: dict[str, Any] | None = None
    chunk_bytes: int = 0
    chunks_reversed: bool = False
    most: int = MOST_CONNECTIONS

    @property
    def client_config(self) -> dict[str, Any]:
        """The ClientConfig of the endpoint."""
        return self.config or {
            "ReconnectCount": -1,
            "ReconnectInterval": 120,
            "ReconnectNonce": 30,
            "PingInterval": 120,
        }
