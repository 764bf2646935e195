"""The page: chats, messages, threads, writing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from feishu_simulator import Simulator
from tests.desk.pictures import png
from tests.desk.using import answer_to, tool, write
from tests.polling import eventually

GROUP = "产品讨论"
TOPICS = "问答广场"
HOSTILE = '<img src=x onerror="alert(1)"> <b>no</b> javascript:alert(1)'


def blue(x: int, y: int) -> tuple[int, int, int]:
    return 0x33, 0x70, 0xFF


def open_chat(page: Page, name: str) -> None:
    page.locator(".chat", has_text=name).click()
    expect(page.locator(".head h1")).to_contain_text(name)


def test_a_newcomer_is_answered_and_goes_on_with_a_reply(
    talking_desk: Simulator, page: Page
) -> None:
    expect(page.locator(".message.theirs")).to_contain_text("很高兴认识你")
    write(page, "你好")
    answer = answer_to(page, "你好")
    expect(answer).to_contain_text("模拟")
    expect(answer.locator(".quote")).to_contain_text("你好")
    expect(page.locator(".message.mine .delivery-good")).to_be_visible()
    expect(page.locator(".chat[aria-current=true] .chat-line")).not_to_be_empty()

    page.locator(".conversation textarea").press("Control+k")
    tool(answer, "回复").click()
    expect(page.locator(".reply-to")).to_contain_text("CZLChat")
    page.keyboard.press("Escape")
    expect(page.locator(".reply-to")).to_have_count(0)
    tool(answer, "回复").click()
    page.keyboard.type("第一行")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("第二行")
    page.keyboard.press("Enter")

    mine = page.locator(".message.mine").last
    expect(mine.locator(".text")).to_have_text("第一行\n第二行")
    expect(mine.locator(".quote")).to_contain_text("CZLChat")
    expect(answer_to(page, "第一行 第二行")).to_contain_text("之前我们已经聊了 1 轮")


def test_in_a_group_the_bot_is_mentioned_and_answers_in_a_thread_beside(
    talking_desk: Simulator, page: Page
) -> None:
    open_chat(page, GROUP)
    expect(page.locator(".conversation .mention-chip")).to_have_count(0)
    page.keyboard.type("@")
    options = page.get_by_role("option")
    expect(options).to_have_text(["CZLChat机器人", "陈陈宇", "AAlice", "@所有人"])
    page.keyboard.press("Enter")
    expect(page.locator(".conversation .chip-bot")).to_have_text("@CZLChat")
    page.keyboard.type("谁能看一下 @al")
    expect(page.get_by_role("option")).to_have_text(["AAlice"])
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    asked = page.locator(".conversation .message").first
    expect(asked.locator(".mention")).to_have_text(["@CZLChat", "@Alice"])
    thread = page.locator(".thread")
    expect(thread.locator(".message.theirs")).to_contain_text("模拟")
    expect(page.locator(".conversation .message")).to_have_count(1)
    expect(asked.locator(".strip")).to_contain_text("1 条回复")
    page.locator(".thread textarea").press_sequentially("@CZ")
    page.keyboard.press("Enter")
    write(page, "继续", ".thread")
    expect(asked.locator(".strip")).to_contain_text("3 条回复")
    expect(page.locator(".conversation .message")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(thread).to_have_count(0)

    write(page, "大家先讨论")
    unheard = page.locator(".conversation .message").last
    expect(unheard.get_by_role("note")).to_contain_text("机器人没有收到：没有 @ 它。")
    unheard.get_by_role("button", name="未推送给机器人").click()
    expect(page.locator(".side-inspector")).to_be_visible()
    page.keyboard.press("Escape")
    unheard.get_by_role("button", name="@CZLChat 再发一次").click()
    again = page.locator(".conversation .message").last
    expect(again.locator(".mention")).to_have_text("@CZLChat")
    expect(again.locator(".strip")).to_contain_text("1 条回复")
    expect(again.get_by_role("note")).to_have_count(0)


def test_messages_of_every_kind_are_shown_and_none_can_do_harm(desk: Simulator, page: Page) -> None:
    feishu, state = desk.feishu, desk.feishu.state
    me, other, *_ = state.people.values()
    chat = next(chat for chat in state.chats.values() if chat.mode == "group")
    picture = feishu.add_image(png(8, 8, blue))
    file = feishu.add_file(b"%PDF", "报告.pdf", "application/pdf")
    post: dict[str, Any] = {
        "title": "计划",
        "content": [
            [{"tag": "text", "text": "粗体", "style": ["bold"]}],
            [{"tag": "a", "text": "坏链接", "href": "javascript:alert(1)"}],
            [{"tag": "a", "text": "链接", "href": "https://example.com/"}],
            [{"tag": "code_block", "language": "PYTHON", "text": "print(1)"}],
        ],
    }
    text = f"@_user_2 @_user_22 a@b.cn {HOSTILE} https://example.com/x。"
    said = feishu.say(chat, other, text, mention_bot=True, mentions=[me], mention_all=True)
    feishu.post(chat, other, post)
    feishu.send(chat, other, "image", {"image_key": picture})
    feishu.send(chat, other, "file", {"file_key": file, "file_name": "报告.pdf"})
    feishu.send(chat, other, "audio", {"file_key": file, "duration": 61_000})
    feishu.send(chat, other, "hongbao", {})
    feishu.send(chat, other, "brand_new", {"nested": {"value": 1}})
    feishu.recall(feishu.say(chat, other, "看不见"))
    own = feishu.say(chat, me, "我写的", reply_to=said)
    exported = state.add_message(chat, None, "file", {"file_key": file})

    open_chat(page, GROUP)
    rows = page.locator(".message")
    expect(rows.nth(0).locator(".mention")).to_have_text(["@所有人", "@CZLChat", "@林晓"])
    expect(rows.nth(0)).to_contain_text(f"@_user_22 a@b.cn {HOSTILE}")
    expect(rows.nth(0).get_by_role("link")).to_have_attribute("href", "https://example.com/x")
    expect(rows.nth(1).get_by_role("link")).to_have_text(["链接"])
    expect(rows.nth(1).locator("pre")).to_have_text("print(1)")
    expect(rows.nth(3).get_by_role("link", name="报告.pdf")).to_be_visible()
    unnamed = page.locator(f".message[data-message={exported.message_id}]")
    expect(unnamed.get_by_role("link")).to_have_text("报告.pdf点击下载 · 4 B")
    expect(rows.nth(4)).to_contain_text("1:01")
    expect(rows.nth(5)).to_contain_text("[红包]")
    expect(rows.nth(6)).to_contain_text("[brand_new]")
    expect(page.locator(".notice")).to_have_text("陈宇 撤回了一条消息")
    rows.nth(2).locator(".photo").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    mine = page.locator(".message.mine")
    expect(mine.locator(".quote")).to_contain_text("陈宇")
    tool(mine, "在话题中回复").click()
    write(page, "另说", ".thread")
    expect(mine.locator(".strip")).to_contain_text("1 条回复")
    page.keyboard.press("Escape")
    expect(page.locator(".thread")).to_have_count(0)
    tool(rows.nth(0), "表情回应").click()
    rows.nth(0).get_by_role("button", name="THUMBSUP", exact=True).click()
    chip = rows.nth(0).get_by_role("button", name="THUMBSUP: 林晓")
    expect(chip).to_have_text(re.compile(r"林晓"))
    chip.click()
    expect(chip).to_have_count(0)
    tool(mine, "撤回").click()
    expect(page.locator(".recalled")).to_have_text("林晓 撤回了一条消息")
    assert own.deleted
    expect(page.locator(".messages img[src='x']")).to_have_count(0)


def test_tabs_agree_about_what_is_there_and_keep_who_looks_at_what(
    desk: Simulator, page: Page, open_tab: Callable[..., Page]
) -> None:
    other = open_tab(locale="en-GB", color_scheme="dark", viewport={"width": 375, "height": 700})
    expect(other.get_by_role("heading", name="Talk to CZLChat")).to_be_visible()
    assert other.locator("html").get_attribute("data-theme") == "dark"
    other.get_by_role("button", name="Write as").click()
    other.get_by_label("Name of a new person").fill("Bob")
    other.keyboard.press("Enter")
    expect(other.locator(".popover")).to_have_count(0)
    other.get_by_role("button", name="Bot menu").click()
    expect(other.locator(".menu-item")).to_have_text(
        ["New topic", "Roles", "Model", "Settings", "Usage", "Help"]
    )
    other.keyboard.press("Escape")
    expect(page.get_by_role("group", name="机器人菜单").get_by_role("button")).to_have_count(6)
    other.get_by_role("button", name="Back").click()
    expect(other.locator(".conversation")).to_be_hidden()

    page.get_by_role("button", name="新建群组").click()
    page.get_by_label("群名称").fill("周会")
    page.get_by_text("话题群", exact=True).click()
    page.get_by_role("button", name="创建").click()
    expect(page.locator(".head-note")).to_have_text("话题群 · 4 人和机器人")
    write(page, "第一个话题")

    row = other.locator(".chat", has_text="周会")
    expect(row.locator(".unread")).to_have_text("1")
    expect(row.locator(".chat-line")).to_have_text("林晓: 第一个话题")
    row.click()
    topic = other.locator(".conversation .message")
    tool(topic, "Reply in thread").click()
    expect(other.locator(".thread .message")).to_have_count(1)
    write(other, "Second", ".thread")
    other.get_by_role("button", name="Close").click()
    other.get_by_role("button", name="Back").click()
    expect(row.locator(".unread")).to_have_count(0)

    expect(page.locator(".strip")).to_contain_text("1 条回复Bob：Second")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator(".strip")).to_contain_text("1 reply")
    expect(page.locator("body")).to_have_js_property("scrollWidth", 1280)
    assert other.evaluate("document.documentElement.scrollWidth") == 375


def test_files_wait_in_the_composer_and_a_long_chat_is_read_in_peace(
    desk: Simulator, page: Page
) -> None:
    state = desk.feishu.state
    me = next(iter(state.people.values()))
    chat = next(chat for chat in state.chats.values() if chat.is_private and me in chat.people)
    with state.change():
        for number in range(300):
            sender = me if number % 3 else None
            state.add_message(
                chat, sender, "text", {"text": f"第 {number} 条\n" * (number % 4 + 1)}
            )
    last = page.locator(".message").last
    expect(last).to_contain_text("第 299 条")
    expect(last).to_be_in_viewport()

    files: list[FilePayload] = [
        {"name": "图.png", "mimeType": "image/png", "buffer": png(8, 8, blue)},
        {"name": "空.txt", "mimeType": "text/plain", "buffer": b""},
    ]
    page.locator(".composer input[type=file][multiple]").set_input_files(files)
    expect(page.locator(".attachments li")).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("空.txt 是空文件")
    page.locator(".conversation textarea").press("Enter")
    expect(last.locator(".photo img")).to_be_in_viewport()
    expect(page.locator(".attachments li")).to_have_count(0)

    page.locator(".messages").evaluate("list => list.scrollTo(0, 400)")
    expect(page.locator(".to-end")).to_have_text("回到最新")
    state.add_message(chat, None, "text", {"text": "新来的"})
    expect(page.locator(".to-end")).to_have_text("1 条新消息")
    assert page.locator(".messages").evaluate("list => list.scrollTop") == 400
    page.locator(".to-end").click()
    expect(last).to_contain_text("新来的")
    expect(last).to_be_in_viewport()
    last.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".message:focus .photo")).to_be_visible()


def test_a_scene_is_saved_and_opened_and_its_buttons_still_reach_the_bot(
    talking_desk: Simulator, page: Page, tmp_path: Any, complaints: list[str]
) -> None:
    write(page, "你好")
    answer = answer_to(page, "你好")
    expect(answer).to_contain_text("tokens")
    page.get_by_role("button", name="场景").click()
    dialog = page.get_by_role("dialog", name="场景")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="保存为文件").click()
    file = tmp_path / "scene.json"
    download.value.save_as(file)
    page.keyboard.press("Escape")
    tool(page.locator(".message.mine"), "撤回").click()
    expect(page.locator("main .notice")).to_contain_text("撤回了一条消息")
    write(page, "再见")
    expect(answer_to(page, "再见")).to_contain_text("tokens")

    page.get_by_role("button", name="场景").click()
    bad = {"name": "bad.json", "mimeType": "application/json", "buffer": b'{"format": "x"}'}
    dialog.locator("input[type=file]").set_input_files(bad)
    expect(page.locator(".toast")).to_contain_text("打不开这个场景：not a scene")
    dialog.locator("input[type=file]").set_input_files(str(file))
    expect(dialog).to_have_count(0)
    expect(page.locator(".message.mine")).to_have_count(1)
    expect(page.locator(".message.mine")).to_contain_text("你好")
    expect(answer).to_contain_text("tokens")
    answer.get_by_role("button", name="👍").click()
    expect(page.locator(".toast", has_text="场景已打开")).to_be_visible()
    complaints[:] = [one for one in complaints if "400" not in one]
    card = talking_desk.feishu.messages[-1]
    eventually(lambda: card.callbacks and card.callbacks[-1].error_code == 0)
