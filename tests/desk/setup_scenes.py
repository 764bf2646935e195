"""The set-up for the pictures of the documents: in a terminal, and on its page."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from playwright.sync_api import Browser

from feishu_bot.setup.page_run import PageRun
from feishu_bot.setup.progress import Options, Progress
from feishu_simulator import Script, Simulator
from tests.desk.small_png import small_png
from tests.scenarios.bots import ROOT

COLUMNS, LINES = 96, 60
SECONDS = 60.0
# A terminal has few.
PALETTE = 32
LINK = re.compile(r"(http\S+/page/launcher\S+)\r?\n")
QUESTION = re.compile(r"> (\[\d+\] )?$")
# A person who answers one question after the other, knowing the simulator.
Answer = Callable[[Simulator], str]
ANSWERS: tuple[Answer, ...] = (
    lambda sim: "1",  # the long connection
    lambda sim: "10",  # another model service
    lambda sim: sim.gateway.url,
    lambda sim: sim.gateway.keys[0],
    lambda sim: "1",  # the first model
)
STYLE = """
body { margin: 0; }
pre { width: max-content; margin: 0; padding: 18px 22px; background: #1b1f27; color: #d7dce5;
  font: 14px/17px "DejaVu Sans Mono", "Noto Sans Mono", "Noto Sans CJK SC", monospace; }
.code { background: #fff; color: #000; line-height: 17px; display: inline-block; }
b { color: #fff; }
"""
# As `click` and the code set them.
BOLD, CODE, RESET = "\x1b[1m", "\x1b[38;5;16;48;5;231m", "\x1b[0m"


@contextmanager
def newcomer() -> Iterator[Simulator]:
    """A platform on which nobody has made an app yet, and a service that offers three models."""
    with Simulator() as sim:
        with sim.feishu.state.change():
            sim.feishu.app.forget()
        sim.feishu.registration.interval = 0.2
        sim.gateway.models = ["gpt-4o-mini", "gpt-4o", "o3-mini"]
        sim.gateway.respond_with(lambda body: Script.text("OK"))
        yield sim


def typed() -> str:
    """What a terminal shows of `feishu-bot setup`, from the first line to the last."""
    with newcomer() as sim, tempfile.TemporaryDirectory() as folder:
        person = sim.feishu.add_person("林晓")
        main, sub = pty.openpty()
        fcntl.ioctl(sub, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environ = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8",
            "FEISHU_DOMAIN": sim.feishu.url,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "feishu_bot", "setup", "--no-start"],
            cwd=folder,
            env=environ,
            stdin=sub,
            stdout=sub,
            stderr=sub,
            start_new_session=True,
        )
        os.close(sub)
        try:
            shown = _attend(main, sim, lambda link: sim.feishu.registration.scan(link, person))
            process.wait(SECONDS)
        finally:
            process.kill()
            os.close(main)
        for real, usual in (
            (sim.feishu.url, "https://open.feishu.cn"),
            (sim.gateway.url, "https://oapi.czl.net"),
            (folder, "/srv/feishu_bot"),
        ):
            shown = shown.replace(real, usual)
        return shown.replace("\r", "")


def _attend(main: int, sim: Simulator, scan: Callable[[str], None]) -> str:
    """Read what comes, scan the link and answer questions, until the terminal closes."""
    shown, answers, is_scanned = "", list(ANSWERS), False
    ends_at = time.monotonic() + SECONDS
    # A read may end within a character.
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while time.monotonic() < ends_at:
        if not select.select([main], [], [], 0.1)[0]:
            if answers and is_scanned and QUESTION.search(shown):
                os.write(main, f"{answers.pop(0)(sim)}\n".encode())
                # The next look is at what comes after it.
                shown += "\0"
            continue
        try:
            came = decoder.decode(os.read(main, 65_536))
        except OSError:
            return shown.replace("\0", "")
        shown += came
        if not is_scanned and (link := LINK.search(shown)):
            is_scanned = True
            scan(link[1])
    raise AssertionError(f"the set-up doesn't end: {shown[-2000:]}")


def terminal(browser: Browser, *, part: str) -> bytes:
    """The first step with its code, or what comes after it."""
    first, separator, rest = typed().partition(f"{BOLD}\n2. ")
    shown = first if part == "scan" else separator.removeprefix(f"{BOLD}\n") + rest
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_content(f"<!doctype html><style>{STYLE}</style><pre>{_html(shown.strip())}</pre>")
    drawn = page.locator("pre").screenshot()
    page.close()
    return small_png(drawn, colours=PALETTE)


def _html(text: str) -> str:
    wrapped = "\n".join(
        line if CODE in line else "\n".join(_wrapped(line)) for line in text.split("\n")
    )
    spans = {BOLD: "<b>", CODE: '<span class="code">', RESET: "</b></span>"}
    parts = re.split(r"(\x1b\[[\d;]*m)", wrapped)
    return "".join(spans.get(part, "") if part.startswith("\x1b") else escape(part)
                   for part in parts)  # fmt: skip


def _wrapped(line: str) -> Iterator[str]:
    """As the terminal breaks it: a Chinese character takes two columns."""
    width, start = 0, 0
    for at, character in enumerate(line):
        wide = 2 if ord(character) > 0x2E7F else 1
        if width + wide > COLUMNS:
            yield line[start:at]
            start, width = at, 0
        width += wide
    yield line[start:]


def page(browser: Browser, lang: str) -> bytes:
    """The page with the code to scan."""
    codes: list[str] = []
    with newcomer() as sim, tempfile.TemporaryDirectory() as folder:
        environ = {"FEISHU_DOMAIN": sim.feishu.url}
        run = PageRun(Progress(environ, Path(folder)), codes.append, Options())
        with run.serve("127.0.0.1", 0) as server:
            context = browser.new_context(
                locale={"zh": "zh-CN", "en": "en-GB"}[lang],
                viewport={"width": 620, "height": 720},
            )
            shown = context.new_page()
            shown.goto(f"http://127.0.0.1:{server.port}/setup")
            shown.locator("#code").fill(codes[-1])
            shown.locator("button").click()
            shown.locator("figure img").wait_for()
            drawn = shown.screenshot()
            context.close()
            run.stop()
    return drawn
