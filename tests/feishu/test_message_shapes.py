"""Shapes of messages that Feishu's pages don't show, each kind in several instances."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from feishu_bot.core.messages import Attachment, BotIdentity, IncomingMessage
from feishu_bot.feishu.events.card_content import card_text, is_stand_in
from feishu_bot.feishu.events.messages import parse_edit, parse_fetched, parse_message

BOT = BotIdentity("cli_demo", open_id="ou_bot", name="DemoBot")


def event(kind: str, content: Any, *mentions: dict[str, Any], **message: Any) -> dict[str, Any]:
    return {
        "sender": {"sender_id": {"open_id": "ou_alice"}, "sender_type": "user"},
        "message": {
            "message_id": "om_1",
            "chat_id": "oc_1",
            "chat_type": "group",
            "message_type": kind,
            "content": content if isinstance(content, str) else json.dumps(content),
            "mentions": list(mentions),
            **message,
        },
    }


def parse(kind: str, content: Any, *mentions: dict[str, Any], **more: Any) -> IncomingMessage:
    return parse_message(event(kind, content, *mentions, **more), BOT)


def post(*rows: list[dict[str, Any]], **more: Any) -> IncomingMessage:
    return parse("post", {"title": "", "content": list(rows), **more})


def fetched(kind: str, content: Any, **more: Any):
    raw = content if isinstance(content, str) else json.dumps(content)
    item = {"message_id": "om_q", "msg_type": kind, "body": {"content": raw}, **more}
    return parse_fetched(item, "cli_demo")


# Rich text


def test_every_kind_of_attachment_in_rich_text_is_kept() -> None:
    message = post(
        [{"tag": "text", "text": "look: "}, {"tag": "img", "image_key": "img_1"}],
        [{"tag": "media", "file_key": "file_1", "file_name": "a.mp4", "image_key": "img_c"}],
        [{"tag": "file", "file_key": "file_2", "file_name": "周报.pdf"}],
        [{"tag": "audio", "file_key": "file_3"}],
        [{"tag": "img", "image_key": "img_1"}],
    )

    assert message.text == "look:"
    assert message.attachments == (
        Attachment("image", "img_1"),
        Attachment("video", "file_1", "a.mp4", cover="img_c"),
        Attachment("file", "file_2", "周报.pdf"),
        Attachment("audio", "file_3"),
    )


V2 = [[{"tag": "md", "text": "1. one\n2. two"}], [], [{"tag": "md", "text": "why?"}]]


@pytest.mark.parametrize(
    "content",
    [
        {"content_v2": V2},
        {"title": "", "content": [], "content_v2": V2},
        {"content": None, "content_v2": json.dumps(V2)},
        {"content": [[]], "content_v2": {"zh_cn": V2}},
        {"zh_cn": {"title": "", "content_v2": V2}},
        {"post": {"en_us": {"content": V2}}},
        {"content": [[{"tag": "text", "text": "1. one\n2. two\n\nwhy?"}]], "content_v2": V2},
    ],
)
def test_the_words_are_found_wherever_they_are_and_once(content: dict[str, Any]) -> None:
    assert parse("post", content).text == "1. one\n2. two\n\nwhy?"


def test_markdown_has_pictures_and_mentions_of_its_own() -> None:
    text = '<at user_id="@_user_1">DemoBot</at> see ![image](img_v3_1) and <at id=all></at>'
    call = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "DemoBot"}

    message = parse("post", {"content_v2": [[{"tag": "md", "text": text}]]}, call)

    assert message.text == "see  and @all"
    assert message.mentions_bot
    assert message.mentions_all
    assert message.attachments == (Attachment("image", "img_v3_1"),)


CODE = {"tag": "code_block", "language": "GO", "text": "a := 1\n"}


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ([{"tag": "text", "text": "see: "}, CODE], "see:\n```go\na := 1\n```"),
        ([CODE, {"tag": "text", "text": "why"}], "```go\na := 1\n```\nwhy"),
        ([CODE, {"tag": "text", "text": "\nwhy"}], "```go\na := 1\n```\nwhy"),
        ([CODE, CODE], "```go\na := 1\n```\n```go\na := 1\n```"),
        ([{"tag": "text", "text": "a"}, {"tag": "hr"}, {"tag": "text", "text": "b"}], "a\n---\nb"),
        (
            [CODE, {"tag": "img", "image_key": "img_1"}, {"tag": "a", "href": "https://e.com"}],
            "```go\na := 1\n```\nhttps://e.com",
        ),
        ([{"tag": "text", "text": "a "}, {"tag": "a", "href": "https://e.com"}], "a https://e.com"),
    ],
)
def test_a_block_in_a_row_stands_on_lines_of_its_own(row: list[Any], text: str) -> None:
    assert post(row).text == text


# Mentions


@pytest.mark.parametrize(
    "entry",
    [
        {"id": {"app_id": "cli_demo"}},
        {"id": {"open_id": "", "app_id": "cli_demo"}},
        {"id": {"open_id": "ou_other_view", "app_id": "cli_demo"}},
        {"id": {"open_id": "ou_other_view"}, "bot_info": {"app_id": "cli_demo"}},
        {"id": {"open_id": "ou_other_view"}, "app_id": "cli_demo"},
        {"id": "cli_demo", "id_type": "app_id"},
        {"id": "ou_bot", "id_type": "open_id"},
        {"id": {"open_id": "ou_other_view"}, "mentioned_type": "bot"},
    ],
)
def test_the_bot_is_meant_by_any_of_its_ids(entry: dict[str, Any]) -> None:
    mention = {"key": "@_user_1", "name": "DemoBot", **entry}

    message = parse("text", {"text": "@_user_1 hi"}, mention)

    assert (message.mentions_bot, message.text, message.mentions) == (True, "hi", ())


@pytest.mark.parametrize(
    "entry",
    [
        {"id": {"app_id": "cli_other"}, "mentioned_type": "bot"},
        {"id": {"open_id": "ou_x", "app_id": "cli_other"}, "mentioned_type": "bot"},
        {"id": {"open_id": "ou_x"}, "mentioned_type": "bot", "name": "OtherBot"},
        {"id": {"open_id": "ou_x"}, "mentioned_type": "user"},
        {"id": {}},
    ],
)
def test_another_bot_or_a_namesake_is_not_meant(entry: dict[str, Any]) -> None:
    mention = {"key": "@_user_1", "name": "DemoBot", **entry}

    assert not parse("text", {"text": "@_user_1 hi"}, mention).mentions_bot


def test_beside_the_bot_itself_its_namesake_is_somebody_else() -> None:
    own = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "DemoBot"}
    other = {
        "key": "@_user_2",
        "id": {"open_id": "ou_x"},
        "name": "DemoBot",
        "mentioned_type": "bot",
    }

    message = parse("text", {"text": "@_user_1 and @_user_2"}, own, other)

    assert message.text == "and @DemoBot"


@pytest.mark.parametrize(
    "at",
    [
        {"user_id": "cli_demo"},
        {"user_id": "ou_bot"},
        {"open_id": "ou_bot"},
        {"app_id": "cli_demo"},
        {"user_id": "@_user_7", "app_id": "cli_demo"},
    ],
)
def test_a_post_may_name_the_bot_in_its_own_tag_alone(at: dict[str, Any]) -> None:
    message = post([{"tag": "at", "user_name": "DemoBot", **at}, {"tag": "text", "text": " hi"}])

    assert (message.mentions_bot, message.text) == (True, "hi")


@pytest.mark.parametrize(
    "identity", ["all", {"open_id": "all"}, {"user_id": "all"}, {"open_id": "@_all"}]
)
def test_everyone_may_come_under_a_numbered_key(identity: Any) -> None:
    everyone = {"key": "@_user_1", "id": identity, "name": "所有人"}

    for kind, content in [
        ("text", {"text": "@_user_1 明天放假"}),
        (
            "post",
            {
                "content": [
                    [{"tag": "at", "user_id": "@_user_1"}, {"tag": "text", "text": " 明天放假"}]
                ]
            },
        ),
    ]:
        message = parse(kind, content, everyone)
        assert (message.mentions_all, message.text) == (True, "@all 明天放假")
        assert not message.mentions


# Senders


@pytest.mark.parametrize(
    ("ids", "known_by"),
    [
        ({"open_id": "", "union_id": "on_x", "user_id": ""}, "on_x"),
        ({"open_id": None, "union_id": "", "user_id": "u1"}, "u1"),
        ({"union_id": "on_x", "user_id": "u1"}, "on_x"),
        ("ou_plain", "ou_plain"),
        (None, "oc_1"),
        ({}, "oc_1"),
    ],
)
def test_a_private_message_is_somebodys_whatever_ids_there_are(ids: Any, known_by: str) -> None:
    raw = event("text", {"text": "hi"}, chat_type="p2p")
    raw["sender"]["sender_id"] = ids

    assert parse_message(raw, BOT).sender.open_id == known_by


# Forwards and edits


@pytest.mark.parametrize(
    "raw",
    [
        '"Merged and Forwarded Message"',
        "Merged and Forwarded Message",
        '{"text": "Merged and Forwarded Message"}',
    ],
)
@pytest.mark.parametrize("kind", ["merge_forward", "text", ""])
def test_a_forward_is_no_text(raw: str, kind: str) -> None:
    message = parse(kind, raw)

    assert (message.kind, message.text) == ("merge_forward", "")
    assert fetched(kind, raw).kind == "merge_forward"


@pytest.mark.parametrize(
    ("edited", "text"),
    [
        ("<p>Steps:</p><p>stop <b>pay</b></p>", "Steps:\nstop <b>pay</b>"),
        ("<p>one<br/>two</p>\n<p></p><p>three</p>", "one\ntwo\n\n\nthree"),
        ('<p style="x">/help</p>', "/help"),
        ("@_user_1 <p>hi</p>", "hi"),
        ("why does <p>x</p> not show?", "why does <p>x</p> not show?"),
        ("plain", "plain"),
    ],
)
def test_an_edited_text_loses_its_paragraph_tags(edited: str, text: str) -> None:
    call = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "DemoBot"}
    raw = event("text", {"text": edited}, call)

    message = parse_edit(raw, BOT)

    assert message.text == text
    assert message.is_edited
    assert fetched("text", {"text": edited.replace("@_user_1 ", "")}, updated=True).text == text


def test_what_was_not_edited_keeps_its_tags() -> None:
    assert parse("text", {"text": "<p>x</p>"}).text == "<p>x</p>"
    assert fetched("text", {"text": "<p>x</p>"}).text == "<p>x</p>"


def test_a_message_pushed_again_with_a_later_time_is_edited() -> None:
    assert parse("text", {"text": "x"}, create_time="1000", update_time="2000").is_edited
    assert not parse("text", {"text": "x"}, create_time="1000", update_time="1000").is_edited


@pytest.mark.parametrize(
    "raw",
    [
        event("text", {"text": "new"}, chat_type="p2p"),
        {
            "message_id": "om_1",
            "chat_id": "oc_1",
            "chat_type": "p2p",
            "msg_type": "text",
            "body": {"content": '{"text": "new"}'},
            "operator_id": {"open_id": "ou_alice"},
        },
        {
            "message": {
                "message_id": "om_1",
                "chat_id": "oc_1",
                "chat_type": "p2p",
                "message_type": "text",
                "content": '{"text": "new"}',
            },
            "operator": {"operator_id": {"open_id": "ou_alice"}},
        },
    ],
)
def test_an_edit_is_read_in_every_form_it_may_have(raw: dict[str, Any]) -> None:
    message = parse_edit(raw, BOT)

    assert (message.message_id, message.text, message.sender.open_id) == ("om_1", "new", "ou_alice")


def test_an_edit_without_its_text_is_refused() -> None:
    with pytest.raises(ValueError, match="without its text"):
        parse_edit({"message_id": "om_1", "chat_id": "oc_1"}, BOT)


KEYS = [
    "text",
    "title",
    "content",
    "content_v2",
    "elements",
    "tag",
    "user_dsl",
    "data",
    "type",
    "template_variable",
    "i18n_elements",
    "zh_cn",
    "header",
    "body",
    "columns",
    "rows",
    "name",
    "image_key",
    "file_key",
    "user_id",
    "id",
    "key",
    "open_id",
    "app_id",
    "summary",
    "options",
    "post",
    "fields",
    "i18n_content",
    "card",
    "display_name",
    "sender_id",
    "message",
    "message_id",
    "chat_id",
]
WORDS = [
    *("x", "table", "template", "at", "md", "code_block", "img", "all", "@_user_1", "cli_demo"),
    *("<p>x</p>", "Merged and Forwarded Message", "{}", "[]", None, 0, 1.5, True, 10**30),
]


def junk(dice: random.Random, depth: int = 0) -> Any:
    """Any JSON, made of the names and values that mean something."""
    pick = dice.random()
    if depth > 5 or pick < 0.3:
        return dice.choice(WORDS)
    if pick < 0.55:
        return [junk(dice, depth + 1) for _ in range(dice.randrange(4))]
    if pick < 0.6:
        return json.dumps(junk(dice, depth + 1))
    return {dice.choice(KEYS): junk(dice, depth + 1) for _ in range(dice.randrange(5))}


def test_nothing_that_is_sent_breaks_a_parser() -> None:
    dice = random.Random(3)
    kinds = ["text", "post", "interactive", "todo", "vote", "image", "merge_forward"]

    for _ in range(4_000):
        content, mentions = json.dumps(junk(dice)), [junk(dice), {"key": "x", "id": junk(dice)}]
        raw = event(dice.choice(kinds), content, chat_type="p2p")
        raw["message"] |= {"mentions": mentions, "update_time": junk(dice)}
        raw["sender"]["sender_id"] = junk(dice)
        parse_message(raw, BOT)
        parse_edit(raw, BOT)
        fetched(dice.choice(kinds), content, mentions=mentions, sender=junk(dice), updated=True)


# Cards


@pytest.mark.parametrize(
    "text",
    [
        "请升级至最新版本客户端，以查看内容",
        "请升级到最新版本的飞书客户端查看",
        "請升級至最新版本用戶端，以查看內容",
        "Please upgrade to the latest version of the client to view the content",
        "Update your app to the latest version to view this message.",
        "コンテンツを表示するには、最新バージョンのクライアントにアップグレードしてください",
        "Mettez à jour l'application vers la dernière version pour afficher le contenu",
        "최신 버전의 클라이언트로 업그레이드하여 내용을 확인하세요",
    ],
)
def test_a_stand_in_is_known_in_several_languages(text: str) -> None:
    rows = {
        "title": None,
        "elements": [[{"tag": "img", "image_key": "i"}, {"tag": "text", "text": text}]],
    }

    assert is_stand_in(text)
    assert fetched("interactive", rows).text == ""


@pytest.mark.parametrize(
    "text",
    [
        "host-7 使用率 95%",
        "Update: version 3.2 is out",
        "Please upgrade kubectl to the latest version",
        "发布完成\n版本 3.2 已上线\n请升级客户端\n谢谢",
        "请升级客户端。" * 40,
    ],
)
def test_a_simplified_card_with_words_of_its_own_is_read(text: str) -> None:
    rows = {
        "title": "T",
        "elements": [[{"tag": "text", "text": line}] for line in text.split("\n")],
    }

    assert text.split("\n")[0] in fetched("interactive", rows).text


CARD = {
    "schema": "2.0",
    "header": {"title": {"tag": "plain_text", "content": "Disk"}},
    "body": {"elements": [{"tag": "markdown", "content": "host-7 95%"}]},
}
STAND_IN = {
    "title": None,
    "elements": [[{"tag": "text", "text": "请升级至最新版本客户端，以查看内容"}]],
}


@pytest.mark.parametrize(
    "content",
    [
        {**STAND_IN, "user_dsl": json.dumps(CARD)},
        {**STAND_IN, "user_dsl": CARD},
        {"json_card": json.dumps(CARD), "card_schema": 2},
        {"user_dsl": json.dumps({"json_card": json.dumps(CARD)})},
        CARD,
    ],
)
def test_a_cards_own_words_are_read_in_each_wrapping(content: dict[str, Any]) -> None:
    assert fetched("interactive", content).text == "Disk\nhost-7 95%"


def test_a_broken_original_leaves_what_there_is() -> None:
    rows = {"title": "T", "elements": [[{"tag": "text", "text": "row"}]], "user_dsl": "{broken"}

    assert fetched("interactive", rows).text == "T\nrow"


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (
            {"i18n_elements": {"en_us": [{"tag": "markdown", "content": "Hello"}]}},
            "Hello",
        ),
        (
            {
                "header": {"title": {"tag": "plain_text", "i18n": {"zh_cn": "标题"}}},
                "i18n_elements": {"zh_cn": [{"tag": "div", "text": {"content": "你好"}}]},
            },
            "标题\n你好",
        ),
        (
            {"body": {"elements": [{"tag": "markdown", "i18n_content": {"ja_jp": "こんにちは"}}]}},
            "こんにちは",
        ),
        (
            {
                "elements": [
                    {
                        "tag": "form",
                        "elements": [
                            {"tag": "markdown", "content": "请假：三天"},
                            {"tag": "input", "label": {"content": "意见"}},
                            {"tag": "button", "text": {"content": "同意"}},
                        ],
                    }
                ]
            },
            "请假：三天",
        ),
        (
            {"i18n_header": {"zh_cn": {"title": {"content": "标题"}}}, "elements": []},
            "标题",
        ),
        (
            {
                "body": {
                    "elements": [
                        {
                            "tag": "table",
                            "columns": [
                                {"name": "h", "display_name": "主机"},
                                {"name": "u", "display_name": "使用率"},
                            ],
                            "rows": [
                                {"h": "host-7", "u": 95},
                                {"h": [{"text": "a"}, {"text": "b"}]},
                            ],
                        }
                    ]
                }
            },
            "| 主机 | 使用率 |\n| --- | --- |\n| host-7 | 95 |\n| a, b |  |",
        ),
        (
            {
                "type": "template",
                "data": {"template_variable": {"t": "订单", "l": [{"x": "A-17"}], "i": "img_v3"}},
            },
            "t: 订单\nx: A-17",
        ),
    ],
)
def test_a_card_is_read_by_language_with_tables_and_variables(
    card: dict[str, Any], words: str
) -> None:
    assert card_text(card) == words


def test_what_is_collapsed_is_told_but_of_the_bots_own_cards() -> None:
    panel = {
        "tag": "collapsible_panel",
        "header": {"title": {"content": "日志"}},
        "elements": [{"tag": "markdown", "content": "OOM at 3:07"}],
    }
    card = {"body": {"elements": [{"tag": "markdown", "content": "pay 挂了"}, panel]}}
    own = {"sender": {"sender_type": "app", "id": "cli_demo"}}

    assert fetched("interactive", card).text == "pay 挂了\n日志\nOOM at 3:07"
    assert fetched("interactive", card, **own).text == "pay 挂了"


def test_a_card_that_is_nested_without_end_is_read_so_far() -> None:
    part: dict[str, Any] = {"tag": "markdown", "content": "deep"}
    for _ in range(300):
        part = {"tag": "column_set", "columns": [{"tag": "column", "elements": [part]}]}

    assert card_text({"elements": [part, {"tag": "markdown", "content": "flat"}]}) == "flat"


@pytest.mark.parametrize(
    "text",
    ["<p>" * 30_000, "<p " * 30_000, "<p>a</p>" + "<p>x" * 25_000, "<p>" + " " * 90_000 + "<br"],
)
def test_paragraphs_without_an_end_are_read_while_feishu_waits(text: str) -> None:
    started = time.thread_time()

    assert "p" in fetched("text", {"text": text}, updated=True).text

    # Each read to the end of the text takes some seconds.
    assert time.thread_time() - started < 1.0


@pytest.mark.parametrize(
    "text",
    ['<at user_id="ou_x">' * 5_000, "<at id=ou_x>a" * 7_000, "![" * 45_000, "![a](" * 18_000],
)
def test_marks_without_an_end_are_read_while_feishu_waits(text: str) -> None:
    started = time.thread_time()

    parse("post", {"content": [], "content_v2": [[{"tag": "md", "text": text}]]})

    assert time.thread_time() - started < 1.0
