"""The app's own calls: its versions, its configuration, publishing, the panel of commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feishu_simulator.api_request import ApiAnswer, ApiRequest, success
from feishu_simulator.app_versions import number_of
from feishu_simulator.challenge import verify
from feishu_simulator.developer_app import DeveloperApp
from feishu_simulator.refusals import Refusal
from feishu_simulator.state import PlatformState, new_id
from feishu_simulator.subscription import CLICK, KNOWN_EVENTS

MODES = ("webhook", "websocket")
CALLBACKS = (CLICK, "url.preview.get", "profile.view.get")
KEY_CHARACTERS = 32
REMARK_CHARACTERS = 500
COMMANDS = 100
# "Update app configuration", "Update app ability", "Publish app".
PARAMETER = 210031
NO_SUCH_APP = 210032
UNDER_REVIEW = 210040
NO_BOT = 210041
URL_REFUSED = 210042
MISSING_FIELD = 210304


class ApplicationApi:
    """The handlers; each runs under the platform's lock and may raise Refusal.

    The lock is held while a request URL is checked, too: a platform's page stands still for as
    long, three seconds at most.
    """

    def __init__(self, state: PlatformState, app: DeveloperApp) -> None:
        self._state = state
        self._app = app

    def versions(self, request: ApiRequest) -> ApiAnswer:
        """All versions, the newest first unless `order` is 1."""
        self._own(request)
        size = int(request.query.get("page_size", "20"))
        newest_first = request.query.get("order", "0") != "1"
        versions = self._app.versions[::-1] if newest_first else list(self._app.versions)
        start = int(request.query.get("page_token") or "0")
        more = start + size < len(versions)
        items = [self._as_json(one) for one in versions[start : start + size]]
        data = {"items": items, "has_more": more, "page_token": str(start + size) if more else ""}
        return success(data)

    def version(self, request: ApiRequest) -> ApiAnswer:
        """One version by its id."""
        self._own(request)
        for one in self._app.versions:
            if one.version_id == request.params["version_id"]:
                return success({"app_version": self._as_json(one)})
        raise Refusal(210504, "version not exist")

    def config(self, request: ApiRequest) -> ApiAnswer:
        """Change mode, addresses, keys, events, callbacks and scopes: all of it, or nothing.

        At once: scopes that need no review and the request URL of events, which is knocked at. All
        else waits for the next version ("Update app configuration").
        """
        self._changeable(request)
        body = request.body
        scope, event = _part(body, "scope"), _part(body, "event")
        callback = _part(body, "callback")
        keys, visibility = _part(body, "event_and_callback_encrypt_strategy"), "visibility" in body
        scopes = [_name(one, "scope_name") for one in scope.get("add_scopes", [])]
        gone = [_name(one, "scope_name") for one in scope.get("remove_scopes", [])]
        _known(event.get("add_events", []), KNOWN_EVENTS)
        _known(callback.get("add_callbacks", []), CALLBACKS)
        modes = {
            name: part[name]
            for part, name in ((event, "subscription_type"), (callback, "callback_type"))
            if name in part
        }
        _known(modes.values(), MODES)
        for name in ("encryption_key", "verification_token"):
            if len(str(keys.get(name, ""))) > KEY_CHARACTERS:
                raise Refusal(PARAMETER, f"{name} is too long")
        if (event or callback) and not self._app.has_bot:
            raise Refusal(NO_BOT, "please enable bot ability first")
        values: dict[str, Any] = dict(modes)
        if "encryption_key" in keys:
            values["encrypt_key"] = str(keys["encryption_key"])
        if "verification_token" in keys:
            values["verification_token"] = str(keys["verification_token"])
        if "request_url" in callback:
            values["card_url"] = _address(callback["request_url"])
        if visibility:
            everybody = _part(body, "visibility").get("is_visible_to_all")
            values["visible_to"] = None if everybody else self._app.draft().visible_to
        if "request_url" in event:
            self._knock(_address(event["request_url"]), keys)
        self._app.set_draft(**values)
        self._app.set_scopes(add=scopes, remove=gone)
        self._app.set_events(add=event.get("add_events", []), remove=event.get("remove_events", []))
        self._app.set_callbacks(
            add=callback.get("add_callbacks", []), remove=callback.get("remove_callbacks", [])
        )
        return success({})

    def ability(self, request: ApiRequest) -> ApiAnswer:
        """The bot ability and its menu, for the next version."""
        self._changeable(request)
        bot = _part(request.body, "bot")
        values: dict[str, Any] = {}
        if "enable" in bot:
            # An app needs the ability before its events can be set.
            self._app.has_bot = bool(bot["enable"])
        if "bot_menus" in bot:
            menus = bot["bot_menus"]
            if not isinstance(menus, list) or not all(isinstance(one, dict) for one in menus):
                raise Refusal(210020, "invalid bot menu")
            values["menu"] = tuple(menus) if bot.get("bot_menu_enable", True) else ()
        self._app.set_draft(**values)
        return success({})

    def base(self, request: ApiRequest) -> ApiAnswer:
        """Name and description in one or more languages."""
        self._changeable(request)
        for one in request.body.get("i18ns", []):
            self._app.texts[_name(one, "i18n_key")] = dict(one)
        return success({})

    def publish(self, request: ApiRequest) -> ApiAnswer:
        """A version of the draft ("Publish app")."""
        self._own(request)
        body = request.body
        needed = ["remark", "changelog"]
        if self._app.has_bot:
            needed += ["mobile_default_ability", "pc_default_ability"]
        for name in needed:
            if not isinstance(body.get(name), str) or not body[name]:
                raise Refusal(MISSING_FIELD, f"{name} is required")
        if max(len(body["remark"]), len(body["changelog"])) > REMARK_CHARACTERS:
            raise Refusal(210001, "remark or changelog is too long")
        number = str(body.get("version") or "")
        if number and not number_of(number):
            raise Refusal(210001, "version must be X.Y.Z")
        version = self._app.publish(number, body["remark"], body["changelog"])
        return success({"version_id": version.version_id, "version": version.number})

    def commands(self, request: ApiRequest) -> ApiAnswer:
        """The panel of slash commands, newest first."""
        items = [{"command_id": key, **one} for key, one in self._app.commands.items()]
        return success({"items": items[::-1], "has_more": False})

    def add_command(self, request: ApiRequest) -> ApiAnswer:
        """A command of the panel; it needs no version."""
        name = str(request.body.get("command", ""))
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name):
            raise Refusal(PARAMETER, "invalid command")
        if any(one["command"] == name for one in self._app.commands.values()):
            raise Refusal(40000000, "command already exists")
        if len(self._app.commands) >= COMMANDS:
            raise Refusal(40000000, "too many commands")
        command_id = new_id("cmd")
        self._app.commands[command_id] = dict(request.body)
        return success({"command_id": command_id})

    def change_command(self, request: ApiRequest) -> ApiAnswer:
        """Another description of a command."""
        command = self._command(request)
        self._app.commands[command] = {**self._app.commands[command], **request.body}
        return success({})

    def delete_command(self, request: ApiRequest) -> ApiAnswer:
        """Take a command from the panel."""
        del self._app.commands[self._command(request)]
        return success({})

    def _command(self, request: ApiRequest) -> str:
        command = request.params["command_id"]
        if command not in self._app.commands:
            raise Refusal(40000002, "command not exist", status=404)
        return command

    def _as_json(self, version: Any) -> dict[str, Any]:
        owner = self._app.owner.open_id if self._app.owner else ""
        return self._app.shown(version).as_json(self._state.credentials.app_id, owner)

    def _own(self, request: ApiRequest) -> None:
        app_id = request.params.get("app_id", "me")
        if app_id not in ("me", self._state.credentials.app_id):
            raise Refusal(NO_SUCH_APP, "app not exist")

    def _changeable(self, request: ApiRequest) -> None:
        self._own(request)
        if self._app.in_review:
            raise Refusal(UNDER_REVIEW, "the app is under review and can not be modified")

    def _knock(self, url: str, keys: Mapping[str, Any]) -> None:
        """The challenge, under the keys in force or, where there are none, the new ones."""
        credentials = self._app.challenge_credentials(
            str(keys.get("encryption_key", "")), str(keys.get("verification_token", ""))
        )
        if not verify(url, credentials).ok:
            raise Refusal(URL_REFUSED, "request url validation failed")
        self._app.set_event_url(url)


def _part(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = body.get(name, {})
    if not isinstance(part, dict):
        raise Refusal(PARAMETER, f"{name} is no object")
    return part


def _name(one: Any, key: str) -> str:
    if not isinstance(one, dict) or not isinstance(one.get(key), str):
        raise Refusal(PARAMETER, f"{key} is missing")
    return str(one[key])


def _known(names: Any, known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise Refusal(PARAMETER, f"invalid value {name}")


def _address(url: object) -> str:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refusal(PARAMETER, "request_url is no address")
    return url
