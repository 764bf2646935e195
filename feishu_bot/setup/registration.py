"""Registers an app in Feishu: a link, a scan, and the app's credentials.

A device authorisation as OAuth has it. The link makes whoever opens it first the app's owner, and
the device code fetches its secret: neither is ever logged, nor what the platform answers.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from feishu_bot.errors import SetupFailed
from feishu_bot.setup import links
from feishu_bot.setup.http_calls import HttpCalls, NoAnswer
from feishu_bot.setup.manifest import CALLBACKS, EVENTS, SCOPES

PATH = "/oauth/v1/app/registration"
STEP = "register"
# "slow_down" of RFC 8628.
SLOWER_SECONDS = 5.0
LONGEST_INTERVAL = 60.0
LONGEST_LIFE = 3600.0
Brand = Literal["feishu", "lark"]


@dataclass(frozen=True, slots=True)
class Link:
    """What to scan or open. `ends_at` is in seconds of the registration's timer."""

    url: str = field(repr=False)
    device_code: str = field(repr=False)
    seconds: float
    interval: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    """An app and the person who has scanned; `open_id` may be empty."""

    app_id: str
    app_secret: str = field(repr=False)
    open_id: str
    brand: Brand


class Registration:
    """One try of a person to make an app, or to add to the one they have.

    `wait` sleeps so many seconds, and returns true where the set-up is given up.
    """

    def __init__(
        self,
        calls: HttpCalls,
        *,
        domain: str = links.FEISHU,
        lark_domain: str = links.LARK,
        wait: Callable[[float], bool],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = calls
        self._accounts = links.accounts_of(domain)
        self._lark_accounts = links.accounts_of(lark_domain)
        self._domain = domain
        self._wait = wait
        self._timer = timer

    def begin(self, *, name: str, app_id: str = "") -> Link:
        """A link for a new app of this name, or, with an `app_id`, to update that one.

        Raises SetupFailed.
        """
        methods = self._ask({"action": "init"}).get("supported_auth_methods")
        if isinstance(methods, list) and "client_secret" not in methods:
            raise SetupFailed(
                STEP,
                "企业不允许用扫码创建应用。请联系企业管理员，或在开发者后台手动创建应用",
                "The company doesn't let apps be made by a scan: ask its administrator, or make "
                "the app by hand in the developer console",
                code="unsupported_auth_method",
                link=links.apps_page(self._domain),
            )
        begun = self._ask(
            {
                "action": "begin",
                "archetype": "PersonalAgent",
                "auth_method": "client_secret",
                "request_user_info": "open_id tenant_brand",
            }
        )
        url, code = begun.get("verification_uri_complete"), begun.get("device_code")
        if not isinstance(url, str) or not re.match(r"https?://", url) or not isinstance(code, str):
            raise self._unreadable("begin")
        seconds = _number(begun.get("expires_in"), 600.0, LONGEST_LIFE)
        interval = _number(begun.get("interval"), 5.0, LONGEST_INTERVAL)
        query = link_query(name=name, app_id=app_id)
        url = f"{url}{'&' if '?' in url else '?'}{urlencode(query, safe='/')}"
        return Link(url, code, seconds, interval, self._timer() + seconds)

    def finish(self, link: Link) -> RegisteredApp:
        """Wait for the person's decision. Raises SetupFailed: refused, too late, given up.

        Pages in place of JSON and lost connections are waited out, until the link ends.
        """
        accounts, interval = self._accounts, link.interval
        while True:
            if self._wait(interval):
                raise SetupFailed(STEP, "已取消", "Given up", code="cancelled")
            if self._timer() >= link.ends_at:
                raise self._expired("expired_token")
            try:
                answer = self._calls.send(
                    "POST",
                    f"{accounts}{PATH}",
                    form={"action": "poll", "device_code": link.device_code},
                ).data
            except NoAnswer:
                continue
            if answer is None:
                continue
            content = _unwrapped(answer)
            app, user = _app_of(content), content.get("user_info")
            user = user if isinstance(user, dict) else {}
            brand: Brand = "lark" if user.get("tenant_brand") == "lark" else "feishu"
            if app and app[1]:
                open_id = str(user.get("open_id") or "")
                open_id = open_id if re.fullmatch(r"ou_[\w-]+", open_id) else ""
                return RegisteredApp(*app, open_id, brand)
            if app and brand == "lark" and accounts != self._lark_accounts:
                # The secret of a Lark app is given out by Lark alone.
                accounts = self._lark_accounts
                continue
            interval = self._next_interval(content, interval)

    def _next_interval(self, content: Mapping[str, Any], interval: float) -> float:
        """How long to wait before the next poll. Raises SetupFailed for a final answer."""
        match content.get("error"):
            case "authorization_pending":
                return interval
            case "slow_down":
                return min(interval + SLOWER_SECONDS, LONGEST_INTERVAL)
            case "access_denied":
                raise SetupFailed(
                    STEP,
                    "在手机上取消了，或没有创建应用的权限。请再扫一次，或请企业管理员来扫",
                    "It was refused on the phone, or the person may not make apps: scan again, or "
                    "have an administrator of the company scan",
                    code="access_denied",
                )
            case "expired_token" | "invalid_grant" as name:
                raise self._expired(name)
        error = content.get("error") or content.get("code")
        raise self._unreadable(re.sub(r"\W", "", str(error or "no app in it"))[:40])

    def _ask(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        action = form["action"]
        try:
            answer = self._calls.send("POST", f"{self._accounts}{PATH}", form=form)
        except NoAnswer as exc:
            raise SetupFailed(
                STEP,
                f"连不上 {self._accounts}，请检查网络、DNS 和代理（HTTPS_PROXY）",
                f"{self._accounts} can't be reached: check network, DNS and proxy (HTTPS_PROXY)",
                code=exc.layer,
            ) from exc
        if answer.data is None:
            raise SetupFailed(
                STEP,
                f"{self._accounts} 返回的不是 JSON，中间可能有代理。稍后再试",
                f"{self._accounts} answered with something else than JSON: there may be a proxy in "
                "between; try again later",
                code=f"HTTP {answer.status}",
            )
        content = _unwrapped(answer.data)
        if "error" in content:
            raise self._unreadable(re.sub(r"\W", "", str(content["error"]))[:40] or action)
        return content

    def _expired(self, name: str) -> SetupFailed:
        return SetupFailed(
            STEP,
            "二维码已过期，或已经用过",
            "The code has expired or was used already",
            code=name,
        )

    def _unreadable(self, code: str) -> SetupFailed:
        return SetupFailed(
            STEP,
            "飞书的回答不是预期的内容。请重试；若一直如此，请在开发者后台手动创建应用",
            "Feishu answered with something unexpected: try again; if that stays so, make the app "
            "by hand in the developer console",
            code=code,
            link=links.apps_page(self._domain),
        )


def addons(scopes: Iterable[str] | None = None) -> str:
    """What the app asks for, as the link carries it: base64url(gzip(JSON)).

    Nothing of the page's own preset, which gives out far more than the bot needs.
    """
    asked = (scope.name for scope in SCOPES if scope.is_asked)
    # In this order they take the fewest characters.
    names = sorted(asked if scopes is None else scopes)
    content = {
        "preset": False,
        "scopes": {"tenant": names, "user": []},
        "events": {"items": {"tenant": sorted(EVENTS), "user": []}},
        "callbacks": {"items": list(CALLBACKS)},
    }
    packed = gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def link_query(*, name: str, app_id: str) -> dict[str, str]:
    """What is added to the link."""
    query = {"from": "sdk", "tp": "sdk", "source": "python-sdk/feishu-bot", "addons": addons()}
    if app_id:
        query["clientID"] = app_id
    else:
        query["name"] = name
    return query


def _unwrapped(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Some hosts put the answer into `data`."""
    data = answer.get("data")
    is_wrapped = isinstance(data, dict) and not {"error", "client_id"} & set(answer)
    return data if is_wrapped else answer  # type: ignore[return-value]


def _app_of(content: Mapping[str, Any]) -> tuple[str, str] | None:
    app_id, secret = content.get("client_id"), content.get("client_secret") or ""
    if not isinstance(app_id, str) or not re.fullmatch(r"cli_\w+", app_id):
        return None
    is_clean = isinstance(secret, str) and re.fullmatch(r"[!-~]*", secret) is not None
    return (app_id, secret) if is_clean else None


def _number(value: object, default: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return default
    return float(min(value, most))
