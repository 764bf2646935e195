"""The smallest app that answers as the bot does: what gunicorn and the machine cost alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BODY = b'{"msg":"success"}\n'


class _Runtime:
    """The part that gunicorn.conf.py starts and stops."""

    def start(self, *, answers: bool, receives: bool) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""


class Floor:
    """Reads the body and says yes to everything."""

    def __init__(self) -> None:
        self.extensions = {"feishu_bot": _Runtime()}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
        start_response("200 OK", headers)
        return [BODY]


app = Floor()
