"""The app's configuration through Feishu's API: a wanted state, brought about again and again.

Mode, keys, events and callbacks count only with the next published version; the events' request URL
and scopes that need no review count at once ("Update app configuration").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from feishu_bot.errors import BotError, SetupFailed
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.setup import panel
from feishu_bot.setup.configuration_errors import REMEDIES, SCOPE_MISSING, UNKNOWN
from feishu_bot.setup.http_calls import HttpAnswer, HttpCalls, NoAnswer
from feishu_bot.setup.manifest import (
    CALLBACKS,
    CARD_PATH,
    EVENT_PATH,
    EVENTS,
    MESSAGE_EVENT,
    SCOPES,
)

Mode = Literal["webhook", "long_connection"]
# "Get version info".
Status = Literal["approved", "rejected", "in_review", "not_submitted"]
_STATUS: Mapping[int, Status] = {
    1: "approved", 2: "rejected", 3: "in_review", 4: "not_submitted"
}  # fmt: skip
CHANGELOG = "由 feishu-bot setup 配置 / Configured by feishu-bot setup"
DESCRIPTION = "AI 助手，直接发消息或在群里 @ 我 / AI assistant"


class NoConfigurationApi(BotError):
    """This platform has no such API, as Lark: a person does it in the console."""


@dataclass(frozen=True, slots=True)
class WantedApp:
    """How the app is to be. `public_url` is of use in the mode "webhook" alone."""

    mode: Mode
    public_url: str
    encrypt_key: str = field(repr=False)
    verification_token: str = field(repr=False)
    scopes: tuple[str, ...] = tuple(scope.name for scope in SCOPES if scope.is_asked)

    def fingerprint(self) -> str:
        """Stands for all of it; the version's remark has it, so that a second run knows its own.

        The keys are random and long: nobody finds them from it.
        """
        parts = [self.mode, self.public_url, self.encrypt_key, self.verification_token]
        wanted = json.dumps([parts, self.scopes, EVENTS, CALLBACKS, panel.menu()])
        return hashlib.sha256(wanted.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class AppVersion:
    """A version of the app, as Feishu tells of it."""

    version_id: str
    number: str
    status: Status
    remark: str
    is_published: bool
    events: frozenset[str]


class AppConfiguration:
    """The calls of one app. Each raises SetupFailed, or NoConfigurationApi where there is none."""

    def __init__(self, calls: HttpCalls, *, domain: str, app_id: str, app_secret: str) -> None:
        self._calls = calls
        self._domain = domain
        self._app_id = app_id
        self._console = ConsoleLinks(domain, app_id)
        self._app_secret = app_secret
        self._token = ""

    def check(self) -> None:
        """Make sure that the credentials are good."""
        self._fetch_token()

    def enable_bot(self) -> None:
        """The bot ability, and its menu."""
        bot = {
            "enable": True,
            "i18ns": [{"i18n_key": "zh_cn", "get_started_desc": DESCRIPTION}],
            "bot_menu_enable": True,
            "bot_menus": panel.menu(),
            "bot_menu_display_strategy": panel.FLOATING,
        }
        self._v7("PATCH", "ability", {"bot": bot}, "bot")

    def configure(self, wanted: WantedApp, scopes: Iterable[str]) -> None:
        """All at once: mode, addresses, keys, events, callbacks, visibility and these scopes.

        Feishu checks the events' request URL before it answers.
        """
        kind = "webhook" if wanted.mode == "webhook" else "websocket"
        event: dict[str, Any] = {"subscription_type": kind, "add_events": list(EVENTS)}
        callback: dict[str, Any] = {"callback_type": kind, "add_callbacks": list(CALLBACKS)}
        body: dict[str, Any] = {
            "scope": {
                "add_scopes": [{"scope_name": one, "token_type": "tenant"} for one in scopes]
            },
            "event": event,
            "callback": callback,
            "visibility": {"is_visible_to_all": True, "visible_list": {}},
        }
        if wanted.mode == "webhook":
            event["request_url"] = wanted.public_url + EVENT_PATH
            callback["request_url"] = wanted.public_url + CARD_PATH
            body["event_and_callback_encrypt_strategy"] = {
                "encryption_key": wanted.encrypt_key,
                "verification_token": wanted.verification_token,
            }
        self._v7("PATCH", "config", body, "configure")

    def versions(self) -> list[AppVersion]:
        """The app's versions, the newest first."""
        path = "/application/v6/applications/me/app_versions?lang=zh_cn&page_size=20&order=0"
        items = self._call("GET", path, None, "version").get("items")
        return [_version(one) for one in items or [] if isinstance(one, dict)]

    def publish(self, wanted: WantedApp, versions: list[AppVersion]) -> str:
        """A new version of the draft, with a number above all others; returns that."""
        number = next_number(one.number for one in versions)
        body = {
            "mobile_default_ability": "bot",
            "pc_default_ability": "bot",
            "remark": f"feishu-bot {wanted.fingerprint()}",
            "changelog": CHANGELOG,
            "version": number,
        }
        return str(self._v7("POST", "publish", body, "publish").get("version") or number)

    def make_panel(self) -> None:
        """The panel of slash commands; those that are there already stay."""
        path = "/application/v7/app_slash_commands"
        items = self._call("GET", path, None, "panel").get("items") or []
        known = {str(one.get("command")) for one in items if isinstance(one, dict)}
        for one in panel.panel():
            if one["command"] not in known:
                self._call("POST", path, one, "panel")

    def _v7(self, method: str, what: str, body: Mapping[str, Any], step: str) -> dict[str, Any]:
        return self._call(method, f"/application/v7/applications/{self._app_id}/{what}", body, step)

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, step: str
    ) -> dict[str, Any]:
        """The `data` of a call. Raises SetupFailed."""
        if not self._token:
            self._fetch_token()
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._send(method, path, step, json_body=body, headers=headers)
        if answer.data is None:
            if answer.status == 404:
                raise NoConfigurationApi(path)
            raise self._not_json(step, answer)
        code = answer.data.get("code")
        if code == 0:
            data = answer.data.get("data")
            return dict(data) if isinstance(data, dict) else {}
        raise self._refused(step, code, answer.data)

    def _fetch_token(self) -> None:
        body = {"app_id": self._app_id, "app_secret": self._app_secret}
        path = "/auth/v3/tenant_access_token/internal"
        answer = self._send("POST", path, "credentials", json_body=body)
        if answer.data is None:
            raise self._not_json("credentials", answer)
        token = answer.data.get("tenant_access_token")
        if not isinstance(token, str) or not token:
            raise self._refused("credentials", answer.data.get("code"), answer.data)
        self._token = token

    def _send(self, method: str, path: str, step: str, **options: Any) -> HttpAnswer:
        try:
            return self._calls.send(method, f"{self._domain}/open-apis{path}", **options)
        except NoAnswer as exc:
            raise SetupFailed(
                step,
                f"连不上 {self._domain}，请检查网络、DNS 和代理（HTTPS_PROXY），然后重试",
                f"{self._domain} can't be reached: check network, DNS and proxy (HTTPS_PROXY), "
                "then try again",
                code=exc.layer,
            ) from exc

    def _not_json(self, step: str, answer: HttpAnswer) -> SetupFailed:
        return SetupFailed(
            step,
            f"{self._domain} 返回的不是 JSON，中间可能有代理",
            f"{self._domain} answered with something else than JSON: perhaps a proxy in between",
            code=f"HTTP {answer.status}",
        )

    def _refused(self, step: str, code: object, answer: Mapping[str, Any]) -> SetupFailed:
        number = code if isinstance(code, int) else 0
        if number in SCOPE_MISSING:
            names = [scope.name for scope in SCOPES if scope.is_asked]
            return SetupFailed(
                step,
                "应用缺少权限。打开链接一次开通全部权限，发布版本后重新运行",
                "The app lacks a scope: the link asks for all of them; publish a version, then run "
                "the set-up again",
                code=str(number),
                link=self._console.all_scopes(names),
            )
        text, page = REMEDIES.get(number, (UNKNOWN, "baseinfo"))
        link = self._console.page(page)
        return SetupFailed(step, text.zh, text.en, code=str(number), link=link)


