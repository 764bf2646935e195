"""The page in a real browser, and what it refuses."""

from __future__ import annotations

import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from feishu_bot.core.languages import Words
from feishu_bot.setup.dialogue import Question
from feishu_bot.setup.doorway import MOST_CONNECTIONS
from feishu_bot.setup.one_time_code import OneTimeCode
from feishu_bot.setup.page_dialogue import PageDialogue
from feishu_bot.setup.page_run import PageRun
from feishu_bot.setup.progress import Options
from tests.polling import eventually
from tests.setup.conftest import Tenant

MakePage = Callable[..., Page]


class Opened:
    """The page's server, with the codes that stood in the log."""

    def __init__(self, tenant: Tenant) -> None:
        self.codes: list[str] = []
        chosen = {name: tenant.options[name] for name in ("poll_seconds", "follow_seconds")}
        self.run = PageRun(tenant.progress, self.codes.append, Options(**chosen))
        self.server = self.run.serve("127.0.0.1", tenant.port)
        self.url = f"http://127.0.0.1:{tenant.port}"


@pytest.fixture
def opened(tenant: Tenant) -> Iterator[Opened]:
    made = Opened(tenant)
    with made.server:
        yield made
        made.run.stop()


@pytest.fixture
def visit(opened: Opened, browser: Browser) -> Iterator[MakePage]:
    """Opens the page; an error in the console or a request elsewhere fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(locale: str = "zh-CN", **options: Any) -> Page:
        context = browser.new_context(locale=locale, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda one: one.type == "error" and complaints.append(one.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda one: one.url.startswith(opened.url) or complaints.append(one.url),
        )
        page.goto(f"{opened.url}/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def answer(page: Page, question: str, value: str, *, choice: bool = False) -> None:
    form = page.locator("form").filter(has_text=question)
    if choice:
        form.get_by_text(value).click()
    else:
        form.locator("input").fill(value)
    form.get_by_role("button").click()


def test_the_page_leads_from_the_code_to_a_live_app(
    tenant: Tenant, opened: Opened, visit: MakePage
) -> None:
    page = visit(viewport={"width": 390, "height": 800}, color_scheme="dark")
    page.get_by_label("一次性代码").fill(opened.codes[-1].lower())
    page.get_by_role("button", name="进入").click()

    code = page.get_by_alt_text("用飞书或 Lark 扫码")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    with page.context.expect_page() as launcher:
        page.get_by_role("button", name="在这台设备上打开链接").click()
    launcher.value.get_by_role("button", name="确认").click()
    expect(launcher.value.get_by_text("可以关闭这个页面")).to_be_visible()
    # Behind another page it would draw but now and then.
    launcher.value.close()

    answer(page, "飞书的消息怎么送到机器人", "飞书访问你的", choice=True)
    answer(page, "机器人的公网地址", tenant.public_url)
    answer(page, "用哪个模型服务", "其他", choice=True)
    answer(page, "模型服务的地址", tenant.sim.gateway.url)
    key = page.get_by_label("模型服务的密钥")
    expect(key).to_have_attribute("type", "password")
    answer(page, "模型服务的密钥", tenant.sim.gateway.keys[0])
    answer(page, "默认用哪个模型", tenant.sim.gateway.models[0], choice=True)

    expect(page.get_by_text("设置完成，机器人正在启动")).to_be_visible()
    eventually(opened.run.done.is_set)
    assert tenant.app.in_force().event_url == f"{tenant.public_url}/webhook/event"
    shown = page.content()
    for name in ("APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN", "OPENAI_KEY"):
        assert tenant.saved[name] not in shown
    # It fits a phone.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_speaks_english_and_goes_on_after_a_failure(
    tenant: Tenant, opened: Opened, visit: MakePage
) -> None:
    tenant.app.register(tenant.owner, [], [])
    tenant.progress.save(
        APP_ID=tenant.sim.credentials.app_id, APP_SECRET=tenant.sim.credentials.app_secret,
        TRANSPORT="long_connection", API_URL=tenant.sim.gateway.url,
        OPENAI_KEY=tenant.sim.gateway.keys[0], OPENAI_MODEL=tenant.sim.gateway.models[0],
    )  # fmt: skip
    tenant.app.set_scopes(add=["application:application:patch"])
    tenant.app.set_scopes(add=["application:application:self_manage"])
    tenant.feishu.faults.fail("app.config", times=1, status=400, code=210037, msg="no")
    page = visit(locale="en-US")
    page.get_by_label("One-time code").fill(opened.codes[-1])
    page.get_by_role("button", name="Enter").click()

    expect(page.get_by_text("The app's owner is not valid any more (code 210037)")).to_be_visible()
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_text("All is set up")).to_be_visible()


def request(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, str]:
    """Status, headers and text."""
    asked = urllib.request.Request(
        url, body, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(asked, timeout=5) as found:
            return found.status, found.headers, found.read().decode()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.headers, exc.read().decode()


class Session:
    """Somebody who has the code, without a browser."""

    def __init__(self, opened: Opened) -> None:
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *args: Any) -> None:
                return None

        opener = urllib.request.build_opener(Stay)
        with pytest.raises(urllib.error.HTTPError) as entered:
            opener.open(f"{opened.url}/setup", f"code={opened.codes[-1]}".encode(), timeout=5)
        entered.value.close()
        assert entered.value.code == 303
        self.set_cookie = entered.value.headers["Set-Cookie"]
        self.cookie = self.set_cookie.partition(";")[0]
        _, _, page = request(f"{opened.url}/setup", Cookie=self.cookie)
        found = re.search(r'data-token="([\w-]+)"', page)
        assert found
        self.token = found[1]


def test_a_change_needs_cookie_token_and_json(opened: Opened) -> None:
    session = Session(opened)
    url = f"{opened.url}/setup/link"
    kind = {"Content_Type": "application/json"}

    assert "HttpOnly" in session.set_cookie
    assert "SameSite=Strict" in session.set_cookie
    assert request(url, b"{}", Cookie=session.cookie, X_Setup_Token=session.token, **kind)[0] == 200
    assert request(url, b"{}", X_Setup_Token=session.token, **kind)[0] == 403
    assert request(url, b"{}", Cookie=session.cookie, **kind)[0] == 403
    assert request(url, b"{}", Cookie=session.cookie, X_Setup_Token=session.token)[0] == 403
    assert request(f"{opened.url}/setup/state")[0] == 401
    assert request(f"{opened.url}/setup/code.svg")[0] == 404


def test_nothing_may_be_loaded_from_elsewhere_or_kept(opened: Opened) -> None:
    _, headers, _ = request(f"{opened.url}/setup")

    policy = "default-src 'none'; script-src 'self'"
    assert headers["Content-Security-Policy"].startswith(policy)
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_bots_addresses_answer_strangers_nothing(opened: Opened) -> None:
    event = f"{opened.url}/webhook/event"
    challenge = b'{"type": "url_verification", "challenge": "c", "token": "guessed"}'

    assert request(event, challenge)[0] == 503
    assert request(event, b"not JSON")[0] == 503
    assert request(f"{opened.url}/ping")[0] == 200


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_code_is_good_once_and_for_a_while() -> None:
    clock, codes = Clock(), []
    code = OneTimeCode(codes.append, clock)
    code.begin()

    assert code.accepts(f" {codes[0].lower()} ")
    assert not code.accepts(codes[0])
    assert len(codes) == 2
    clock.now += 3601.0
    assert not code.accepts(codes[1])
    assert len(set(codes)) == 3
    assert code.accepts(codes[2])


def test_strangers_with_wrong_codes_keep_nobody_out() -> None:
    codes: list[str] = []
    code = OneTimeCode(codes.append, Clock())
    code.begin()

    assert not any(code.accepts(f"WRONG-{number:05}") for number in range(100))
    assert code.accepts(codes[0])
    assert len(codes) == 1


def test_connections_that_bring_nothing_make_room_for_others(opened: Opened) -> None:
    idle = [
        socket.create_connection(("127.0.0.1", opened.server.port), 5.0)
        for _ in range(MOST_CONNECTIONS + 10)
    ]

    assert request(f"{opened.url}/ping")[0] == 200
    # The oldest were sent away.
    assert [one.recv(1) for one in idle[:10]] == [b""] * 10
    assert len([one for one in threading.enumerate() if "process_request" in one.name]) < 90
    for one in idle:
        one.close()


@pytest.mark.parametrize("value", ["a\nAPP_SECRET=x", "a\rb", "a\x00b", "a\u2028b", "a\x1b[31m"])
def test_an_answer_is_one_line_of_what_can_be_printed(value: str) -> None:
    dialogue = PageDialogue()
    asking = threading.Thread(
        target=lambda: dialogue.ask(Question("MODEL", Words("名称", "name"))), daemon=True
    )
    asking.start()
    eventually(lambda: dialogue.state("en")["question"])

    assert not dialogue.answer(1, value)
    assert dialogue.answer(1, "gpt-x")
    asking.join(5.0)
