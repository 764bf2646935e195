"""The endpoint over HTTP that tells a client where to connect to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from feishu_simulator.api_request import document
from feishu_simulator.long_connection.server import ENDPOINT_PATH, LongConnections
from feishu_simulator.server import RAW_CONNECTION
from feishu_simulator.slow_answers import send_slowly

if TYPE_CHECKING:
    import threading

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE = b"<!doctype html><html><body><h1>403 Forbidden</h1></body></html>"


def endpoint_app(
    connections: LongConnections, stopping: threading.Event, other: WSGIApplication
) -> WSGIApplication:
    """The WSGI app; other addresses go to *other*."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != ENDPOINT_PATH:
            return other(environ, start_response)
        request, conditions = Request(environ), connections.conditions
        if conditions.is_cut:
            environ[RAW_CONNECTION].close()
            return []
        if conditions.is_html:
            return Response(PAGE, 200, mimetype="text/html")(environ, start_response)
        given = request.get_json(silent=True)
        body = given if isinstance(given, dict) else {}
        answer = document(connections.address(body.get("AppID"), body.get("AppSecret")))
        if conditions.endpoint_seconds > 0:
            slow = replace(answer, seconds=conditions.endpoint_seconds)
            send_slowly(environ[RAW_CONNECTION], slow, stopping)
            return []
        return Response(answer.body, 200, mimetype="application/json")(environ, start_response)

    return app
