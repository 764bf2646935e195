"""What the platform does that its pages don't show, through the real lark-oapi client."""

from __future__ import annotations

import json

import pytest
from lark_oapi.api.im.v1 import GetMessageRequest

from feishu_simulator.quirks import FORWARDED, STAND_IN


def get(client, message_id, *, whole_card=False, names=False):
    builder = GetMessageRequest.builder().message_id(message_id)
    if whole_card:
        builder = builder.card_msg_content_type("user_card_content")
    request = builder.build()
    if names:
        # The SDK knows nothing of it.
        request.add_query("with_sender_name", "true")
    return client.im.v1.message.get(request)


def pushed(message):
    return message.event.body["message"]


def test_the_bot_is_named_by_its_app_id_or_by_another_view_of_it(sim, group, alice):
    for style, ids in [
        ("app_id", {"app_id": sim.credentials.app_id}),
        ("other_open_id", {"open_id": "ou_seen_by_another_app"}),
    ]:
        sim.feishu.quirks.bot_mention = style
        said = sim.feishu.say(group, alice, "hi", mention_bot=True)
        assert pushed(said)["mentions"][0]["id"].items() >= ids.items()


def test_everyone_comes_under_a_numbered_key(sim, group, alice):
    sim.feishu.quirks.numbered_everyone = True

    event = pushed(sim.feishu.say(group, alice, "hi", mention_all=True))

    assert json.loads(event["content"]) == {"text": "@_user_1 hi"}
    assert event["mentions"][0]["id"]["open_id"] == "all"


def test_senders_have_a_union_id_only(sim, chat, alice):
    sim.feishu.quirks.union_ids_only = True

    ids = sim.feishu.say(chat, alice, "hi").event.body["sender"]["sender_id"]

    assert ids == {"open_id": "", "user_id": "", "union_id": alice.union_id}


def test_rich_text_comes_as_markdown_only(sim, chat, alice):
    sim.feishu.quirks.posts_in_markdown = True
    rows = [[{"tag": "text", "text": "see"}], [{"tag": "img", "image_key": "img_1"}]]

    content = json.loads(pushed(sim.feishu.post(chat, alice, rows))["content"])

    assert content["content"] == []
    assert content["content_v2"] == [[{"tag": "md", "text": "see\n![image](img_1)"}]]


@pytest.mark.parametrize("paragraphs", [False, True])
def test_an_edit_is_pushed_and_read_back(sim, client, chat, alice, paragraphs):
    sim.feishu.quirks.edits_in_paragraphs = paragraphs
    said = sim.feishu.say(chat, alice, "one")

    event = sim.feishu.edit(said, "two\nthree")

    text = "<p>two</p><p>three</p>" if paragraphs else "two\nthree"
    shown = get(client, said.message_id).data.items[0]
    assert event.event_type == "im.message.updated_v1"
    assert json.loads(event.body["message"]["content"]) == {"text": text}
    assert json.loads(shown.body.content) == {"text": text}
    assert shown.updated is True


def test_a_forwarded_chat_is_given_out_flat_and_not_with_whole_cards(sim, client, chat, alice):
    one, two = (sim.feishu.say(chat, alice, text) for text in ("one", "two"))
    inner = sim.feishu.forward(chat, alice, [two])
    outer = sim.feishu.forward(chat, alice, [one, inner])

    items = get(client, outer.message_id).data.items
    refused = get(client, outer.message_id, whole_card=True)

    assert json.loads(items[0].body.content) == FORWARDED
    assert [(item.message_id, item.upper_message_id) for item in items[1:]] == [
        (one.message_id, outer.message_id),
        (inner.message_id, outer.message_id),
        (two.message_id, inner.message_id),
    ]
    assert refused.code == 2200


@pytest.mark.parametrize("given_out", ["stand_in", "user_dsl"])
def test_a_stand_in_is_given_out_for_a_card(sim, client, chat, alice, given_out):
    card = {"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "words"}]}}
    sent = sim.feishu.send(chat, alice, "interactive", card)
    sim.feishu.quirks.cards_given_out = given_out

    content = get(client, sent.message_id, whole_card=True).data.items[0].body.content

    assert STAND_IN in content
    assert ("words" in content) is (given_out == "user_dsl")


def test_a_kind_may_be_told_only_to_who_reads_the_message(sim, client, chat, alice):
    sim.feishu.quirks.told_as_nonsupport = {"vote"}

    vote = sim.feishu.send(chat, alice, "vote", {"topic": "lunch?", "options": []})

    assert (pushed(vote)["message_type"], pushed(vote)["content"]) == ("nonsupport", "{}")
    assert get(client, vote.message_id).data.items[0].msg_type == "vote"


def test_senders_are_named_to_who_asks_for_it(sim, client, chat, alice):
    said = sim.feishu.say(chat, alice, "hi")
    forward = sim.feishu.forward(chat, alice, [said])

    named = json.loads(get(client, forward.message_id, names=True).raw.content)["data"]["items"]
    assert [item["sender"]["sender_name"] for item in named] == ["Alice", "Alice"]
    plain = json.loads(get(client, forward.message_id).raw.content)["data"]["items"]
    assert not any("sender_name" in item["sender"] for item in plain)


def test_an_event_has_a_card_simplified(sim, chat, alice):
    card = {"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "95%"}]}}

    sent = pushed(sim.feishu.send(chat, alice, "interactive", card))

    assert json.loads(sent["content"]) == {
        "title": None,
        "elements": [[{"tag": "text", "text": "95%"}]],
    }
