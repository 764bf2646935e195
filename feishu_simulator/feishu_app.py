"""The platform over HTTP: parses requests and builds responses."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from feishu_simulator.api import PlatformApi
from feishu_simulator.api_request import ApiAnswer
from feishu_simulator.faults import Disconnect
from feishu_simulator.multipart import parts_of
from feishu_simulator.registration import PATH as REGISTRATION_PATH
from feishu_simulator.registration import Registration
from feishu_simulator.server import RAW_CONNECTION
from feishu_simulator.slow_answers import send_slowly
from feishu_simulator.state import StoredFile

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def feishu_app(
    api: PlatformApi, registration: Registration, other: WSGIApplication
) -> WSGIApplication:
    """The WSGI app; what is neither an API nor a registration goes to *other*."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == REGISTRATION_PATH and environ["REQUEST_METHOD"] == "POST":
            status, content = registration.handle(Request(environ).form.to_dict())
            is_page = isinstance(content, str)
            text = content if isinstance(content, str) else json.dumps(content)
            kind = "text/html" if is_page else "application/json"
            return Response(text, status, mimetype=kind)(environ, start_response)
        if not environ["PATH_INFO"].startswith("/open-apis/"):
            return other(environ, start_response)
        try:
            answer = _answer(api, Request(environ))
        except Disconnect:
            environ[RAW_CONNECTION].close()
            return []
        if answer.seconds > 0:
            send_slowly(environ[RAW_CONNECTION], answer, api.stopping)
            return []
        response = Response(answer.body, answer.status, dict(answer.headers))
        response.headers["Content-Type"] = answer.mime
        return response(environ, start_response)

    return app


def _answer(api: PlatformApi, request: Request) -> ApiAnswer:
    body: bytes | dict[str, str] = request.get_data()
    files: dict[str, StoredFile] = {}
    if request.mimetype == "multipart/form-data" and isinstance(body, bytes):
        body, files = parts_of(request.headers["Content-Type"], body)
    return api.handle(
        request.method,
        request.path,
        query=request.args.to_dict(),
        authorization=request.headers.get("Authorization", ""),
        body=body,
        files=files,
    )
