"""The page, and the control API under /_simulator for programs."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import flask

from feishu_simulator.desk.app import add_desk
from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.scene import dump_scene
from feishu_simulator.desk.scene_checks import MOST_BYTES, BadScene
from feishu_simulator.desk.scene_load import load_scene
from feishu_simulator.events import envelope
from feishu_simulator.feishu import Feishu
from feishu_simulator.gateway import Gateway
from feishu_simulator.launcher import add_launcher
from feishu_simulator.report import report
from feishu_simulator.script import Script

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def control_app(desk: Desk, gateway: Gateway) -> WSGIApplication:
    """The app; an invalid request is answered with 400 and the reason.

    Its routes are made at the first request: a test of a bot opens no page, and to make them takes
    half of the time in which a simulator starts.
    """
    lock = threading.Lock()
    made: list[flask.Flask] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with lock:
            if not made:
                made.append(_flask_app(desk, gateway))
        return made[0](environ, start_response)

    return app


def _flask_app(desk: Desk, gateway: Gateway) -> flask.Flask:
    feishu = desk.feishu
    app = flask.Flask(__name__, static_folder=None)
    add_desk(app, desk)
    add_launcher(app, feishu)

    @app.post("/_simulator/settings")
    def settings() -> Any:
        return _set(feishu, gateway, flask.request.get_json())

    @app.post("/_simulator/say")
    def say() -> Any:
        return _say(feishu, flask.request.get_json())

    @app.get("/_simulator/scene")
    def scene() -> Any:
        return dump_scene(desk)

    @app.post("/_simulator/scene")
    def open_scene() -> Any:
        request = flask.request
        request.max_content_length = MOST_BYTES
        if not request.is_json:
            # Pages of other sites can't send this type without asking first.
            flask.abort(415, "application/json is expected")
        try:
            load_scene(desk, request.get_data())
        except BadScene as exc:
            flask.abort(400, str(exc))
        return {}

    @app.get("/_simulator/report")
    def show_report() -> Any:
        since = flask.request.args.get("since", 0.0, type=float)
        return report(feishu, gateway, since=since)

    return app


def _set(feishu: Feishu, gateway: Gateway, params: dict[str, Any]) -> dict[str, Any]:
    """Change the settings given and return the addresses; 400 for an unknown one.

    Of the platform: latency in seconds, enforce_limits, scopes to grant, and bot_url or event_url
    and card_url. Of the gateway: first and between in seconds, and chunks, a number of words.
    """
    unknown = set(params) - {
        "latency", "enforce_limits", "bot_url", "event_url", "card_url", "first", "between",
        "chunks", "scopes",
    }  # fmt: skip
    if unknown:
        flask.abort(400, f"unknown settings: {', '.join(sorted(unknown))}")
    feishu.latency = float(params.get("latency", feishu.latency))
    feishu.enforce_limits = bool(params.get("enforce_limits", feishu.enforce_limits))
    for name in ("bot_url", "event_url", "card_url"):
        if name in params:
            setattr(feishu, name, str(params[name]))
    gateway.first = float(params.get("first", gateway.first))
    gateway.between = float(params.get("between", gateway.between))
    if "scopes" in params:
        feishu.grant(*params["scopes"])
    if "chunks" in params:
        script = numbered_words(int(params["chunks"]))
        gateway.respond_with(lambda body: script)
    return {"feishu_url": feishu.url, "gateway_url": gateway.url, "keys": gateway.keys}


def numbered_words(count: int) -> Script:
    """An answer of *count* chunks, in plain words that no Markdown renderer changes."""
    return Script.chunks([f"word{number} " for number in range(count)])


def _say(feishu: Feishu, params: dict[str, Any]) -> dict[str, Any]:
    """Send `text` as `person` privately, or in `group` with the bot mentioned.

    Unknown people and groups are created. `reply_to` is a message_id. Without an address of the bot
    nothing is pushed, and the caller may push the `envelope` itself.
    """
    name, text = str(params.get("person", "Alice")), str(params.get("text", ""))
    with feishu.state.lock:
        people = feishu.state.people.values()
        person = next((p for p in people if p.name == name), None) or feishu.add_person(name)
        group_name = params.get("group")
        if group_name is None:
            chat = feishu.private_chat(person)
        else:
            chats = feishu.state.chats.values()
            chat = next(
                (c for c in chats if c.name == group_name and not c.is_private), None
            ) or feishu.add_group(str(group_name), [person])
        target = feishu.state.messages.get(str(params.get("reply_to", "")))
    mention_bot = bool(params.get("mention_bot", not chat.is_private))
    message = feishu.say(chat, person, text, mention_bot=mention_bot, reply_to=target)
    assert message.event is not None
    return {
        "message_id": message.message_id,
        "chat_id": chat.chat_id,
        "said_at": message.said_at,
        "envelope": envelope(feishu.credentials, message.event),
    }
