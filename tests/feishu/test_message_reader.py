"""Messages that the bot was not sent, and the files it uploads."""

from __future__ import annotations

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.messenger import Footer
from feishu_bot.errors import PermissionMissing
from feishu_bot.feishu.cards.answer import answer_card
from feishu_bot.feishu.events.card_content import card_text
from feishu_bot.feishu.message_reader import FeishuMessageReader


@pytest.fixture
def reader(sim, client):
    return FeishuMessageReader(client, sim.credentials.app_id)


@pytest.fixture
def alice(sim):
    return sim.feishu.add_person("Alice")


@pytest.fixture
def chat(sim, alice):
    return sim.feishu.private_chat(alice)


def test_a_message_is_read_with_names_for_its_mentions(sim, reader, alice):
    sim.feishu.grant("im:message.group_msg")
    bob = sim.feishu.add_person("Bob")
    group = sim.feishu.add_group("Team", [alice, bob])
    said = sim.feishu.say(group, alice, "ask him", mentions=[bob])

    quoted = reader.quoted(said.message_id)

    assert (quoted.text, quoted.sender, quoted.is_own) == ("@Bob ask him", alice.open_id, False)
    assert quoted.created_at == said.created_ms / 1000


def test_a_post_is_read_and_a_picture_is_named(sim, reader, alice, chat):
    content = {"title": "Plan", "content": [[{"tag": "text", "text": "first"}]]}
    post = sim.feishu.send(chat, alice, "post", content)
    picture = sim.feishu.send(chat, alice, "image", {"image_key": sim.feishu.add_image(b"x")})

    assert reader.quoted(post.message_id).text == "Plan\nfirst"
    shown = reader.quoted(picture.message_id)
    assert (shown.kind, shown.text) == ("image", "")
    assert [item.kind for item in shown.attachments] == ["image"]


def test_the_bots_own_card_is_read_as_what_it_says(reader, client, question):
    texts = Catalog.load("en")
    card = answer_card(
        texts,
        text="The **answer**",
        reasoning="because",
        streaming=False,
        footer=Footer(model="gpt-x"),
        can_regenerate=True,
    )
    sent = client.reply(question.message_id, "interactive", card, uuid="u1", in_thread=False)

    own = reader.quoted(sent.message_id)

    assert (own.text, own.is_own) == ("The **answer**", True)


def test_a_thread_is_read_from_the_oldest_of_its_newest_messages(sim, reader, client, question):
    client.reply(question.message_id, "text", {"text": "one"}, uuid="u1", in_thread=True)
    client.reply(question.message_id, "text", {"text": "two"}, uuid="u2", in_thread=True)

    lines = reader.thread(question.thread_id)

    assert [(line.text, line.is_own) for line in lines] == [
        ("hello", False),
        ("one", True),
        ("two", True),
    ]


def test_what_may_not_be_read_is_not_there(sim, reader, alice, question):
    group = sim.feishu.add_group("Team", [alice])
    said = sim.feishu.say(group, alice, "secret")
    sim.feishu.recall(question)

    assert reader.quoted(said.message_id).missing_scope == "im:message.group_msg"
    assert reader.quoted(question.message_id) is None
    assert [line.is_readable for line in reader.thread("omt_unknown")] == [False]


def test_a_card_of_the_first_generation_and_a_simplified_one_are_told_apart():
    old = {"elements": [{"tag": "div", "text": {"tag": "lark_md", "content": "old"}}]}
    simplified = {"title": "T", "elements": [[{"tag": "text", "text": "row"}]]}

    assert card_text(old) == "old"
    assert card_text(simplified) == ""


def test_a_file_is_uploaded_under_its_name_also_with_a_stale_token(sim, client):
    client.check()
    sim.feishu.revoke_tokens()

    key = client.resources.upload_file("对话.md", "内容".encode())

    stored = sim.feishu.state.files[key]
    assert (stored.name, stored.data.decode()) == ("对话.md", "内容")


def test_without_the_scope_no_file_is_uploaded(sim, client):
    sim.feishu.withdraw("im:resource")

    with pytest.raises(PermissionMissing):
        client.resources.upload_file("a.md", b"x")
