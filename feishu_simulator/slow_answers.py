"""Answers whose body takes its time."""

from __future__ import annotations

import contextlib
import threading
from http import HTTPStatus

from feishu_simulator.api_request import ApiAnswer
from feishu_simulator.server import RawConnection

PIECES = 20


def send_slowly(connection: RawConnection, answer: ApiAnswer, stopping: threading.Event) -> None:
    """Write the answer in pieces over its `seconds`, then close the connection.

    Its length isn't told, as Feishu doesn't promise to. The client may leave before the end.
    """
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append(f"Content-Type: {answer.mime}")
    size = max(1, -(-len(answer.body) // PIECES))
    with contextlib.suppress(OSError):
        connection.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
        for start in range(0, len(answer.body), size):
            if stopping.wait(answer.seconds / PIECES):
                break
            connection.send(answer.body[start : start + size])
    connection.close()
