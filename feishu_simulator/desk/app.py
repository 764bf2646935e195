"""The page over HTTP: static files, event stream, actions, uploads, downloads, inspector."""

from __future__ import annotations

import json
import mimetypes
import time
from typing import Any
from urllib.parse import quote

import flask
from werkzeug.exceptions import HTTPException

from feishu_simulator.desk.actions import Actions
from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.live import follow
from feishu_simulator.desk.model_wire import newest_lines, whole_of
from feishu_simulator.desk.params import BadAction, file_name
from feishu_simulator.desk.scene import dump_scene
from feishu_simulator.desk.scene_checks import MOST_BYTES, BadScene
from feishu_simulator.desk.scene_load import load_scene
from feishu_simulator.desk.wire import call_of, wire_of
from feishu_simulator.refusals import Refusal
from feishu_simulator.server import RAW_CONNECTION

UPLOAD_BYTES = 30 * 1024 * 1024
ACTION_BYTES = 1024 * 1024
# The browser shows only these; everything else is a download.
SHOWN_TYPES = frozenset(
    [
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "audio/ogg",
        "audio/mpeg", "audio/webm", "audio/wav", "audio/mp4", "audio/opus",
    ]
)  # fmt: skip
# Another site's page can't send this header without a CORS preflight, which is always refused.
OWN_HEADER = "X-Desk"
# The page shows what a model writes, so the browser may run and load nothing from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

# Some systems map .js to text/plain in their registry.
mimetypes.add_type("text/javascript", ".js")


def add_desk(app: flask.Flask, desk: Desk) -> None:
    """Put the page's routes into *app*."""
    blueprint = flask.Blueprint("desk", __name__, static_folder="static", static_url_path="/static")
    _add_checks(blueprint)
    _add_page(blueprint, desk)
    _add_inspector(blueprint, desk)
    _add_files(blueprint, desk)
    _add_scene(blueprint, desk)
    app.register_blueprint(blueprint)


def _add_checks(blueprint: flask.Blueprint) -> None:
    """What is refused, how a refusal is answered, and the headers of every response."""

    @blueprint.before_request
    def check() -> None:
        request = flask.request
        if request.method == "POST" and OWN_HEADER not in request.headers:
            raise BadAction(f"the header {OWN_HEADER} is missing")
        origin = request.headers.get("Origin")
        if origin is not None and f"{origin}/" != request.host_url:
            flask.abort(403, "another origin")
        most = {"desk.upload": UPLOAD_BYTES, "desk.open_scene": MOST_BYTES}
        request.max_content_length = most.get(str(request.endpoint), ACTION_BYTES)

    @blueprint.errorhandler(BadAction)
    def bad_action(exc: BadAction) -> Any:
        return {"error": str(exc)}, 400

    @blueprint.errorhandler(BadScene)
    def bad_scene(exc: BadScene) -> Any:
        return {"error": str(exc)}, 400

    @blueprint.errorhandler(Refusal)
    def platform_refusal(exc: Refusal) -> Any:
        return {"error": f"{exc.code}: {exc.msg}"}, 400

    @blueprint.errorhandler(HTTPException)
    def http_error(exc: HTTPException) -> Any:
        return {"error": exc.description or exc.name}, exc.code or 500

    @blueprint.after_request
    def protect(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


def _add_page(blueprint: flask.Blueprint, desk: Desk) -> None:
    """The page itself, its event stream and its actions."""
    actions = Actions(desk)

    @blueprint.get("/")
    def page() -> Any:
        return blueprint.send_static_file("index.html")

    @blueprint.get("/desk/live")
    def live() -> Any:
        follow(desk, flask.request.environ[RAW_CONNECTION])
        return ""

    @blueprint.post("/desk/do/<name>")
    def do(name: str) -> Any:
        return actions.do(name, _object(flask.request.get_json(silent=True)))

    @blueprint.post("/desk/upload")
    def upload() -> Any:
        request = flask.request
        params = {**request.args.to_dict(), "in_thread": request.args.get("in_thread") == "true"}
        name = request.args.get("name") or "file"
        return actions.upload(params, request.get_data(), name, request.mimetype)


def _add_inspector(blueprint: flask.Blueprint, desk: Desk) -> None:
    """The traffic of a message, and a single call."""

    @blueprint.get("/desk/wire/<message_id>")
    def wire(message_id: str) -> Any:
        message = desk.feishu.state.messages.get(message_id)
        if message is None:
            raise BadAction("unknown message")
        return _ordered_json(wire_of(desk, message, flask.request.args.get("since", 0, type=int)))

    @blueprint.get("/desk/call/<int:serial>")
    def call(serial: int) -> Any:
        found = call_of(desk, serial)
        if found is None:
            flask.abort(404, "unknown call")
        return _ordered_json(found)

    @blueprint.get("/desk/exchanges")
    def exchanges() -> Any:
        with desk.feishu.state.lock:
            lines = newest_lines(desk)
        return _ordered_json({"exchanges": lines})

    @blueprint.get("/desk/exchange/<int:number>")
    def exchange(number: int) -> Any:
        found = desk.gateway.exchanges.find(number)
        if found is None:
            flask.abort(404, "unknown exchange")
        return _ordered_json(whole_of(found, desk.gateway.keys))


def _add_files(blueprint: flask.Blueprint, desk: Desk) -> None:
    """Downloads of images and files."""

    @blueprint.get("/desk/files/<key>")
    def file(key: str) -> Any:
        with desk.feishu.state.lock:
            stored = desk.feishu.state.images.get(key) or desk.feishu.state.files.get(key)
        if stored is None:
            flask.abort(404)
        shown = stored.mime in SHOWN_TYPES
        response = flask.Response(
            stored.data, mimetype=stored.mime if shown else "application/octet-stream"
        )
        if not shown:
            name = quote(file_name(stored.name), safe="")
            response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        # Players request ranges, and some play nothing without them.
        return response.make_conditional(
            flask.request, accept_ranges=True, complete_length=len(stored.data)
        )


def _add_scene(blueprint: flask.Blueprint, desk: Desk) -> None:
    """The scene as a download and an upload."""

    @blueprint.get("/desk/scene")
    def scene() -> Any:
        response = _ordered_json(dump_scene(desk))
        name = time.strftime("scene-%Y%m%d-%H%M.json")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @blueprint.post("/desk/scene")
    def open_scene() -> Any:
        load_scene(desk, flask.request.get_data())
        return {}


def _ordered_json(value: dict[str, Any]) -> flask.Response:
    """JSON with its keys in the original order; Flask would sort them."""
    return flask.Response(json.dumps(value), mimetype="application/json")


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BadAction("not a JSON object")
    return body
