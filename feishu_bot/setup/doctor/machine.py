"""What the machine brings along: settings, time zone, proxies."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies

from feishu_bot.content.lists import open_lists
from feishu_bot.core.doctor import Finding, printable
from feishu_bot.core.languages import Words
from feishu_bot.errors import SettingsError
from feishu_bot.feishu.console_links import brand_of
from feishu_bot.settings import Settings, near_misses

SETTINGS = Words("设置", "Settings")
TIME_ZONE = Words("时区", "Time zone")
PROXY = Words("出站代理", "Proxies")

NO_APP = Finding(
    check="settings",
    state="fault",
    title=Words("应用", "App"),
    what=Words("还没有配置飞书应用", "No Feishu app is set up yet"),
    remedy=Words(
        "运行 feishu-bot setup，扫码创建；已有应用时填写 APP_ID 和 APP_SECRET",
        "Run feishu-bot setup and scan; for an app that is there, set APP_ID and APP_SECRET",
    ),
)
FOUND_BY_SET_UP = ("APP_ID", "APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
CONNECT_SECONDS = 4.0


def read_settings(environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings, if they can be used, and what there is to say about them."""
    try:
        settings = Settings.from_env(environ)
        open_lists(settings.roles_file, settings.prices_file)
    except SettingsError as exc:
        if any(environ.get(name, "").strip() for name in FOUND_BY_SET_UP):
            return None, faults_of(exc)
        # One remedy is enough for all that the set-up finds out by itself.
        others = [fault for fault in exc.faults if not fault.startswith(FOUND_BY_SET_UP)]
        return None, [NO_APP, *faults_of(SettingsError(others))]
    return settings, check_settings(environ)


def faults_of(exc: SettingsError) -> list[Finding]:
    """One finding for each fault."""
    return [_from_lines(fault, is_fault=True) for fault in exc.faults]


def check_settings(environ: Mapping[str, str]) -> list[Finding]:
    """What is well, but may be meant otherwise."""
    misses = [_from_lines(miss, is_fault=False) for miss in near_misses(environ)]
    good = Finding(
        check="settings",
        state="ok",
        title=SETTINGS,
        what=Words("没有错误", "No mistakes"),
    )
    return misses or [good]


def check_time_zone(domain: str) -> Iterator[Finding]:
    """A bot of a Chinese company has its days begin at eight in the morning under UTC."""
    offset = time.localtime().tm_gmtoff
    if brand_of(domain) == "feishu" and offset == 0:
        yield Finding(
            check="time_zone",
            state="warning",
            title=TIME_ZONE,
            what=Words(
                "服务器用的是 UTC：每日限额在北京时间 8 点才重置，日志和卡片上的时间差 8 小时",
                "The server runs on UTC: daily limits begin at 8 in the morning in Beijing, and "
                "times in log and cards are off by 8 hours",
            ),
            remedy=Words(
                "设置环境变量 TZ=Asia/Shanghai，然后重启",
                "Set the variable TZ=Asia/Shanghai and restart",
            ),
        )
        return
    sign, minutes = "-" if offset < 0 else "+", abs(offset) // 60
    shown = f"UTC{sign}{minutes // 60}:{minutes % 60:02}"
    yield Finding(check="time_zone", state="ok", title=TIME_ZONE, what=Words(shown, shown))


def check_proxies(settings: Settings) -> Iterator[Finding]:
    """Whether the proxies that are set can be reached."""
    found = {"HTTP_PROXY": settings.http_proxy, "HTTPS_PROXY": getproxies().get("https", "")}
    for name, url in found.items():
        if url:
            yield _try_proxy(name, url)


def _try_proxy(name: str, url: str) -> Finding:
    """Whether something listens there; what it lets through shows elsewhere."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    try:
        place = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        socket.create_connection(place, timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError, UnicodeError) as exc:
        return Finding(
            check="proxy",
            state="fault",
            title=PROXY,
            what=Words(f"{name} 的代理连不上", f"The proxy of {name} can't be reached"),
            remedy=Words(
                f"检查它的地址和端口，或删掉 {name}",
                f"Check its address and port, or remove {name}",
            ),
            evidence=printable(f"{parts.hostname}: {exc}"),
        )
    return Finding(
        check="proxy",
        state="ok",
        title=PROXY,
        what=Words(f"{name} 的代理连得上", f"The proxy of {name} can be reached"),
    )


def _from_lines(lines: str, *, is_fault: bool) -> Finding:
    """A line of the settings' report: Chinese, then English."""
    zh, _, en = lines.partition("\n")
    return Finding(
        check="settings",
        state="fault" if is_fault else "warning",
        title=SETTINGS,
        what=Words(zh, en.strip()),
    )
