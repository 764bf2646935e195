from __future__ import annotations

import json
import random
from dataclasses import asdict
from typing import Any

import pytest

from feishu_bot.core.messages import Attachment, BotIdentity, IncomingMessage, Mention, Sender
from feishu_bot.feishu.events.card_actions import parse_card_action_v1, parse_card_action_v2
from feishu_bot.feishu.events.messages import parse_message, parse_recall

BOT = BotIdentity("cli_demo", open_id="ou_bot", name="DemoBot")


def mention(key: str, open_id: str, name: str) -> dict[str, Any]:
    return {"key": key, "id": {"open_id": open_id, "user_id": ""}, "name": name}


CALL = mention("@_user_1", "ou_bot", "DemoBot")


def event(kind: str = "text", content: Any = None, **message: Any) -> dict[str, Any]:
    return {
        "sender": {
            "sender_id": {"open_id": "ou_alice", "union_id": "on_alice", "user_id": None},
            "sender_type": "user",
        },
        "message": {
            "message_id": "om_1",
            "chat_id": "oc_1",
            "chat_type": "group",
            "create_time": "1760000000001",
            "message_type": kind,
            "content": content if isinstance(content, str) else json.dumps(content or {}),
            **message,
        },
    }


def parse(kind: str, content: Any, *mentions: dict[str, Any], **message: Any) -> IncomingMessage:
    return parse_message(event(kind, content, mentions=list(mentions), **message), BOT)


def text_of(text: str, *mentions: dict[str, Any]) -> str:
    return parse("text", {"text": text}, *mentions).text


def post_of(*paragraphs: list[dict[str, Any]], title: str = "") -> str:
    return parse("post", {"title": title, "content": list(paragraphs)}).text


def test_a_private_message() -> None:
    message = parse_message(
        event(content={"text": "hello"}, chat_type="p2p", mentions=None, root_id=None), BOT
    )

    assert message == IncomingMessage(
        message_id="om_1",
        chat_id="oc_1",
        chat_type="p2p",
        sender=Sender("ou_alice", "", "on_alice"),
        kind="text",
        text="hello",
        created_at=1760000000.001,
    )


def test_a_reply_in_a_topic_keeps_its_ids() -> None:
    message = parse("text", {"text": "x"}, root_id="om_r", parent_id="om_p", thread_id="omt_7")

    assert (message.root_id, message.parent_id, message.thread_id) == ("om_r", "om_p", "omt_7")


@pytest.mark.parametrize("chat_type", ["group", "topic", "topic_group", "", None])
def test_every_chat_that_is_not_private_is_a_group(chat_type: str | None) -> None:
    assert parse("text", {"text": "x"}, chat_type=chat_type).chat_type == "group"


@pytest.mark.parametrize("sender_type", ["bot", "app", "anonymous"])
def test_whoever_is_not_a_user_is_a_bot(sender_type: str) -> None:
    raw = event(content={"text": "x"})
    raw["sender"]["sender_type"] = sender_type

    assert parse_message(raw, BOT).sender.is_bot


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("@_user_1 hello", "hello"),
        ("hello @_user_1", "hello"),
        ("please @_user_1 help", "please help"),
        ("@_user_1\nhello world", "hello world"),
        ("@_user_1", ""),
        ("@_user_1  two blanks", " two blanks"),
        ("@_user_1 @_user_2 hi", "@Alice hi"),
        ("tell @_user_2 @_user_1 now", "tell @Alice now"),
        ("@_user_10 and @_user_1 and @_user_2", "@Zoe and and @Alice"),
        ("a@b.com and\n@Override\npublic void x()", "a@b.com and\n@Override\npublic void x()"),
        ("@_user_1 def f():\n    return 1\n", "def f():\n    return 1"),
        ("@_user_1\n\n    x = 1\n    y = 2", "    x = 1\n    y = 2"),
    ],
)
def test_only_mentions_change_in_a_text(raw: str, text: str) -> None:
    mentions = [CALL, mention("@_user_2", "ou_a", "Alice"), mention("@_user_10", "ou_z", "Zoe")]

    assert text_of(raw, *mentions) == text


def test_a_longer_key_without_an_entry_stays_whole() -> None:
    assert text_of("@_user_10 hi", CALL) == "@_user_10 hi"


def test_a_name_that_looks_like_a_key_is_not_replaced_again() -> None:
    text = text_of("@_user_2 hi", CALL, mention("@_user_2", "ou_x", "@_user_1"))

    assert text == "@_user_1 hi"


def test_the_bot_is_known_by_its_open_id() -> None:
    message = parse("text", {"text": "@_user_1 hi"}, CALL, mention("@_user_2", "ou_a", "Alice"))

    assert message.mentions_bot
    assert message.mentions == (Mention("ou_a", "Alice"),)


def test_a_namesake_of_the_bot_is_not_the_bot() -> None:
    message = parse("text", {"text": "@_user_1 hi"}, mention("@_user_1", "ou_x", "DemoBot"))

    assert not message.mentions_bot
    assert message.text == "@DemoBot hi"


