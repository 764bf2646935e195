"""What the simulator serves besides the platform: its page, and /_simulator for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask

from feishu_simulator.desk.app import add_desk
from feishu_simulator.desk.desk import Desk
from feishu_simulator.events import envelope
from feishu_simulator.feishu import Feishu
from feishu_simulator.gateway import Gateway
from feishu_simulator.report import report
from feishu_simulator.script import Script

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

OUR_NAMES = frozenset(["127.0.0.1", "localhost"])


def control_app(desk: Desk, gateway: Gateway) -> WSGIApplication:
    """A Flask app; anything unreadable in a request is a 400 with the reason."""
    feishu = desk.feishu
    app = flask.Flask(__name__, static_folder=None)
    add_desk(app, desk)

    @app.before_request
    def only_by_its_own_name() -> None:
        """Another name that leads here is a page that wants to read along (DNS rebinding)."""
        if flask.request.host.partition(":")[0] not in OUR_NAMES:
            flask.abort(403)

    @app.post("/_simulator/settings")
    def settings() -> Any:
        return _set(feishu, gateway, flask.request.get_json())

    @app.post("/_simulator/say")
    def say() -> Any:
        return _say(feishu, flask.request.get_json())

    @app.get("/_simulator/report")
    def show_report() -> Any:
        since = flask.request.args.get("since", 0.0, type=float)
        return report(feishu, gateway, since=since)

    return app


def _set(feishu: Feishu, gateway: Gateway, given: dict[str, Any]) -> dict[str, Any]:
    """latency, enforce_limits, bot_url; first, between and chunks of the gateway."""
    unknown = set(given) - {
        "latency", "enforce_limits", "bot_url", "first", "between", "chunks", "scopes"
    }  # fmt: skip
    if unknown:
        flask.abort(400, f"unknown settings: {', '.join(sorted(unknown))}")
    feishu.latency = float(given.get("latency", feishu.latency))
    feishu.enforce_limits = bool(given.get("enforce_limits", feishu.enforce_limits))
    feishu.bot_url = str(given.get("bot_url", feishu.bot_url))
    gateway.first = float(given.get("first", gateway.first))
    gateway.between = float(given.get("between", gateway.between))
    if "scopes" in given:
        feishu.grant(*given["scopes"])
    if "chunks" in given:
        script = counting(int(given["chunks"]))
        gateway.respond_with(lambda body: script)
    return {"feishu_url": feishu.url, "gateway_url": gateway.url, "keys": gateway.keys}


def counting(count: int) -> Script:
    """An answer of *count* chunks in plain words, so that nothing in it is rewritten."""
    return Script.chunks([f"word{number} " for number in range(count)])


def _say(feishu: Feishu, given: dict[str, Any]) -> dict[str, Any]:
    """Write as `person` (made when new) privately, or in `group` with the bot mentioned.

    Without a `bot_url` nothing is pushed, and the caller may push the `envelope` by itself.
    """
    name, text = str(given.get("person", "Alice")), str(given.get("text", ""))
    with feishu.world.lock:
        people = feishu.world.people.values()
        person = next((p for p in people if p.name == name), None) or feishu.add_person(name)
        group_name = given.get("group")
        if group_name is None:
            chat = feishu.private_chat(person)
        else:
            chats = feishu.world.chats.values()
            chat = next(
                (c for c in chats if c.name == group_name and not c.is_private), None
            ) or feishu.add_group(str(group_name), [person])
        target = feishu.world.messages.get(str(given.get("reply_to", "")))
    mention_bot = bool(given.get("mention_bot", not chat.is_private))
    message = feishu.say(chat, person, text, mention_bot=mention_bot, reply_to=target)
    assert message.event is not None
    return {
        "message_id": message.message_id,
        "chat_id": chat.chat_id,
        "said_at": message.said_at,
        "envelope": envelope(feishu.credentials, message.event),
    }
