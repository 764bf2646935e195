"""Draw the pictures of the documents: python -m tests.desk.screenshots docs/images [NAME …]"""

from __future__ import annotations

import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, expect

from feishu_simulator import Script, Simulator
from feishu_simulator.messages import Message
from feishu_simulator.people import Person
from tests.chromium import MISSING, chromium, launched
from tests.desk import admin_demo, scenes, setup_scenes
from tests.desk.bot_cards import SHEETS, Asking
from tests.desk.scenes import Stage
from tests.desk.screenshot_texts import TEXTS
from tests.desk.small_png import small_png
from tests.scenarios.bots import LocalBot, environment

# On a day to come: the platform takes it for the newest moment it has seen.
NOW = datetime(2100, 1, 4, 10, 24, tzinfo=timezone(timedelta(hours=8)))
STILL = "*, *::before, *::after { animation: none !important; transition: none !important; }"

SHEET = """
body { margin: 0; }
main { width: max-content; columns: 356px COLUMNS; column-gap: 20px; padding: 20px;
  background: #eceef1; font: 13px sans-serif; }
figure { break-inside: avoid; margin: 0 0 18px; }
figcaption { padding: 0 2px 5px; color: #646a73; }
img { display: block; border-radius: 8px; }
"""

PASSWORD = "correct-horse-9-battery"
MOST_COLUMNS = 4
NARROW = {"width": 470, "height": 1400}
PHONE = {"width": 390, "height": 780}
HIGH = {"height": 1060}
TALL = {"width": 940, "height": 1300}
# Name, what is shown, language, theme, and the window where it is not the usual one.
PICTURES: list[tuple[str, Callable[[Stage], None], str, str, dict[str, int]]] = [
    ("chat.zh", scenes.chat, "zh", "light", HIGH),
    ("chat.en", scenes.chat, "en", "light", HIGH),
    ("chat.dark", scenes.chat, "zh", "dark", HIGH),
    ("streaming", scenes.streaming, "zh", "light", {}),
    ("thread.zh", scenes.thread, "zh", "light", {}),
    ("thread.en", scenes.thread, "en", "dark", {}),
    ("topics", scenes.topics, "en", "light", {}),
    ("inspector.zh", scenes.inspector, "zh", "light", {}),
    ("inspector.en", scenes.inspector, "en", "dark", {}),
    ("model.zh", scenes.model, "zh", "light", HIGH),
    ("model.en", scenes.model, "en", "dark", HIGH),
    ("waiting", scenes.waiting, "zh", "light", {}),
    ("components", scenes.components, "zh", "light", TALL),
    ("faults.zh", scenes.faults, "zh", "light", {}),
    ("faults.en", scenes.faults, "en", "light", {}),
    ("phone", scenes.chat, "zh", "light", PHONE),
]
SHEET_SETTINGS = {
    "media": {"IMAGE_MODEL": "gpt-image-2"},
    "queue": {"ANSWER_THREADS": "1", "MAX_PENDING": "4"},
}
# What isn't the simulator's page.
OTHERS: dict[str, Callable[[Browser], bytes]] = {
    "setup.scan": partial(setup_scenes.terminal, part="scan"),
    "setup.done": partial(setup_scenes.terminal, part="done"),
    "setup.page.zh": partial(setup_scenes.page, lang="zh"),
    "setup.page.en": partial(setup_scenes.page, lang="en"),
}


@contextmanager
def staged(
    browser: Browser,
    lang: str,
    theme: str,
    size: dict[str, int],
    settings: Callable[[Simulator], dict[str, str]] = lambda sim: {},
) -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        sim = stack.enter_context(Simulator())
        sim.gateway.first = sim.gateway.between = 0.004
        sim.gateway.models = ["gpt-4o-mini", "gpt-4o", "o3-mini"]
        sim.desk.seed()
        with sim.feishu.state.change():
            sim.feishu.state.last_created_ms = int(NOW.timestamp() * 1000)
        url = f"sqlite:///{folder}/feishu_bot.db"
        variables = environment(sim, url, SHUTDOWN_GRACE="1", LANGUAGE=lang, **settings(sim))
        bot = LocalBot(variables).start()
        stack.callback(bot.stop)
        sim.feishu.bot_url = bot.url
        context = browser.new_context(
            locale={"zh": "zh-CN", "en": "en-GB"}[lang],
            color_scheme="dark" if theme == "dark" else "light",
            timezone_id="Asia/Shanghai",
            viewport={"width": 1240, "height": 920, **size},
            reduced_motion="reduce",
            # The page forbids styles that aren't its own, such as those that keep it still.
            bypass_csp=True,
        )
        stack.callback(context.close)
        page = context.new_page()
        page.clock.set_fixed_time(NOW)
        page.goto(sim.page_url)
        stage = Stage(sim, page, lang, bot)
        stage.be("person")
        yield stage


