"""Socket options that keep idle connections to Feishu and to the model service usable."""

from __future__ import annotations

import socket
from typing import Final

# Seconds of silence before the other end is asked, between questions, and how many stay
# unanswered before the connection is given up. Firewalls and address translators forget a silent
# connection after four minutes (Azure), 350 s (AWS) or sooner, and say nothing.
IDLE: Final = 45
INTERVAL: Final = 15
MOST_UNANSWERED: Final = 3


def socket_options() -> list[tuple[int, int, int]]:
    """For `setsockopt`: TCP_NODELAY, and keepalive as far as this system has it."""
    options = [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    ]
    for name, value in (
        ("TCP_KEEPIDLE", IDLE),
        ("TCP_KEEPINTVL", INTERVAL),
        ("TCP_KEEPCNT", MOST_UNANSWERED),
    ):
        if option := getattr(socket, name, None):
            options.append((socket.IPPROTO_TCP, option, value))
    return options