def next_number(numbers: Iterable[str]) -> str:
    """X.Y.Z above all of these; 1.0.0 where there is none."""
    known = [tuple(map(int, one.split("."))) for one in numbers if _is_number(one)]
    if not known:
        return "1.0.0"
    major, minor, patch = max(known)
    return f"{major}.{minor}.{patch + 1}"


def wanted_version(
    versions: list[AppVersion], wanted: WantedApp, is_status: Callable[[Status], bool]
) -> AppVersion | None:
    """The newest version if it is one of exactly this configuration, in such a state."""
    newest = versions[0] if versions else None
    if newest is None or not newest.remark.endswith(wanted.fingerprint()):
        return None
    complete = MESSAGE_EVENT in newest.events or newest.status != "approved"
    return newest if complete and is_status(newest.status) else None


def _is_number(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 3 and all(part.isascii() and part.isdecimal() for part in parts)


def _version(item: Mapping[str, Any]) -> AppVersion:
    remark, infos = item.get("remark"), item.get("event_infos")
    events = (one.get("event_type") for one in infos or [] if isinstance(one, dict))
    return AppVersion(
        version_id=str(item.get("version_id") or ""),
        number=str(item.get("version") or ""),
        status=_STATUS.get(item.get("status") or 0, "not_submitted"),
        remark=str(remark.get("remark") or "") if isinstance(remark, dict) else "",
        is_published=str(item.get("publish_time") or "0") not in ("", "0"),
        events=frozenset(one for one in events if isinstance(one, str)),
    )