def test_the_name_counts_while_the_open_id_is_unknown() -> None:
    raw = event(content={"text": "@_user_1 hi"}, mentions=[CALL])

    assert parse_message(raw, BotIdentity("cli_demo", name="DemoBot")).mentions_bot
    assert not parse_message(raw, BotIdentity("cli_demo")).mentions_bot


@pytest.mark.parametrize(
    "mentions",
    [
        [],
        [{"key": "@_all", "id": {"user_id": "all"}, "name": "all"}],
        [{"key": "@_all", "id": None, "name": "all"}],
    ],
)
def test_everyone_is_not_a_call(mentions: list[dict[str, Any]]) -> None:
    message = parse("text", {"text": "@_all lunch"}, *mentions)

    assert (message.text, message.mentions_bot, message.mentions) == ("@all lunch", False, ())
    assert message.mentions_all


def test_a_post_is_read_with_everything_in_it() -> None:
    message = parse(
        "post",
        {
            "title": "T",
            "content": [
                [{"tag": "at", "user_id": "@_user_1"}, {"tag": "text", "text": " a", "style": []}],
                [{"tag": "a", "text": "docs", "href": "https://d.e"}, {"tag": "new", "text": "!"}],
                [],
                [{"tag": "img", "image_key": "img_1"}],
                [{"tag": "media", "file_key": "file_1", "image_key": "img_2"}],
                [{"tag": "emotion", "emoji_type": "DONE"}],
                [{"tag": "hr"}],
                [{"tag": "code_block", "language": "PYTHON", "text": "@x\nprint(1)\n"}],
            ],
        },
        CALL,
    )

    assert message.text == (
        "T\na\n[docs](https://d.e)!\n\n:DONE:\n---\n```python\n@x\nprint(1)\n```"
    )
    assert message.mentions_bot
    assert message.attachments == (
        Attachment("image", "img_1"),
        Attachment("video", "file_1", cover="img_2"),
    )


@pytest.mark.parametrize("wrap", [lambda p: {"zh_cn": p}, lambda p: {"post": {"en_us": p}}])
def test_a_post_may_lie_under_its_locale(wrap: Any) -> None:
    post = {"title": "", "content": [[{"tag": "text", "text": "a"}]]}

    assert parse("post", wrap(post)).text == "a"


def test_a_bare_link_of_a_post_is_its_address() -> None:
    assert post_of([{"tag": "a", "text": "https://d.e", "href": "https://d.e"}]) == "https://d.e"


def test_entities_of_a_post_are_resolved_where_it_says_so() -> None:
    assert post_of([{"tag": "text", "text": "a &lt; b", "un_escape": True}]) == "a < b"
    assert post_of([{"tag": "text", "text": "a &lt; b"}]) == "a &lt; b"


def test_code_with_fences_in_it_gets_a_longer_fence() -> None:
    assert post_of([{"tag": "code_block", "text": "```\nx\n```"}]) == "````\n```\nx\n```\n````"


def test_somebody_only_a_post_names_is_named() -> None:
    message = parse("post", {"content": [[{"tag": "at", "user_id": "ou_bob", "user_name": "Bob"}]]})

    assert message.text == "@Bob"
    assert message.mentions == (Mention("ou_bob", "Bob"),)


@pytest.mark.parametrize(
    ("kind", "content", "attachment"),
    [
        ("image", {"image_key": "img_1"}, Attachment("image", "img_1")),
        ("file", {"file_key": "f_1", "file_name": "a.pdf"}, Attachment("file", "f_1", "a.pdf")),
        ("audio", {"file_key": "f_1", "duration": 2000}, Attachment("audio", "f_1")),
        (
            "media",
            {"file_key": "f_1", "image_key": "i", "file_name": "a.mp4"},
            Attachment("video", "f_1", "a.mp4", cover="i"),
        ),
    ],
)
def test_files_are_attachments(kind: str, content: dict[str, Any], attachment: Attachment) -> None:
    message = parse(kind, content)

    assert (message.kind, message.text, message.attachments) == (kind, "", (attachment,))


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("todo", {"summary": {"title": "", "content": [[{"tag": "text", "text": "x"}]]}}, "x"),
        ("vote", {"topic": "Lunch?", "options": ["rice", "noodles"]}, "Lunch?\n- rice\n- noodles"),
        ("location", {"name": "Office", "longitude": "1"}, "Office\nlongitude: 1"),
        ("interactive", {"title": "C", "elements": [[{"tag": "text", "text": "x"}]]}, "C\nx"),
        ("share_calendar_event", {"summary": "Review", "start_time": "x"}, "Review"),
        ("video_chat", {"topic": "Sync"}, "Sync"),
        ("merge_forward", {"content": "Merged and Forwarded Message"}, ""),
        ("sticker", {"file_key": "f"}, ""),
        ("share_chat", {"chat_id": "oc"}, ""),
        ("share_user", {"user_id": "ou"}, ""),
        ("system", {"template": "{from_user} left", "from_user": ["A"]}, "A left"),
        ("hongbao", {"text": "x"}, ""),
        ("folder", {"file_key": "f"}, ""),
        ("hologram", {"text": "x"}, ""),
    ],
)
def test_other_kinds_keep_their_kind(kind: str, content: dict[str, Any], text: str) -> None:
    message = parse(kind, content)

    assert (message.kind, message.text, message.attachments) == (kind, text, ())


