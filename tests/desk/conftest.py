"""A browser on the simulator's page, with or without the real bot behind it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lark_oapi.core.http import Transport
from playwright.sync_api import Browser, BrowserContext, Page

from feishu_simulator import Simulator
from tests.chromium import TIMEOUT_MS
from tests.scenarios.bots import LocalBot, environment

SIZE = {"width": 1280, "height": 800}


@pytest.fixture
def desk() -> Iterator[Simulator]:
    """A simulator with people and chats, a quick model and no bot."""
    with Simulator() as sim:
        sim.gateway.first = sim.gateway.between = 0.005
        sim.desk.seed()
        yield sim


@pytest.fixture
def talking_desk(
    desk: Simulator, tmp_path: Any, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Simulator]:
    """The same desk with the real bot behind it."""
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    shutil.copy(migrated_file, tmp_path / "feishu_bot.db")
    url = f"sqlite:///{tmp_path}/feishu_bot.db"
    bot = LocalBot(environment(desk, url, SHUTDOWN_GRACE="2")).start()
    with desk.feishu.state.change():
        desk.feishu.bot_url = bot.url
    yield desk
    bot.stop()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser had against the page so far; a test that provokes one takes it out."""
    return []


@pytest.fixture
def open_tab(
    desk: Simulator, browser: Browser, complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """Open the page in a browser of its own; options as for Playwright's `new_context`.

    Errors in the console, broken content rules and requests to elsewhere fail the test.
    """
    contexts: list[BrowserContext] = []

    def open_(path: str = "", **options: Any) -> Page:
        context = new_context(browser, **options)
        contexts.append(context)
        page = context.new_page()
        watch(page, desk.page_url, complaints)
        page.goto(desk.page_url + path)
        return page

    yield open_
    found = list(complaints)
    for context in contexts:
        context.close()
    assert found == []


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    context = browser.new_context(**{"locale": "zh-CN", "viewport": SIZE, **options})
    context.set_default_timeout(TIMEOUT_MS)
    return context


def watch(page: Page, origin: str, complaints: list[str]) -> Callable[[], None]:
    """Write down everything that must not happen in a page; ends when the result is called."""

    def console(message: Any) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def request(request: Any) -> None:
        if not request.url.startswith((f"{origin}/", "data:", "blob:")):
            complaints.append(f"request: {request.url}")

    def error(error: Any) -> None:
        complaints.append(f"error: {error}")

    handlers = {"console": console, "pageerror": error, "request": request}
    for event, handler in handlers.items():
        page.on(event, handler)  # type: ignore[call-overload]

    def end() -> None:
        for event, handler in handlers.items():
            page.remove_listener(event, handler)

    return end


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Page:
    return new_context(browser).new_page()


@pytest.fixture
def page(desk: Simulator, tab: Page, complaints: list[str]) -> Iterator[Page]:
    """The desk in a tab: Chinese, 1280 by 800. What fails in `open_tab` fails here too.

    A new tab takes the browser three times as long as the page does, so the tests share one. Each
    has another address, of which the browser remembers nothing.
    """
    end = watch(tab, desk.page_url, complaints)
    tab.goto(desk.page_url)
    yield tab
    found = list(complaints)
    end()
    tab.evaluate("localStorage.clear()")
    tab.goto("about:blank")
    assert found == []
