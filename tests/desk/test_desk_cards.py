"""Cards in the page look and act as in Feishu's client."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from feishu_simulator import Simulator
from feishu_simulator.card_entities import CardEntity
from feishu_simulator.card_schema import COMPONENTS
from feishu_simulator.messages import Message
from feishu_simulator.server import LoopbackServer
from tests.polling import eventually

CALLBACK = [{"type": "callback", "value": {"act": "try"}}]
HOSTILE = """\
<script>window.broken = 1</script> <img src=x onerror="window.broken = 1"> <b>bold</b>
[run](javascript:window.broken=1) [data](data:text/html,x)
<a href='javascript:window.broken=1'>a</a>
<link url='javascript:window.broken=1'>l</link> ![p](https://elsewhere.invalid/p.png)
<font color='red;background:url(//x)'>one <font color='green'>two</font> <at id=all onclick=x></at>
</font></font><font color="blue" <text_tag color='"><script>'>t</text_tag> &lt;script&gt;
`<at id=all></at>` <number_tag>1</number_tag><number_tag>x</number_tag> <local_datetime>

```html"><script>window.broken=1</script>
<script>window.broken = 1</script>
```

| <script>window.broken=1</script> | [x](vbscript:x) |
|---|---|
| <iframe src=//elsewhere.invalid></iframe> | <raw><b>raw</b></raw> |
"""
MARKDOWN = """\
# 标题
一行
下一行<br>再下一行 **粗** *斜* ~~删~~ `code` :DONE: :NOPE: &#60;b&#62;
<font color='red'>红 <font color='green'>绿</font></font> <text_tag color='blue'>标签</text_tag>
[链接](https://open.feishu.cn)
<link icon='chat_outlined' url='https://a.invalid' pc_url=''>带图标</link>
<at id={person}></at> <at id=all></at> <at email=a@b.cn></at> <person id = '{person}'></person>
<number_tag>7</number_tag> <raw>**原样**</raw>
<local_datetime millisecond='1552608000000' format_type='date_num'></local_datetime>

- 一
    - 二

> 引用

```c_sharp
var x = 1; // 注释
```

| 名 | 数 |
|:--|--:|
| 行1 | 1 |
| 行2 | 2 |
| 行3 | 3 |
| 行4 | 4 |
| 行5 | 5 |
| 行6 | 6 |
"""

# Keeps how long the answer was after each change.
WATCH = """() => {
  window.lengths = [];
  const answer = document.querySelector("main [data-element=answer]");
  const note = () => window.lengths.push(answer.textContent.length);
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(note).observe(answer, all);
}"""


WIDTH = "part => part.offsetWidth"


def plain(content: str) -> dict[str, Any]:
    return {"tag": "plain_text", "content": content}


def card_of(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schema": "2.0", "body": {"elements": list(elements)}, **more}


def show(desk: Simulator, card: dict[str, Any], entity: CardEntity | None = None) -> Message:
    """Put a card of the bot into the chat that is open."""
    state = desk.feishu.state
    chat = desk.feishu.private_chat(next(iter(state.people.values())))
    return state.add_message(chat, None, "interactive", card, entity=entity)


def shown(page: Page, message: Message) -> Locator:
    return page.locator(f'main .card[data-message="{message.message_id}"]')


def part(card: Locator, tag: str) -> Locator:
    return card.locator(f"[data-tag={tag}]")


class Answers:
    """A bot that only answers card actions, each with `answer`."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = json.dumps(self.answer).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def answers(desk: Simulator) -> Iterator[Answers]:
    standin = Answers()
    server = LoopbackServer(standin)
    server.start()
    with desk.feishu.state.change():
        desk.feishu.bot_url = server.url
    yield standin
    server.stop()


def actions(message: Message) -> list[dict[str, Any]]:
    """What the bot was told, without what is the same in all of it."""
    told = [callback.payload["event"]["action"] for callback in message.callbacks]
    return [{k: v for k, v in one.items() if k not in ("timezone", "value")} for one in told]


def test_markdown_is_shown_as_the_platform_documents_it(desk: Simulator, page: Page):
    person = next(iter(desk.feishu.state.people.values()))
    content = MARKDOWN.replace("{person}", person.open_id)
    header = {
        "title": plain("标题栏"),
        "subtitle": plain("副标题"),
        "template": "green",
        "text_tag_list": [{"tag": "text_tag", "text": plain("新"), "color": "red"}],
    }
    full = show(desk, card_of({"tag": "markdown", "content": content}, header=header))
    old = show(desk, {"elements": [{"tag": "markdown", "content": "# 不是 `标题`\n**粗**"}]})
    card = shown(page, full)

    expect(card).to_contain_text("一行\n下一行\n再下一行", use_inner_text=True)
    expect(card.locator("[data-template=green]")).to_have_text("标题栏新副标题")
    heading = card.get_by_role("heading", name="标题", exact=True)
    expect(heading).to_have_css("font-size", "26px")
    expect(card).to_contain_text("✅ :NOPE: <b>")
    expect(card).to_contain_text(f"@{person.name} @所有人 @a@b.cn")
    expect(card).to_contain_text("**原样**")
    expect(card).to_contain_text(re.compile(r"2019-03-1[45]"))
    link = card.get_by_role("link", name="链接", exact=True)
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")
    expect(card.get_by_role("link", name="带图标").locator("svg")).to_have_count(1)
    expect(card.locator("ul ul li")).to_have_text("二")
    expect(card.locator("blockquote")).to_have_text("引用")
    expect(card.locator("pre .hljs-comment")).to_have_text("// 注释")
    expect(card.locator("tbody tr")).to_have_count(5)
    card.get_by_role("button", name="下一页").click()
    expect(card.locator("tbody tr")).to_have_text("行66")
    expect(shown(page, old)).to_have_text("# 不是 `标题`粗")
    expect(shown(page, old).locator("strong")).to_have_text("粗")


def test_hostile_markdown_is_only_text(desk: Simulator, page: Page):
    message = show(
        desk,
        card_of(
            {"tag": "markdown", "content": HOSTILE},
            {"tag": "markdown", "content": "<font color=red>" * 3000 + "</font>" * 3000},
            {"tag": "markdown", "content": "<at id=" * 3000 + "`" * 999},
            {"tag": "div", "text": {"tag": "lark_md", "content": HOSTILE}},
            {"tag": "button", "text": plain("<img src=x onerror=alert(1)>"), "type": '"><script>'},
            {"tag": "made_up", "text": "<script>window.broken = 1</script>"},
            {"tag": "div", "text": ["not", "a", "text"], "margin": "1px;color:red"},
            {"tag": "constructor"},
        ),
    )
    card = shown(page, message)

    expect(card.get_by_text("未知组件：made_up")).to_be_visible()
    expect(card.get_by_text("未知组件：constructor")).to_be_visible()
    expect(card.get_by_text("<b>bold</b>").first).to_be_visible()
    expect(card.get_by_text("<script>window.broken = 1</script>").first).to_be_visible()
    expect(card.locator("script, iframe, [onerror], [onclick], b")).to_have_count(0)
    hrefs = card.locator("a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
    assert [href for href in hrefs if not href.startswith("http")] == []
    assert page.evaluate("window.broken") is None


def test_every_component_is_drawn(desk: Simulator, page: Page, complaints: list[str]):
    inner = [{"tag": "markdown", "content": "里面"}]
    more: dict[str, dict[str, Any]] = {
        "column_set": {"columns": [{"tag": "column", "width": "weighted", "elements": inner}]},
        "form": {"name": "f", "elements": [{"tag": "input", "name": "i"}]},
        "collapsible_panel": {"header": {"title": plain("面板")}, "elements": inner},
        "interactive_container": {"elements": inner, "behaviors": CALLBACK},
        "table": {
            "columns": [
                {
                    "name": "n",
                    "display_name": "数",
                    "data_type": "number",
                    "format": {"precision": 1},
                }
            ],
            "rows": [{"n": 1}],
        },
        "chart": {
            "chart_spec": {"type": "bar", "title": {"text": "图"}, "data": {"values": [{"x": 1}]}}
        },
        "button": {"text": plain("按钮"), "type": "laser"},
        "img_combination": {"img_list": [{"img_key": "img_none"}]},
        "overflow": {"options": [{"text": plain("项"), "value": "1"}]},
    }
    everything = [
        {
            "tag": tag,
            "text": plain("字"),
            "content": "字",
            "img_key": "img_none",
            **more.get(tag, {}),
        }
        for tag in COMPONENTS
    ]
    legacy = [
        {"tag": "action", "actions": [{"tag": "button", "text": plain("旧"), "value": {}}]},
        {"tag": "note", "elements": [plain("备注")]},
        {"tag": "div", "fields": [{"is_short": True, "text": plain("栏")}]},
    ]
    new = shown(page, show(desk, card_of(*everything)))
    old = shown(page, show(desk, {"i18n_elements": {"zh_cn": legacy, "en_us": []}}))

    for tag in COMPONENTS:
        expect(part(new, tag).first).to_be_attached()
    expect(page.get_by_text("未知组件")).to_have_count(0)
    expect(part(new, "table")).to_contain_text("1.0")
    expect(part(new, "chart")).to_contain_text("VChart")
    expect(part(new, "collapsible_panel").get_by_text("里面")).to_be_hidden()
    part(new, "collapsible_panel").get_by_role("button", name="面板").click()
    expect(part(new, "collapsible_panel").get_by_text("里面")).to_be_visible()
    expect(old).to_contain_text("旧备注栏")
    # The pictures and recordings that are not there.
    complaints[:] = [one for one in complaints if "404" not in one]


@pytest.mark.parametrize("kind", ["bar", "line"])
def test_a_simple_chart_is_drawn_with_its_figures(desk: Simulator, page: Page, kind: str):
    values = [
        {"day": day, "model": model, "count": count}
        for day, model, count in [("11-21", "a", 3), ("11-21", "b", 4), ("11-22", "a", 0)]
    ]
    spec = {
        "type": kind, "title": {"text": "提问"}, "data": {"values": values}, "stack": True,
        "xField": "day", "yField": "count", "seriesField": "model",
    }  # fmt: skip
    message = show(desk, card_of({"tag": "chart", "chart_spec": spec}))

    chart = part(shown(page, message), "chart")

    drawing = chart.get_by_role("img", name="提问")
    expect(drawing).to_be_visible()
    ticks = ["0", "4", "8"] if kind == "bar" else ["0", "2", "4"]
    expect(drawing.locator("text")).to_have_text([*ticks, "11-21", "11-22"])
    expect(chart.locator("li")).to_have_text(["a", "b"])
    marks = drawing.locator("rect" if kind == "bar" else "polyline")
    titles = ["11-21 · a · 3", "11-21 · b · 4"] if kind == "bar" else ["a", "b"]
    expect(marks.locator("title")).to_have_text(titles)


def test_components_tell_the_bot_what_was_chosen(desk: Simulator, page: Page, answers: Answers):
    options = [{"text": plain(f"选项{n}"), "value": f"o{n}"} for n in (1, 2, 3)]
    answers.answer = {"toast": {"content": "?", "i18n": {"zh_cn": "收到", "en_us": "Got it"}}}
    message = show(
        desk,
        card_of(
            {"tag": "select_static", "options": options, "behaviors": CALLBACK},
            {"tag": "multi_select_static", "options": options, "behaviors": CALLBACK},
            {"tag": "select_person", "behaviors": CALLBACK},
            {"tag": "input", "behaviors": CALLBACK},
            {"tag": "date_picker", "width": "fill", "behaviors": CALLBACK},
            {"tag": "checker", "text": plain("勾"), "behaviors": CALLBACK},
            {"tag": "overflow", "options": options, "behaviors": CALLBACK},
            {"tag": "button", "text": plain("不回传")},
            {
                "tag": "button",
                "text": plain("确认"),
                "name": "sure",
                "behaviors": CALLBACK,
                "confirm": {"title": plain("真的吗"), "text": plain("想好了？")},
            },
        ),
    )
    card = shown(page, message)
    person = next(iter(desk.feishu.state.people.values()))

    def heard(count: int) -> None:
        eventually(lambda: len(message.callbacks) == count)

    part(card, "select_static").get_by_role("button").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heard(1)
    part(card, "multi_select_static").get_by_role("button").click()
    page.get_by_role("option", name="选项1").click()
    page.get_by_role("option", name="选项3").click()
    page.keyboard.press("Escape")
    heard(2)
    part(card, "select_person").get_by_role("button").click()
    page.get_by_role("option", name=person.name).click()
    heard(3)
    part(card, "input").get_by_role("textbox").fill("文字")
    page.keyboard.press("Enter")
    heard(4)
    picker = part(card, "date_picker")
    expect(picker).to_have_text("选择日期")
    assert picker.locator("input").evaluate(WIDTH) == picker.evaluate(WIDTH)
    picker.locator("input").fill("2024-04-01")
    page.keyboard.press("Enter")
    heard(5)
    part(card, "checker").get_by_role("checkbox").check()
    heard(6)
    part(card, "overflow").get_by_role("button").click()
    page.get_by_role("menuitem", name="选项2").click()
    heard(7)
    card.get_by_role("button", name="不回传").click()
    card.get_by_role("button", name="确认").click()
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    card.get_by_role("button", name="确认").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    heard(8)

    expect(page.get_by_text("收到").first).to_be_visible()
    assert actions(message) == [
        {"tag": "select_static", "option": "o2"},
        {"tag": "multi_select_static", "options": ["o1", "o3"]},
        {"tag": "select_person", "option": person.open_id},
        {"tag": "input", "input_value": "文字"},
        {"tag": "date_picker", "option": "2024-04-01 +0800"},
        {"tag": "checker", "checked": True},
        {"tag": "overflow", "option": "o2"},
        {"tag": "button", "name": "sure"},
    ]


def test_a_form_sends_all_at_once_and_what_fails_is_told_with_its_code(
    desk: Simulator, page: Page, answers: Answers
):
    form = {
        "tag": "form",
        "name": "f",
        "elements": [
            {"tag": "input", "name": "why", "required": True, "label": plain("原因")},
            {"tag": "multi_select_person", "name": "who"},
            {"tag": "checker", "name": "yes", "text": plain("同意")},
            {"tag": "button", "name": "ok", "text": plain("提交"), "form_action_type": "submit"},
            {"tag": "button", "name": "no", "text": plain("重置"), "form_action_type": "reset"},
        ],
    }
    nameless = {**form, "name": "g", "elements": [{"tag": "input"}, form["elements"][3]]}
    message = show(desk, card_of(form))
    card = shown(page, message)

    card.get_by_role("button", name="提交").click()
    expect(page.get_by_text("有必填项未填写")).to_be_visible()
    expect(card.get_by_role("textbox", name="原因")).to_be_focused()
    card.get_by_role("textbox", name="原因").fill("因为")
    card.get_by_role("checkbox").check()
    card.get_by_role("button", name="提交").click()
    eventually(lambda: len(message.callbacks) == 1)
    card.get_by_role("button", name="重置").click()
    expect(card.get_by_role("textbox", name="原因")).to_have_value("")

    values = {"why": "因为", "who": [], "yes": True}
    assert actions(message) == [{"tag": "button", "name": "ok", "form_value": values}]
    broken = show(desk, card_of(nameless))
    shown(page, broken).get_by_role("button", name="提交").click()
    expect(page.get_by_text("code: 200530")).to_be_visible()
    assert broken.callbacks == []

    one = show(desk, card_of({"tag": "button", "text": plain("按"), "behaviors": CALLBACK}))
    answers.answer = {"toast": "no object"}
    shown(page, one).get_by_role("button").click()
    expect(page.get_by_text("code: 200672")).to_be_visible()
    new = card_of({"tag": "markdown", "content": "换上了"})
    answers.answer = {"card": {"type": "raw", "data": new}}
    shown(page, one).get_by_role("button").click()
    expect(shown(page, one)).to_have_text("换上了")


def test_text_is_typed_on_and_updates_leave_what_a_person_does_alone(desk: Simulator, page: Page):
    elements = [
        {"tag": "markdown", "element_id": "answer", "content": "开始"},
        {"tag": "collapsible_panel", "header": {"title": plain("面板")}, "elements": [plain("内")]},
        {"tag": "input", "behaviors": CALLBACK},
    ]
    config = {
        "streaming_mode": True,
        "update_multi": True,
        "streaming_config": {"print_frequency_ms": {"default": 30}, "print_step": {"default": 1}},
    }
    card = card_of(*elements, config=config)
    entity = CardEntity(card_id="c1", card=card, clock=time.monotonic)
    entity.open_streaming()
    message = show(desk, card, entity)
    view = shown(page, message)

    def update(content: str, **config_changes: Any) -> None:
        first = {**elements[0], "content": content}
        with desk.feishu.state.change():
            new = card_of(first, *elements[1:], config={**config, **config_changes})
            entity.show(new)
            message.note_change()

    answer = view.locator("[data-element=answer]")
    expect(answer).to_have_text("开始")
    view.get_by_role("button", name="面板").click()
    view.get_by_role("textbox").fill("写到一半")
    page.evaluate(WATCH)
    update("开始" + "，一个字一个字地写" * 2)
    expect(answer).to_have_text("开始" + "，一个字一个字地写" * 2)
    seen = page.evaluate("window.lengths")
    assert len(set(seen)) > 5
    assert seen == sorted(seen)

    update("别的文字" * 100)
    expect(answer).to_have_text("别的文字" * 100, timeout=3000)
    update("别的文字" * 100 + "完" * 500, streaming_mode=False)
    expect(answer).to_have_text("别的文字" * 100 + "完" * 500, timeout=3000)
    expect(view.get_by_role("textbox")).to_have_value("写到一半")
    expect(view.get_by_role("textbox")).to_be_focused()
    expect(view.get_by_text("内", exact=True)).to_be_visible()
    assert message.callbacks == []
