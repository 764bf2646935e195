"""A newcomer's way through the page, with the real bot behind it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from feishu_simulator import Simulator
from tests.desk.pictures import png
from tests.desk.using import answer_to, choose_fault, from_bot, press_tool, tool, write
from tests.polling import eventually


def step_to(page: Page, key: str, selector: str) -> None:
    """Press a key until the element has the keyboard."""
    focused = page.locator(f"{selector}:focus")
    eventually(lambda: page.keyboard.press(key) or focused.count())


def test_an_answer_grows_is_replied_to_cut_continued_inspected_and_recalled(
    talking_desk: Simulator, page: Page, open_tab
):
    talking_desk.gateway.between = 0.05
    write(page, "你好")
    first = answer_to(page, "你好")
    expect(first).to_contain_text("我是模拟的模型")
    begun = first.inner_text()
    expect(first).to_contain_text("坐在这里回答你的就是真正的模型了。")
    assert "坐在这里" not in begun
    expect(first).to_contain_text(re.compile(r"gpt-3\.5-turbo-0613 · .* · \d+ tokens"))
    talking_desk.gateway.between = 0.001

    tool(first, "回复").click()
    write(page, "接着说")
    expect(page.locator("article.mine").last).to_contain_text("回复 CZLChat：")
    expect(answer_to(page, "接着说")).to_contain_text("接着“你好”往下说")

    page.get_by_role("button", name="故障", exact=True).click()
    choose_fault(page, "length")
    expect(page.get_by_role("button", name="故障 · 已开启")).to_be_visible()
    write(page, "写长一点")
    cut = answer_to(page, "写长一点")
    resume = cut.get_by_role("button", name="继续")
    expect(resume).to_be_visible()
    page.get_by_role("button", name="全部恢复正常").click()
    resume.click()
    expect(from_bot(page).last).to_contain_text("接着“你好”往下说")

    choose_fault(page, "no_money")
    expect(page.get_by_role("button", name="故障 · 已开启")).to_be_visible()
    write(page, "还在吗")
    refused = answer_to(page, "还在吗")
    expect(refused).to_contain_text("管理员")
    tool(refused, "打开检查器").click()
    inspector = page.get_by_role("complementary")
    expect(inspector).to_contain_text("message.reply")
    inspector.get_by_role("button", name="引发它的消息").click()
    expect(inspector).to_contain_text("推送事件")

    tool(page.locator("article.mine").last, "撤回").click()
    expect(page.locator("main .notice").last).to_contain_text("撤回了一条消息")
    second = open_tab()
    expect(second.locator("main [data-message]")).to_have_count(
        page.locator("main [data-message]").count()
    )
    eventually(
        lambda: (
            second.locator("main .messages").inner_text()
            == page.locator("main .messages").inner_text()
        )
    )


def test_in_a_group_a_mention_opens_a_thread_that_goes_on(talking_desk: Simulator, page: Page):
    page.get_by_role("navigation").get_by_role("button", name="产品讨论").click()
    write(page, "大家早")
    expect(page.get_by_label("未推送给机器人")).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text("机器人没有收到：没有 @ 它。")

    composer = page.get_by_label("输入消息")
    composer.press_sequentially("@CZ总结一下")
    composer.press("Home")
    for _ in "@CZ":
        composer.press("ArrowRight")
    composer.press("Enter")
    composer.press("Enter")
    strip = page.get_by_role("button", name="1 条回复")
    strip.click()
    thread = page.get_by_role("complementary", name="话题")
    expect(thread).to_contain_text("这是我们这次对话的第一句话")
    expect(thread).to_contain_text("坐在这里")

    again = thread.get_by_label("在话题中回复").last
    again.press_sequentially("@CZ")
    again.press("Enter")
    again.press_sequentially("再短一些")
    again.press("Enter")
    expect(thread).to_contain_text("上一条回答说的是“林晓: 总结一下”")
    expect(thread.get_by_role("heading")).to_contain_text("3 条回复")


def test_pictures_language_theme_and_another_person(talking_desk: Simulator, page: Page):
    file = {
        "name": "red.png",
        "mimeType": "image/png",
        "buffer": png(8, 8, lambda x, y: (255, 64, 64)),
    }
    page.locator("main input[multiple]").set_input_files(file)
    page.get_by_role("button", name="发送", exact=True).click()
    sent = page.locator("article.mine img")
    expect(sent).to_be_visible()
    assert sent.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8
    expect(answer_to(page, "[图片]")).to_be_visible()

    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_label("Write a message")).to_be_visible()
    theme = page.get_by_role("button", name=re.compile(r"^Theme"))
    theme.click()
    theme.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_label("Write a message")).to_be_visible()

    page.get_by_role("button", name="Write as").click()
    page.get_by_role("button", name="Alice").click()
    expect(page.locator("article.mine")).to_have_count(0)
    write(page, "hello")
    expect(answer_to(page, "hello")).to_contain_text("first message")
    assert talking_desk.feishu.messages[-1].chat.people[0].name == "Alice"


def test_everything_can_be_done_by_keyboard(talking_desk: Simulator, page: Page):
    keys, composer = page.keyboard, page.get_by_label("输入消息")
    expect(composer).to_be_focused()
    keys.type("你好")
    keys.press("Enter")
    expect(answer_to(page, "你好")).to_contain_text("tokens")

    step_to(page, "Shift+Tab", "article.message")
    step_to(page, "Tab", "[aria-label=回复]")
    keys.press("Enter")
    expect(page.locator(".reply-to")).to_be_visible()
    expect(composer).to_be_focused()
    keys.press("Escape")
    expect(page.locator(".reply-to")).to_have_count(0)

    step_to(page, "Shift+Tab", "nav .chat")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(page.get_by_role("main", name=re.compile(r"产品讨论|问答广场"))).to_be_visible()
    step_to(page, "Shift+Tab", "[aria-label=故障]")
    keys.press("Enter")
    expect(page.get_by_role("complementary", name="故障")).to_be_visible()


def test_the_buttons_under_an_answer_stay_in_one_row_on_a_phone_in_both_languages(
    talking_desk: Simulator, open_tab
):
    page = open_tab(viewport={"width": 375, "height": 780})
    for text in ("你好", "hello"):
        if text == "hello":
            write(page, "/lang en")
            expect(from_bot(page).filter(has_text="English from now on")).to_be_visible()
            page.get_by_role("button", name="Switch to English").click()
        write(page, text)
        answer = answer_to(page, text)
        answer.get_by_role("button", name="👍").click()
        expect(answer.get_by_role("button", name="👍 ✓")).to_be_visible()

        buttons = answer.locator(".card").get_by_role("button").all()
        assert len(buttons) == 5
        assert len({round(button.bounding_box()["y"]) for button in buttons}) == 1


def test_a_place_is_sent_and_what_was_said_is_forwarded(talking_desk: Simulator, page: Page):
    # The welcome comes by itself: later it would stand among what is forwarded.
    expect(from_bot(page)).to_have_count(1)
    page.get_by_role("button", name="表情、位置、投票等").click()
    page.get_by_role("button", name="[位置]").click()
    expect(from_bot(page).last).to_contain_text("虹桥火车站")

    press_tool(page.locator("article.mine").last, "从这条起合并转发给机器人")

    expect(from_bot(page).last).to_contain_text("已读转发的 2 条消息。")
