"""The two webhook addresses that Feishu calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue


class Headers(Protocol):
    """Request headers by name, in any letter case."""

    def get(self, name: str, /) -> str | None: ...


Address = Literal["event", "card"]
Handle = Callable[[Address, Headers, bytes], tuple[int, dict[str, Any]]]


def blueprint(handle: Handle, max_body: int) -> Blueprint:
    """Routes that pass headers and raw body to `handle`; `max_body` in bytes."""
    bp = Blueprint("feishu", __name__)

    def answer(address: Address) -> ResponseReturnValue:
        # One byte more than allowed is enough to know; the rest stays unread.
        try:
            body = request.stream.read(max_body + 1)
        except Exception:  # noqa: BLE001
            # It was cut off, or in chunks that are none: what can't be read is refused like
            # anything else that isn't Feishu's.
            body = b""
        status, data = handle(address, request.headers, body)
        return jsonify(data), status

    @bp.post("/webhook/event")
    def event() -> ResponseReturnValue:
        return answer("event")

    @bp.post("/webhook/card")
    def card() -> ResponseReturnValue:
        return answer("card")

    return bp
