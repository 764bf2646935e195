"""The administrator's page in a real browser, with the real bot behind it."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lark_oapi.core.http import Transport
from playwright.sync_api import Browser, Page, expect

from feishu_simulator import Simulator
from tests.desk import admin_demo
from tests.desk.conftest import new_context, watch
from tests.scenarios.bots import LocalBot, environment

PASSWORD = "correct-horse-9-battery"
PAGES = (
    *("", "/figures?days=30", "/usage", "/limits", "/people", "/models", "/roles"),
    *("/roles/edit", "/failures", "/settings", "/changes"),
)
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def bot(
    desk: Simulator, tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalBot]:
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    shutil.copy(migrated_file, tmp_path / "feishu_bot.db")
    url = f"sqlite:///{tmp_path}/feishu_bot.db"
    people = [person.open_id for person in desk.feishu.state.people.values()]
    more = {
        "SHUTDOWN_GRACE": "2",
        "ADMIN_PASSWORD": PASSWORD,
        "ADMINS": people[1],
        "PUBLIC_URL": "http://admin.example",
    }
    bot = LocalBot(environment(desk, url, **more)).start()
    with desk.feishu.state.change():
        desk.feishu.bot_url = bot.url
    yield bot
    bot.stop()


@pytest.fixture
def open_page(bot: LocalBot, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Log in, in a browser of its own. Its complaints fail the test."""
    complaints: list[str] = []
    contexts = []

    def open_(**options: object) -> Page:
        context = new_context(browser, **options)
        contexts.append(context)
        page = context.new_page()
        watch(page, bot.url, complaints)
        page.goto(f"{bot.url}/admin")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("#by-password button").click()
        expect(page.locator("nav")).to_be_visible()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def test_a_limit_that_is_changed_on_the_page_holds_in_the_chat_and_is_in_the_list(
    desk: Simulator, bot: LocalBot, open_page: Callable[..., Page]
) -> None:
    feishu = desk.feishu
    person = next(iter(feishu.state.people.values()))
    chat = feishu.private_chat(person)
    page = open_page(locale="en-US")
    page.get_by_role("link", name="Limits").click()
    page.locator("[name=USER_DAILY_QUESTIONS]").fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")

    said = []
    for text in ("first", "second"):
        question = feishu.say(chat, person, text)
        answers = feishu.wait_for(
            lambda question=question: [
                one for one in feishu.answers_to(question) if not one.streaming
            ]
        )
        said.append(str(answers[0].card))
    assert ["USER_DAILY" in one or "/usage" in one or "今天" in one for one in said] == [
        False,
        True,
    ]

    page.get_by_role("link", name="Changes").click()
    row = page.locator("tr", has_text="USER_DAILY_QUESTIONS")
    expect(row).to_contain_text("the password")
    expect(row.locator("td").last).to_have_text("1")


def test_every_plot_is_drawn(bot: LocalBot, open_page: Callable[..., Page]) -> None:
    admin_demo.fill(bot.database, ["ou_a", "ou_b"], time.time())
    page = open_page()
    page.goto(f"{bot.url}/admin/figures?days=30")

    expect(page.locator(".plot canvas")).to_have_count(4)
    for number in range(4):
        # A plot that shows something has more than one colour on it.
        colours = (
            page.locator(".plot canvas")
            .nth(number)
            .evaluate(
                "c => new Set(new Uint32Array(c.getContext('2d')"
                ".getImageData(0, 0, c.width, c.height).data.buffer)).size"
            )
        )
        assert colours > 20, number


def test_on_a_phone_nothing_scrolls_sideways_and_both_schemes_have_their_background(
    bot: LocalBot, open_page: Callable[..., Page]
) -> None:
    admin_demo.fill(bot.database, [f"ou_{letter * 32}" for letter in "abc"], time.time())
    page = open_page(viewport=PHONE)

    for path in PAGES:
        page.goto(f"{bot.url}/admin{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            is_dark = sum(map(int, re.findall(r"\d+", background)[:3])) < 200
            assert is_dark == (scheme == "dark"), path


def test_a_link_in_the_chat_logs_the_admin_in_with_one_press(
    desk: Simulator, browser: Browser, bot: LocalBot
) -> None:
    feishu = desk.feishu
    admin = list(feishu.state.people.values())[1]
    question = feishu.say(feishu.private_chat(admin), admin, "/admin")
    (answer,) = feishu.wait_for(lambda: feishu.answers_to(question))
    (address,) = re.findall(r"http://admin\.example(/admin/login#[\w-]{40,})", str(answer.card))
    context = new_context(browser, locale="en-US")
    page = context.new_page()
    page.goto(bot.url + address)

    assert address not in page.url
    expect(page.locator("[name=password]")).to_be_hidden()
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("footer")).to_contain_text(admin.open_id)
    page.goto("about:blank")
    page.goto(bot.url + address)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("Send /admin")
    context.close()


def test_a_role_is_previewed_saved_and_offered_in_the_chat(
    bot: LocalBot, open_page: Callable[..., Page]
) -> None:
    page = open_page(locale="en-US")
    page.goto(f"{bot.url}/admin/roles/edit")
    page.locator("[name=id]").fill("poet")
    page.locator("[name=en_title]").fill("Poet")
    page.locator("[name=en_content]").fill("You write poems.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".card h4")).to_contain_text("Poet")
    expect(page.locator("pre.prompt")).to_have_text("You write poems.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tr", has_text="poet")).to_contain_text("set here")

    roles = bot.runtime.pool.handle.__self__.commands.find("roles").run.__self__.roles
    assert roles.find("poet", "en").content == "You write poems."