@pytest.mark.parametrize("content", ["", "hi", "[1]", "null", '{"text":', "[" * 100_000, '"x"'])
@pytest.mark.parametrize("kind", ["text", "post", "image", "todo"])
def test_content_that_cannot_be_read_is_empty(kind: str, content: str) -> None:
    assert parse(kind, content).text == ""


@pytest.mark.parametrize("created", [None, "", "soon", "9" * 5000, [], {}])
def test_a_time_that_cannot_be_read_is_zero(created: Any) -> None:
    assert parse("text", {"text": "x"}, create_time=created).created_at == 0.0


@pytest.mark.parametrize(
    ("part", "name", "fault"),
    [
        ("message", "message_id", "no message_id"),
        ("message", "chat_id", "no chat_id"),
        ("sender", "sender_id", "no open_id"),
    ],
)
def test_a_message_needs_its_ids(part: str, name: str, fault: str) -> None:
    raw = event(content={"text": "x"})
    raw[part][name] = None

    with pytest.raises(ValueError, match=fault):
        parse_message(raw, BOT)


def test_no_field_breaks_the_parser_whatever_is_in_it() -> None:
    dice = random.Random(7)
    junk: list[Any] = [None, 0, True, "", "x", [], [None], [[1]], {}, {"content": [[{}]]}, [{}]]
    fields = ["content", "mentions", "create_time", "root_id", "chat_type", "message_type"]

    for _ in range(2_000):
        content = {
            name: dice.choice(junk)
            for name in ("text", "title", "content", "summary", "options", "elements", "post")
        }
        raw = event(dice.choice(["text", "post", "todo", "vote", "media", "interactive"]), content)
        name = dice.choice(fields)
        if dice.random() < 0.5:
            raw["message"][name] = dice.choice(junk)
        message = parse_message(raw, BOT)
        assert IncomingMessage.from_json(json.loads(json.dumps(asdict(message)))) == message


def test_a_recall_names_its_message() -> None:
    assert parse_recall({"message_id": "om_1", "chat_id": "oc_1"}) == "om_1"
    with pytest.raises(ValueError, match="no message_id"):
        parse_recall({})


CLICK: dict[str, Any] = {
    "operator": {"open_id": "ou_alice", "union_id": "on_alice", "user_id": "u1"},
    "token": "c-1",
    "action": {"value": {"act": "continue"}, "tag": "button", "form_value": {"note": "hi"}},
    "context": {"open_message_id": "om_card1", "open_chat_id": "oc_1"},
}


def test_a_click_of_the_new_kind() -> None:
    action = parse_card_action_v2(CLICK, "ev-1")

    assert (action.event_id, action.message_id, action.chat_id) == ("ev-1", "om_card1", "oc_1")
    assert action.operator == Sender("ou_alice", "u1", "on_alice")
    assert action.value == {"act": "continue"}
    assert action.form == {"note": "hi"}


def test_a_click_of_the_old_kind_is_known_by_its_token() -> None:
    body = {
        "open_id": "ou_alice",
        "open_message_id": "om_card1",
        "open_chat_id": "oc_1",
        "token": "c-1",
        "action": {"value": {"act": "continue"}, "tag": "button"},
    }

    action = parse_card_action_v1(body)

    assert (action.event_id, action.message_id, action.chat_id) == ("c-1", "om_card1", "oc_1")
    assert action.value == {"act": "continue"}
    assert parse_card_action_v1({**body, "token": None}).event_id


@pytest.mark.parametrize(
    ("raw", "value"),
    [('{"act":"x"}', {"act": "x"}), ("x", {}), ("[1]", {}), (None, {}), (3, {}), ([], {})],
)
def test_the_value_of_a_click_is_always_an_object(raw: Any, value: dict[str, Any]) -> None:
    action = {"operator": None, "action": {"value": raw}, "context": None}

    assert parse_card_action_v2(action, "e").value == value
    assert parse_card_action_v1(action).value == value


def test_a_choice_outside_a_form_reads_like_a_field() -> None:
    click = {"action": {"tag": "select_static", "name": "role", "option": "poet"}}

    assert parse_card_action_v2(click, "e").form == {"role": "poet"}


def test_halves_of_characters_are_replaced_in_a_click() -> None:
    action = {"value": {"act": "x\ud83d"}, "form_value": {"text": "half \ud83d", "done": True}}
    click = parse_card_action_v2({"action": action}, "e")

    assert click.value == {"act": "x\ufffd"}
    assert click.form == {"text": "half \ufffd", "done": True}
