"""Liveness, readiness and metrics."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue


def blueprint(
    version: str,
    failing: Callable[[], list[str]],
    metrics: Callable[[], tuple[bytes, str]] | None,
) -> Blueprint:
    """`failing` names what doesn't work; `metrics` gives a body and its content type.

    Both tell what is known: strangers may ask, and must not make the bot do anything.
    """
    bp = Blueprint("health", __name__)

    @bp.get("/ping")
    def ping() -> ResponseReturnValue:
        # To the byte what the original bot answers.
        return Response('{"message":"pong"}', mimetype="application/json")

    @bp.get("/readyz")
    def readyz() -> ResponseReturnValue:
        names = failing()
        return jsonify(version=version, ready=not names, failing=names), 503 if names else 200

    if metrics:

        @bp.get("/metrics")
        def show_metrics() -> ResponseReturnValue:
            body, content_type = metrics()
            return Response(body, content_type=content_type)

    return bp
