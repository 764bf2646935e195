"""The browser of the tests: the machine's own Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "no Chromium for the tests of the page: install one (Debian: apt-get install chromium "
    "fonts-noto-cjk) or say where it is with CHROMIUM=/path/to/chromium"
)
# Nothing but the page is loaded, and nothing of the browser's own is asked for. No process waits
# for a page that may come, and none keeps one that was left.
ARGUMENTS = [
    *("--disable-gpu", "--disable-quic", "--disable-sync", "--disable-component-update"),
    "--disable-features=BackForwardCache,SpareRendererForSitePerProcess",
]
TIMEOUT_MS = 10_000


def chromium() -> str | None:
    """Where the browser is."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """The browser at this path. A process can have one only: Playwright makes a loop for it."""
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
