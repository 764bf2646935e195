"""A browser on the simulator's page, with or without the real bot behind it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lark_oapi.core.http import Transport
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from feishu_simulator import Simulator
from tests.scenarios.bots import LocalBot, environment

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "no Chromium for the tests of the page: install one (Debian: apt-get install chromium "
    "fonts-noto-cjk) or say where it is with CHROMIUM=/path/to/chromium"
)
# Nothing but the page is loaded, and nothing of the browser's own is asked for.
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--disable-sync", "--disable-component-update"]
SIZE = {"width": 1280, "height": 800}
TIMEOUT_MS = 10_000


def chromium() -> str | None:
    """Where the browser is."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


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
        context = browser.new_context(**{"locale": "zh-CN", "viewport": SIZE, **options})
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        watch(page, desk.page_url, complaints)
        page.goto(desk.page_url + path)
        return page

    yield open_
    found = list(complaints)
    for context in contexts:
        context.close()
    assert found == []


def watch(page: Page, origin: str, complaints: list[str]) -> None:
    """Write down everything that must not happen in a page."""

    def console(message: Any) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def request(request: Any) -> None:
        if not request.url.startswith((f"{origin}/", "data:", "blob:")):
            complaints.append(f"request: {request.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("request", request)


@pytest.fixture
def page(open_tab: Callable[..., Page]) -> Page:
    """The desk in a tab: Chinese, 1280 by 800."""
    return open_tab()
