"""Mistakes with keys, addresses, proxies and clocks: they show where Feishu's requests come in."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from feishu_simulator import Script, Simulator, encryption
from tests.planted.examining import (
    examine,
    expect_lines,
    expect_only,
    log_lines,
    open_findings,
    store_sightings,
)
from tests.planted.table import Told, says

OTHER = "another0123456789"


class Planted(NamedTuple):
    """The settings that differ from the console's, and what is said of that."""

    row: str
    settings: Callable[[Simulator], dict[str, str]]
    told: Told


KEYS = [
    Planted(
        "38-swapped",
        lambda sim: {
            "APP_ENCRYPT_KEY": sim.credentials.verification_token,
            "APP_VERIFICATION_TOKEN": sim.credentials.encrypt_key,
        },
        says("填反了|对调", "are swapped|Exchange", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN"),
    ),
    Planted(
        "39-encrypt key",
        lambda sim: {"APP_ENCRYPT_KEY": OTHER},
        says("解不开|Encrypt Key 抄到 APP_ENCRYPT_KEY", "can't be decrypted|Copy the Encrypt Key"),
    ),
    Planted(
        "40-token",
        lambda sim: {"APP_VERIFICATION_TOKEN": OTHER},
        says("Verification Token 和 APP_VERIFICATION_TOKEN 不一致|抄到", "differs|Copy it from"),
    ),
]


@pytest.mark.parametrize("mistake", [pytest.param(row, id=row.row) for row in KEYS])
def test_keys_that_differ_are_told_apart_in_log_and_doctor(
    sim, talk, start_bot, database_url, caplog, mistake
) -> None:
    settings = mistake.settings(sim)
    bot = start_bot(**settings)
    for text in ("one", "two", "three"):
        talk.say(text, wait=True)
    store_sightings(bot)

    expect_lines(caplog.records, mistake.told)
    report = examine(sim, database_url, PUBLIC_URL=bot.url, **settings)
    expect_only(report, {"keys": mistake.told})


def test_a_bot_that_is_well_has_nothing_to_say(sim, talk, start_bot, database_url, caplog) -> None:
    bot = start_bot()
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    talk.ask("hello")
    store_sightings(bot)

    report = examine(sim, database_url, PUBLIC_URL=bot.url)

    assert log_lines(caplog.records) == []
    assert open_findings(report) == {}
    assert report.is_well


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


EMPTY = says("后台的 Encrypt Key 还是空的|填上 APP_ENCRYPT_KEY 的值", "is empty|Set it there")


@pytest.mark.parametrize("row", ["41-address check"])
def test_an_address_check_without_encryption_is_refused_and_told(
    sim, start_bot, database_url, caplog, row
) -> None:
    bot = start_bot()

    assert not sim.feishu.verify_url(encrypted=False).ok

    store_sightings(bot)
    expect_lines(caplog.records, EMPTY)
    expect_only(examine(sim, database_url, PUBLIC_URL=bot.url), {"keys": EMPTY})


@pytest.mark.parametrize("row", ["41-events"])
def test_events_without_encryption_are_told(sim, talk, start_bot, database_url, caplog, row):
    bot = start_bot()
    event = {"header": {"token": sim.credentials.verification_token}, "event": {}}

    body, headers = encryption.encrypt_and_sign(
        event, sim.credentials, encrypted=False, signed=False
    )
    assert post(f"{bot.url}/webhook/event", body, headers) == 401

    store_sightings(bot)
    told = says("后台的 Encrypt Key 是空的|填上 APP_ENCRYPT_KEY 的值", "is empty|Set it there")
    expect_lines(caplog.records, told)
    expect_only(examine(sim, database_url, PUBLIC_URL=bot.url), {"keys": told})


PATH = says("机器人没有这个地址|以 /webhook/event", "an address of the bot|end in /webhook/event")
PATHS = {
    "42-events": "/webhook/events",
    "42-short": "/event",
    "42-host only": "/",
}


@pytest.mark.parametrize("path", [pytest.param(path, id=row) for row, path in PATHS.items()])
def test_another_path_is_told_though_nothing_was_asked_of_it(
    sim, talk, start_bot, database_url, caplog, path
) -> None:
    bot = start_bot()
    sim.feishu.event_url = bot.url + path

    talk.say("hello", wait=True)

    store_sightings(bot)
    expect_lines(
        caplog.records,
        says("机器人没有的地址|以 /webhook/event", "doesn't have|end in /webhook/event"),
    )
    expect_only(examine(sim, database_url, PUBLIC_URL=bot.url), {"paths": PATH})


Change = Callable[[dict[str, str], bytes], tuple[dict[str, str], bytes]]


@contextmanager
def proxy(target: str, change: Change | None = None, redirect: str = "") -> Iterator[str]:
    """The address of a proxy in front of the bot that changes what it passes on."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if redirect:
                self.send_response(301)
                self.send_header("Location", redirect + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            headers = {k: v for k, v in self.headers.items() if k.lower().startswith(("x-", "con"))}
            headers.pop("Content-Length", None)
            headers.pop("Connection", None)
            if change:
                headers, body = change(headers, body)
            request = urllib.request.Request(target + self.path, body, headers, method="POST")
            try:
                answer = urllib.request.urlopen(request, timeout=5)
            except urllib.error.HTTPError as exc:
                answer = exc
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def rewritten(headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    return headers, json.dumps(json.loads(body), separators=(",", ":")).encode()


def without_signature(headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    return {k: v for k, v in headers.items() if not k.lower().startswith("x-lark")}, body


UNCHANGED = "原样转发", "as they are"
PROXIES = {
    "43-body": (
        rewritten,
        Told(("正文在路上被改写", UNCHANGED[0]), ("changed on the way", UNCHANGED[1])),
        says("改写了请求的正文|原样转发正文", "writes the body anew|as it is"),
    ),
    "43-headers": (
        without_signature,
        Told(("X-Lark-Signature 在路上丢了", UNCHANGED[0]), ("lost on the way", UNCHANGED[1])),
        says("去掉了 X-Lark-Signature|原样转发", "drops headers|as they are"),
    ),
}


@pytest.mark.parametrize("row", PROXIES)
def test_a_proxy_that_changes_requests_is_told(
    sim, talk, start_bot, database_url, caplog, row
) -> None:
    change, at_the_door, from_outside = PROXIES[row]
    bot = start_bot()
    with proxy(bot.url, change) as url:
        sim.feishu.bot_url = url
        talk.say("hello", wait=True)
        store_sightings(bot)
        expect_lines(caplog.records, at_the_door)

        report = examine(sim, database_url, PUBLIC_URL=url)

    expect_only(
        report, {"keys": at_the_door, "event_address": from_outside, "card_address": from_outside}
    )


@pytest.mark.parametrize("row", ["44-redirect"])
def test_a_proxy_that_redirects_is_told(sim, start_bot, database_url, row) -> None:
    bot = start_bot()
    told = says("飞书不会跟着转|PUBLIC_URL", "Feishu doesn't follow|PUBLIC_URL")
    with proxy(bot.url, redirect="https://bot.example.com") as url:
        sim.feishu.bot_url = url

        report = examine(sim, database_url, PUBLIC_URL=url)

    expect_only(report, {"event_address": told, "card_address": told})


@pytest.mark.parametrize("row", ["45-other app"])
def test_the_events_of_another_app_are_told(sim, start_bot, database_url, caplog, row) -> None:
    bot = start_bot()
    event = {
        "schema": "2.0",
        "header": {
            "event_type": "im.message.receive_v1", "app_id": "cli_of_somebody_else",
            "token": sim.credentials.verification_token,
        },
        "event": {},
    }  # fmt: skip
    body, headers = encryption.encrypt_and_sign(event, sim.credentials)
    assert post(f"{bot.url}/webhook/event", body, headers) == 401

    store_sightings(bot)
    told = says("另一个应用的事件|核对 APP_ID", "Another app's events|Compare APP_ID")
    expect_lines(caplog.records, told)
    expect_only(examine(sim, database_url, PUBLIC_URL=bot.url), {"keys": told})


CLOCKS = {"46-behind": 3 * 86400.0, "46-ahead": -3 * 86400.0}


@pytest.mark.parametrize("row", CLOCKS)
def test_a_clock_that_is_days_wrong_is_told(sim, start_bot, database_url, caplog, row) -> None:
    bot = start_bot()
    sealed = encryption.encrypt(b"{}", sim.credentials.encrypt_key)
    body = json.dumps({"encrypt": sealed}).encode()
    sent_at = str(int(time.time() + CLOCKS[row]))
    signed = f"{sent_at}nonce{sim.credentials.encrypt_key}".encode() + body
    headers = {
        "X-Lark-Request-Timestamp": sent_at,
        "X-Lark-Request-Nonce": "nonce",
        "X-Lark-Signature": hashlib.sha256(signed).hexdigest(),
    }
    assert post(f"{bot.url}/webhook/event", body, headers) == 401

    store_sightings(bot)
    told = says("本机时钟|校准服务器时钟", "clock|timedatectl set-ntp true")
    expect_lines(caplog.records, told)
    expect_only(examine(sim, database_url, PUBLIC_URL=bot.url), {"keys": told})


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(("/webhook/card", "/webhook/event"), id="60-exchanged"),
        pytest.param(("/webhook/event/", "/webhook/card/"), id="42-slash at the end"),
    ],
)
def test_addresses_that_mean_the_same_work(
    sim, talk, start_bot, database_url, caplog, addresses
) -> None:
    bot = start_bot()
    sim.feishu.event_url, sim.feishu.card_url = (f"{bot.url}{path}" for path in addresses)
    sim.gateway.respond_with(lambda body: Script.text("the end."))

    assert "the end." in talk.ask("hello").text

    store_sightings(bot)
    assert log_lines(caplog.records) == []
    assert open_findings(examine(sim, database_url, PUBLIC_URL=bot.url)) == {}


# Beyond the table


def test_a_second_installation_behind_the_address_is_told(
    sim, start_bot, database_url, tmp_path
) -> None:
    start_bot()
    other = start_bot(DATABASE_URL=f"sqlite:///{tmp_path}/other.db")

    report = examine(sim, database_url, PUBLIC_URL=other.url)

    told = says("另一套部署|停掉旧的那一套", "another installation|Stop the old one")
    expect_only(report, {"event_address": told, "card_address": told})


def test_an_address_of_callbacks_that_is_another_bots_is_told(sim, start_bot, database_url) -> None:
    bot = start_bot()
    sim.feishu.card_url = "https://old.example.com/webhook/card"

    report = examine(sim, database_url, PUBLIC_URL=bot.url)

    told = says(f"不是这个机器人的|改成 {bot.url}", f"isn't this bot|Change it to {bot.url}")
    expect_only(report, {"callback": told})


def test_a_long_connection_in_the_console_is_told_to_a_bot_with_a_webhook(
    sim, start_bot, database_url
) -> None:
    bot = start_bot()
    sim.feishu.subscription.subscription_type = "websocket"
    sim.feishu.subscription.callback_type = "websocket"

    report = examine(sim, database_url, PUBLIC_URL=bot.url)

    told = says("长连接|发送至开发者服务器", "long connection|developer's server", "TRANSPORT=")
    expect_only(report, {"transport": told})


def test_a_webhook_in_the_console_is_told_to_a_bot_with_a_long_connection(
    sim, start_bot, database_url
) -> None:
    start_bot()

    report = examine(sim, database_url, TRANSPORT="long_connection")

    told = says("什么也不会来|使用长连接接收", "nothing arrives|choose the long connection")
    expect_only(report, {"transport": told})
