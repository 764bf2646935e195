"""Opens the WebSocket. No text of an exception leaves: the address in it holds a ticket."""

from __future__ import annotations

import logging

from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from feishu_bot.errors import FeishuError, FeishuUnavailable
from feishu_bot.feishu.api.network import proxy_for, tls_context
from feishu_bot.feishu.long_connection.endpoint import (
    AUTH_FAILED,
    FORBIDDEN,
    NO_CREDENTIAL,
    TOO_MANY,
)

OPEN_SECONDS = 10.0
# For the closing handshake: whoever waits is stopping, or wants to connect anew.
CLOSE_SECONDS = 1.0
# A half-open connection is noticed by that, as with Feishu's own SDK.
KEEPALIVE_SECONDS = 20.0
# An event fits into a request of 1 MiB at the webhook; a frame has little beside it.
MOST_FRAME_BYTES = 1024 * 1024 + 65_536

# At DEBUG it would write down the address with its ticket, and every frame.
_silent = logging.getLogger(f"{__name__}.websockets")
_silent.disabled = True


def open_socket(url: str) -> ClientConnection:
    """Connect, through the environment's proxy. Raises FeishuError; a refusal has its code."""
    try:
        return connect(
            url,
            ssl=tls_context() if url.startswith("wss:") else None,
            # Nothing of Feishu's is compressed, and what is can be large without being long.
            compression=None,
            proxy=proxy_for(url) or None,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=KEEPALIVE_SECONDS,
            ping_timeout=KEEPALIVE_SECONDS,
            max_size=MOST_FRAME_BYTES,
            logger=_silent,
        )
    except InvalidStatus as exc:
        raise _refusal(exc.response.status_code, exc.response.headers) from None
    # ImportError: for a SOCKS proxy another package is needed.
    except (OSError, EOFError, WebSocketException, ValueError, ImportError) as exc:
        raise FeishuUnavailable(f"not connected: {type(exc).__name__}") from None


def _refusal(http_status: int, headers: Headers) -> FeishuError:
    """What Feishu says in the headers of a refused handshake."""
    status = _number(headers, "handshake-status")
    if status == AUTH_FAILED:
        # Its reason stands in a header of its own.
        status = _number(headers, "handshake-autherrcode") or status
    if status in (AUTH_FAILED, FORBIDDEN, NO_CREDENTIAL, TOO_MANY):
        return FeishuError("the handshake was refused", code=status)
    return FeishuUnavailable(f"the handshake was answered with HTTP {http_status}", code=status)


def _number(headers: Headers, name: str) -> int:
    try:
        return int(headers.get(name, ""))
    except (ValueError, LookupError):
        return 0
