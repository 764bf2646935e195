"""The page over HTTP: its files, the live stream, actions, uploads, downloads, the inspector."""

from __future__ import annotations

import json
import mimetypes
from typing import Any
from urllib.parse import quote

import flask
from werkzeug.exceptions import HTTPException

from feishu_simulator.desk.actions import Actions
from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.given import BadAction, file_name
from feishu_simulator.desk.live import follow
from feishu_simulator.desk.wire import call_of, wire_of
from feishu_simulator.refusals import Refusal
from feishu_simulator.server import WIRE

UPLOAD_BYTES = 30 * 1024 * 1024
ACTION_BYTES = 1024 * 1024
# Only these are shown by the browser; everything else is downloaded.
SHOWN_TYPES = frozenset(
    ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "audio/ogg", "audio/mpeg"]
    + ["audio/webm", "audio/wav", "audio/mp4", "audio/opus"]
)
# A page of another site can't send this header without asking first, and is never allowed to.
OURS = "X-Desk"
# What the model writes is shown in this page, so the browser shall run and load nothing but ours.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

# Some systems take the type of scripts from a registry that says text/plain.
mimetypes.add_type("text/javascript", ".js")


def add_desk(app: flask.Flask, desk: Desk) -> None:
    """Put the page's routes into *app*."""
    actions = Actions(desk)
    blueprint = flask.Blueprint("desk", __name__, static_folder="static", static_url_path="/static")

    @blueprint.before_request
    def check() -> None:
        request = flask.request
        if request.method == "POST" and OURS not in request.headers:
            raise BadAction(f"the header {OURS} is missing")
        origin = request.headers.get("Origin")
        if origin is not None and f"{origin}/" != request.host_url:
            flask.abort(403, "another origin")
        request.max_content_length = (
            UPLOAD_BYTES if request.endpoint == "desk.upload" else ACTION_BYTES
        )

    @blueprint.get("/")
    def page() -> Any:
        return blueprint.send_static_file("index.html")

    @blueprint.get("/desk/live")
    def live() -> Any:
        follow(desk, flask.request.environ[WIRE])
        return ""

    @blueprint.post("/desk/do/<name>")
    def do(name: str) -> Any:
        return actions.do(name, _object(flask.request.get_json(silent=True)))

    @blueprint.post("/desk/upload")
    def upload() -> Any:
        request = flask.request
        given = {**request.args.to_dict(), "in_thread": request.args.get("in_thread") == "true"}
        name = request.args.get("name") or "file"
        return actions.upload(given, request.get_data(), name, request.mimetype)

    @blueprint.get("/desk/wire/<message_id>")
    def wire(message_id: str) -> Any:
        message = desk.feishu.world.messages.get(message_id)
        if message is None:
            raise BadAction("unknown message")
        return _ordered(wire_of(desk, message, flask.request.args.get("since", 0, type=int)))

    @blueprint.get("/desk/call/<int:serial>")
    def call(serial: int) -> Any:
        found = call_of(desk, serial)
        if found is None:
            flask.abort(404, "unknown call")
        return _ordered(found)

    @blueprint.get("/desk/files/<key>")
    def file(key: str) -> Any:
        with desk.feishu.world.lock:
            stored = desk.feishu.world.images.get(key) or desk.feishu.world.files.get(key)
        if stored is None:
            flask.abort(404)
        shown = stored.mime in SHOWN_TYPES
        response = flask.Response(
            stored.data, mimetype=stored.mime if shown else "application/octet-stream"
        )
        if not shown:
            name = quote(file_name(stored.name), safe="")
            response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        # Players ask for parts, and some play nothing that comes only as a whole.
        return response.make_conditional(
            flask.request, accept_ranges=True, complete_length=len(stored.data)
        )

    @blueprint.errorhandler(BadAction)
    def refused(exc: BadAction) -> Any:
        return {"error": str(exc)}, 400

    @blueprint.errorhandler(Refusal)
    def refused_by_platform(exc: Refusal) -> Any:
        return {"error": f"{exc.code}: {exc.msg}"}, 400

    @blueprint.errorhandler(HTTPException)
    def failed(exc: HTTPException) -> Any:
        return {"error": exc.description or exc.name}, exc.code or 500

    @blueprint.after_request
    def protect(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    app.register_blueprint(blueprint)


def _ordered(value: dict[str, Any]) -> flask.Response:
    """JSON with its keys in the order they went over the wire, where Flask would sort them."""
    return flask.Response(json.dumps(value), mimetype="application/json")


def _object(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadAction("not a JSON object")
    return given
