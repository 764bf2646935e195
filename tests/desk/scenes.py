"""Scenes for the pictures of the documents: people at a desk, and what they do there."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from feishu_simulator import Script, Simulator
from tests.desk import gallery
from tests.desk.pictures import png
from tests.desk.screenshot_texts import TEXTS
from tests.desk.using import answer_to, choose_fault, tool
from tests.scenarios.bots import LocalBot


class Stage:
    """A simulator with people, the real bot, and the page opened on it."""

    def __init__(self, sim: Simulator, page: Page, lang: str, bot: LocalBot) -> None:
        self.sim = sim
        self.bot = bot
        self.page = page
        self.texts = TEXTS[lang]

    def answer(self, question: str) -> Locator:
        return answer_to(self.page, self.texts[question])

    @property
    def side(self) -> Locator:
        return self.page.get_by_role("complementary")

    def be(self, person: str) -> None:
        """Write as somebody."""
        self.page.locator(".write-as").first.click()
        self.page.get_by_role("button", name=self.texts[person], exact=True).click()

    def ask(
        self,
        question: str,
        answer: str,
        label: str = "write",
        *,
        mentions: bool = False,
        **pace: float,
    ) -> None:
        self.sim.gateway.enqueue(Script.text(self.texts[answer], **pace))
        composer = self.page.locator(f"textarea[placeholder='{self.texts[label]}']")
        if mentions:
            composer.press_sequentially("@CZ")
            composer.press("Enter")
        composer.fill(self.texts[question])
        composer.press("Enter")

    def overhear(self, text: str, chat: str) -> None:
        """Somebody else writes in a group."""
        state = self.sim.feishu.state
        person = next(p for p in state.people.values() if p.name == self.texts["other"])
        group = next(c for c in state.chats.values() if c.mode == chat)
        self.sim.feishu.say(group, person, self.texts[text])

    def tool(self, message: Locator, name: str) -> None:
        tool(message, self.texts[name]).click()

    def go_to(self, chat: str) -> None:
        self.page.get_by_role("navigation").get_by_role("button", name=chat).click()

    def whole(self, question: str) -> Locator:
        """The answer, once it has its footer."""
        answer = self.answer(question)
        expect(answer).to_contain_text("tokens")
        return answer


def chat(stage: Stage) -> None:
    """A question, its answer, and a reply to that."""
    stage.ask("question", "answer")
    stage.tool(stage.whole("question"), "reply")
    stage.ask("next", "figures")
    stage.whole("next")


def streaming(stage: Stage) -> None:
    stage.ask("plan", "table", between=0.05)
    expect(stage.answer("plan")).to_contain_text("约好试用小组，说明哪些资料可以问")


def thread(stage: Stage) -> None:
    stage.overhear("small talk", "group")
    stage.go_to("产品讨论")
    stage.ask("in group", "feedback", mentions=True)
    expect(stage.side).to_contain_text("tokens")
    stage.ask("again", "remedy", "in thread", mentions=True)
    expect(stage.side.locator("article[data-sender=bot]").last).to_contain_text("tokens")
    expect(stage.side.locator("article[data-sender=bot]")).to_have_count(2)


def topics(stage: Stage) -> None:
    stage.overhear("other topic", "topic")
    stage.go_to("问答广场")
    stage.ask("in topic", "first day", "topic", mentions=True)
    expect(stage.side).to_contain_text("tokens")


def inspector(stage: Stage) -> None:
    chat(stage)
    stage.tool(stage.answer("next"), "inspect")
    expect(stage.side).to_contain_text("card.update")
    stage.side.locator("summary").first.click()


def model(stage: Stage) -> None:
    """The request to the model behind an answer: history, question, parameters, stream."""
    chat(stage)
    stage.page.get_by_role("button", name=stage.texts["inspector"], exact=True).click()
    row = stage.side.locator(".wire-model")
    row.locator("> summary").click()
    expect(row.locator(".model-message")).to_have_count(3)
    row.locator("> summary").evaluate("row => row.scrollIntoView()")


def waiting(stage: Stage) -> None:
    """A question that waits behind another has the bot's reaction."""
    stage.ask("plan", "table", between=0.3)
    stage.tool(stage.answer("plan"), "reply")
    stage.ask("next", "figures")
    mine = stage.page.locator("article.mine").last
    expect(mine.locator(".reaction")).to_be_visible()
    expect(stage.answer("plan")).to_contain_text("阶段")


def faults(stage: Stage) -> None:
    stage.page.get_by_role("button", name=stage.texts["faults"]).click()
    choose_fault(stage.page, "no_money")
    composer = stage.page.get_by_label(stage.texts["write"])
    composer.fill(stage.texts["question"])
    composer.press("Enter")
    expect(stage.answer("question")).to_contain_text(re.compile(r"管理员|administrator"))


def sky(x: int, y: int) -> tuple[int, int, int]:
    """A dot of a sky towards evening."""
    return 80 + x, 110 + y // 2, 220 - y


def components(stage: Stage) -> None:
    state = stage.sim.feishu.state
    chat = next(iter(state.chats.values()))
    image = stage.sim.feishu.add_image(png(160, 100, sky))
    people = [person.open_id for person in state.people.values()]
    state.add_message(chat, None, "interactive", gallery.shown(image, people))
    state.add_message(chat, None, "interactive", gallery.used(people))
    expect(stage.page.locator("main .card").nth(2)).to_be_visible()