def sheet(browser: Browser, name: str, lang: str) -> bytes:
    """The cards of one kind beside each other, each as the page draws it."""

    def settings(sim: Simulator) -> dict[str, str]:
        admin = named(sim, TEXTS[lang]["person"])
        return {
            "ADMINS": admin.open_id,
            "USER_DAILY_QUESTIONS": "1",
            **SHEET_SETTINGS.get(name, {}),
        }

    with staged(browser, lang, "light", NARROW, settings) as stage:
        people = (named(stage.sim, stage.texts[who]) for who in ("person", "other"))
        stage.sim.gateway.respond_with(lambda body: Script.text(stage.texts["figures"]))
        asking = Asking(stage.sim, lang, *people)
        shown = [(label, picture_of(stage, message)) for label, message in SHEETS[name](asking)]
    figures = "".join(
        f"<figure><figcaption>{escape(label)}</figcaption><img src='{picture}'></figure>"
        for label, picture in shown
    )
    style = SHEET.replace("COLUMNS", str(min(len(shown), MOST_COLUMNS)))
    page = browser.new_page(viewport={"width": 1600, "height": 900})
    page.set_content(f"<!doctype html><style>{style}</style><main>{figures}</main>")
    page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    drawn = page.locator("main").screenshot()
    page.close()
    return drawn


def admin_page(browser: Browser, lang: str) -> bytes:
    """The figures of an imagined company on the administrator's page."""

    def settings(sim: Simulator) -> dict[str, str]:
        return {"ADMIN_PASSWORD": PASSWORD}

    with staged(browser, lang, "light", {"width": 1080, "height": 900}, settings) as stage:
        people = [person.open_id for person in stage.sim.feishu.state.people.values()]
        admin_demo.fill(stage.bot.database, people, time.time())
        page = stage.page
        page.goto(f"{stage.bot.url}/admin")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("#by-password button").click()
        expect(page.locator("nav")).to_be_visible()
        page.goto(f"{stage.bot.url}/admin/figures?days=30")
        expect(page.locator(".plot canvas")).to_have_count(4)
        return page.screenshot(style=STILL, caret="hide")


def picture_of(stage: Stage, message: Message) -> str:
    """The card as the page shows it now, as an address; each may change later."""
    page = stage.page
    person = message.chat.people[0] if message.chat.is_private else asker_of(stage.sim, message)
    shown = {
        "person": person.open_id,
        "chat": message.chat.chat_id,
        "place": "chat",
        "side": "thread" if message.thread_id else "",
        "thread": message.root_id,
    }
    page.evaluate("async (shown) => (await import('/static/here.js')).go(shown)", shown)
    drawn = page.locator(f"article[data-message={message.message_id}]")
    drawn = drawn.locator(".card, .file-box").last
    drawn.scroll_into_view_if_needed()
    page.mouse.move(1, 1)
    data = drawn.screenshot(style=STILL, caret="hide")
    return "data:image/png;base64," + b64encode(data).decode()


def asker_of(sim: Simulator, message: Message) -> Person:
    asked = sim.feishu.state.messages.get(message.replied_to or "")
    return asked.sender if asked and asked.sender else message.chat.people[0]


def named(sim: Simulator, name: str) -> Person:
    return next(person for person in sim.feishu.state.people.values() if person.name == name)


def main(folder: Path, only: Collection[str] = ()) -> None:
    path = chromium()
    if path is None:
        sys.exit(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    with launched(path) as browser:
        expect.set_options(timeout=20_000)
        for name, act, lang, theme, size in PICTURES:
            if only and name not in only:
                continue
            with staged(browser, lang, theme, size) as stage:
                act(stage)
                stage.page.mouse.move(1, 1)
                file = folder / f"{name}.png"
                file.write_bytes(small_png(stage.page.screenshot(style=STILL, caret="hide")))
                print(f"{file} {file.stat().st_size // 1024} KB", flush=True)
        for name, draw in OTHERS.items():
            if only and name not in only:
                continue
            file = folder / f"{name}.png"
            file.write_bytes(small_png(draw(browser)))
            print(f"{file} {file.stat().st_size // 1024} KB", flush=True)
        for name in SHEETS:
            for lang in ("zh", "en"):
                if only and f"{name}.{lang}" not in only:
                    continue
                file = folder / f"{name}.{lang}.png"
                file.write_bytes(small_png(sheet(browser, name, lang)))
                print(f"{file} {file.stat().st_size // 1024} KB", flush=True)
        for lang in ("zh", "en"):
            if only and f"admin.{lang}" not in only:
                continue
            file = folder / f"admin.{lang}.png"
            file.write_bytes(small_png(admin_page(browser, lang)))
            print(f"{file} {file.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
