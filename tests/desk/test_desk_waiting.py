"""What waits, and who is to be told, as people see it on the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from feishu_simulator import Script, Simulator, failures
from tests.desk.using import answer_to, from_bot, write


def test_a_question_that_waits_has_the_bot_s_reaction(talking_desk: Simulator, page: Page):
    feishu = talking_desk.feishu
    talking_desk.gateway.enqueue(Script.chunks(["word "] * 200, between=0.2))
    write(page, "first")
    card = answer_to(page, "first")
    expect(card).to_contain_text("word")
    first = next(message for message in feishu.messages if message.text == "first")

    second = feishu.say(first.chat, first.sender, "second", reply_to=first)

    reactions = page.locator(f"article[data-message={second.message_id}] .reaction-names")
    expect(reactions).to_have_text(talking_desk.credentials.bot_name)
    expect(card).to_contain_text("还有 1 条消息在排队")
    card.get_by_role("button", name="停止").click()
    expect(reactions).to_have_count(0)
    expect(card).not_to_contain_text("排队")


def test_a_notice_says_that_there_are_no_administrators(talking_desk: Simulator, page: Page):
    talking_desk.gateway.respond_with(lambda body: failures.invalid_key())

    write(page, "hello")

    expect(from_bot(page).filter(has_text="机器人还没有设置管理员")).to_be_visible()
