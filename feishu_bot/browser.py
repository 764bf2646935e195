"""The graphical browser of this desktop."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# They would take over the terminal, and can't display the page.
TEXT_BROWSERS = frozenset({"www-browser", "links", "links2", "elinks", "lynx", "w3m"})


def is_available(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """On macOS and Windows always, elsewhere on a desktop."""
    if platform in ("darwin", "win32"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def show(url: str) -> None:
    """Open *url*, if there is a browser to open it with."""
    with suppress(webbrowser.Error):
        browser = webbrowser.get()
        if Path(getattr(browser, "name", "")).name not in TEXT_BROWSERS:
            browser.open(url)
