"""The two webhook addresses that Feishu calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound


class Headers(Protocol):
    """Request headers by name, in any letter case."""

    def get(self, name: str, /) -> str | None: ...


Address = Literal["event", "card"]
Handle = Callable[[Address, Headers, bytes], tuple[int, dict[str, Any]]]


Notice = Callable[[str, Headers, bytes], None]


def blueprint(
    handle: Handle, max_body: int, misdirected: Notice = lambda path, headers, body: None
) -> Blueprint:
    """Routes that pass headers and raw body to `handle`; `max_body` in bytes.

    `misdirected` is told of what is sent to addresses that don't exist, which are easily mistyped.
    """
    bp = Blueprint("feishu", __name__)

    def read() -> bytes:
        # One byte more than allowed is enough to know; the rest stays unread.
        try:
            return request.stream.read(max_body + 1)
        except Exception:  # noqa: BLE001
            # It was cut off, or in chunks that are none: what can't be read is refused like
            # anything else that isn't Feishu's.
            return b""

    def answer(address: Address) -> ResponseReturnValue:
        status, data = handle(address, request.headers, read())
        return jsonify(data), status

    @bp.app_errorhandler(404)
    def missing(exc: NotFound) -> NotFound:
        if request.method == "POST":
            misdirected(request.path, request.headers, read())
        return exc

    # With a slash at the end they mean the same.
    @bp.post("/webhook/event", strict_slashes=False)
    def event() -> ResponseReturnValue:
        return answer("event")

    @bp.post("/webhook/card", strict_slashes=False)
    def card() -> ResponseReturnValue:
        return answer("card")

    return bp
