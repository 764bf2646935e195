"""The inspector and the faults in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from feishu_simulator import Simulator
from tests.desk.using import press_tool
from tests.polling import eventually


def test_the_wire_of_an_answer_is_laid_open_and_a_repeat_is_not_answered(
    talking_desk: Simulator, page: Page
):
    talking_desk.gateway.between = 0.008
    page.get_by_label("输入消息").fill("你好")
    page.keyboard.press("Enter")
    press_tool(page.locator("article.mine"), "打开检查器")
    inspector = page.locator(".inspector")
    push = inspector.locator(".wire-push").first
    push.locator("> summary").click()
    expect(push).to_contain_text("im.message.receive_v1")
    expect(push.locator(".json-key", has_text="X-Lark-Signature")).to_be_visible()
    expect(push).to_contain_text('{"encrypt": "')
    expect(inspector).to_contain_text("card.update")
    expect(push).to_have_attribute("open", "")

    run = inspector.locator(".wire-run").first
    expect(run.locator("> summary")).to_contain_text(re.compile(r"\d+ 次流式更新 seq \d+…\d+"))
    run.locator("> summary").click()
    update = run.locator(".wire-call").last
    update.locator("> summary").click()
    expect(update).to_contain_text('"content"')
    expect(update).to_contain_text("log_id")

    asked = inspector.locator(".wire-model")
    expect(asked.locator("> summary")).to_contain_text(re.compile(r"请求模型 .*首个字 \d+ ms"))
    expect(asked.locator("> summary")).to_contain_text(re.compile(r"\d+ tokens · "))
    asked.locator("> summary").click()
    expect(asked.locator(".model-message").last).to_contain_text("user问题")
    expect(asked.locator(".model-message").last).to_contain_text("你好")
    expect(asked).to_contain_text('"include_usage"')
    expect(asked.locator(".model-stream li").first).to_contain_text(re.compile(r"^\s*\d+ ms"))
    expect(asked).to_contain_text("sk-…czl")

    outcome = inspector.get_by_role("status")
    expect(outcome).to_have_text("已推送 1 次 · 机器人回复 1 条")
    inspector.get_by_role("button", name="同时推送两次").click()
    expect(outcome).to_contain_text("已推送 3 次 · 机器人回复 1 条 只回答了一次")
    inspector.get_by_role("button", name="换个 event_id").click()
    expect(outcome).to_contain_text("已推送 4 次 · 机器人回复 1 条 只回答了一次")
    inspector.get_by_role("button", name="当作响应太慢").click()
    expect(inspector.locator(".wire-warnings")).to_contain_text("15 秒后会再推送")

    inspector.get_by_role("button", name="第 1 条回复").click()
    expect(inspector.locator(".wire-message")).not_to_contain_text("**")
    card = inspector.locator("summary", has_text="卡片 JSON")
    expect(card).to_contain_text(re.compile(r"/ 30 KB · \d+ / 200 个元素"))
    card.click()
    expect(inspector.locator(".wire-card .json-key", has_text="schema")).to_be_visible()


def test_the_inspector_is_found_from_the_bar_by_keyboard_and_on_a_phone(
    desk: Simulator, open_tab: Callable[..., Page]
):
    state, feishu = desk.feishu.state, desk.feishu
    me = next(iter(state.people.values()))
    chat = feishu.private_chat(me)
    phone = open_tab(locale="en-GB", viewport={"width": 375, "height": 700}, color_scheme="dark")
    expect(phone.locator(".welcome")).to_contain_text("open the inspector")
    feishu.say(chat, me, "one")
    two = feishu.say(chat, me, "two")
    desk.gateway.exchanges.end(desk.gateway.exchanges.begin("/v1/chat/completions", {}, ""))

    expect(phone.locator(".message")).to_have_count(2)
    expect(phone.get_by_role("note")).to_have_count(2)
    button = phone.get_by_role("button", name="Inspector", exact=True)
    button.focus()
    phone.keyboard.press("Enter")
    inspector = phone.locator(".inspector")
    expect(inspector.locator(".wire-message")).to_contain_text("two")
    inspector.get_by_role("button", name="Previous").press("Enter")
    expect(inspector.locator(".wire-message")).to_contain_text("one")
    expect(inspector.get_by_role("button", name="Previous")).to_be_disabled()
    inspector.get_by_role("button", name="Recent model requests").press("Enter")
    expect(inspector.locator(".wire-model")).to_contain_text("model request")
    inspector.get_by_role("button", name="Newest message").press("Enter")
    expect(inspector.locator(".wire-message")).to_contain_text("two")
    assert phone.evaluate("document.documentElement.scrollWidth") == 375
    phone.keyboard.press("Escape")
    expect(inspector).to_have_count(0)

    # The bot's reaction comes and goes by itself.
    with state.change():
        two.reactions["re_1"] = "OneSecond"
        two.note_change()
    chip = phone.get_by_role("button", name="OneSecond: CZLChat")
    expect(chip).to_contain_text("☝️")
    with state.change():
        del two.reactions["re_1"]
        two.note_change()
    expect(chip).to_have_count(0)


def test_faults_are_switched_by_keyboard_shown_and_put_in_order(desk: Simulator, page: Page):
    with desk.feishu.state.change():
        # Otherwise there is nothing to cut.
        desk.feishu.subscription.mode = "long_connection"
    page.get_by_role("button", name="故障").click()
    faults = page.locator(".faults")
    reset = faults.get_by_role("button", name="全部恢复正常")
    expect(reset).to_be_disabled()

    faults.get_by_role("radio", name="正常 用提问的语言").focus()
    page.keyboard.press("ArrowDown")
    expect(faults.get_by_role("radio", name="很慢 4 秒后")).to_be_checked()
    scopes = faults.locator("summary", has_text="应用权限")
    expect(scopes).to_have_text("应用权限10 / 11")
    scopes.press("Enter")
    faults.get_by_role("switch", name="cardkit:card:write").focus()
    page.keyboard.press("Space")
    expect(faults.get_by_role("switch", name="cardkit:card:write")).not_to_be_checked()
    expect(reset).to_be_enabled()
    # The page shows a switch as moved before the simulator has heard of it.
    eventually(lambda: desk.desk.faults.state()["model"] == "slow")
    eventually(lambda: "cardkit:card:write" not in desk.feishu.access.scopes)
    expect(scopes).to_have_text("应用权限9 / 11")

    for title in ("事件与地址", "文档里没写的飞书", "机器人进程"):
        faults.locator("summary", has_text=title).press("Enter")
    settings = desk.desk.faults.settings()
    named = sum(len(kind) for kind in settings.values() if isinstance(kind, dict))
    expect(faults.get_by_role("switch")).to_have_count(named + 1)
    for other in ("Switch to English", "切换到中文"):
        words = faults.locator("b, small, h3, legend").all_inner_texts()
        assert len(words) > 2 * named
        assert not [one for one in words if re.fullmatch(r"[a-z]+_\S+|undefined|", one)]
        page.get_by_role("button", name=other).click()
    expect(faults.get_by_role("button", name="杀掉正在运行的进程")).to_be_disabled()

    reset.click()
    expect(reset).to_be_disabled()
    expect(faults.get_by_role("radio", name="正常 用提问的语言")).to_be_checked()
    with desk.feishu.state.change():
        desk.desk.real_model = "gpt-real"
        desk.desk.kill_worker = lambda: 1
    expect(faults).to_contain_text("现在回答的是真正的模型 gpt-real")
    expect(faults.get_by_role("radio", name="很长")).to_be_disabled()
    faults.get_by_role("button", name="杀掉正在运行的进程").click()
    expect(page.get_by_text("已杀掉 1 个进程")).to_be_visible()
