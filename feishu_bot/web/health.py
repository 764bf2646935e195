"""Liveness, readiness and metrics."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
# What proxies add. Behind one on the same machine, everybody's address is that of the machine.
PROXY_HEADERS = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
                 "Forwarded", "Via")  # fmt: skip


def blueprint(
    version: str,
    failing: Callable[[], list[str]],
    metrics: Callable[[], tuple[bytes, str]] | None,
    token: str = "",
) -> Blueprint:
    """`failing` names what doesn't work; `metrics` gives a body and its content type.

    Both tell what is known: strangers may ask, and must not make the bot do anything. They are told
    whether it is ready, and no more. The rest is for those who have the `token`; where there is
    none, for this machine itself.
    """
    bp = Blueprint("health", __name__)

    def is_trusted() -> bool:
        if token:
            given = request.headers.get("Authorization", "")
            return hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {token}".encode())
        is_forwarded = any(name in request.headers for name in PROXY_HEADERS)
        return request.remote_addr in LOOPBACK and not is_forwarded

    @bp.get("/ping")
    def ping() -> ResponseReturnValue:
        # To the byte what the original bot answers.
        return Response('{"message":"pong"}', mimetype="application/json")

    @bp.get("/readyz")
    def readyz() -> ResponseReturnValue:
        # A load balancer may ask for what taking events in needs, and no more.
        only = request.args.get("part", "")
        names = [name for name in failing() if only in ("", name) or name == "starting"]
        details = {"version": version, "failing": names} if is_trusted() else {}
        return jsonify(ready=not names, **details), 503 if names else 200

    if metrics:

        @bp.get("/metrics")
        def show_metrics() -> ResponseReturnValue:
            if not is_trusted():
                return jsonify(msg="unauthorized"), 401
            body, content_type = metrics()
            return Response(body, content_type=content_type)

    return bp
