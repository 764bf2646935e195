"""Stickers and lone emoji get a friendly word, and no model."""

from __future__ import annotations

import pytest

from feishu_bot.core.cards import Paragraph, Text
from feishu_bot.core.light_replies import is_emoji
from tests.builders import KEY, BotWorld, turn


@pytest.fixture
def world():
    return BotWorld()


@pytest.mark.parametrize(
    "text",
    [
        *("👍", "👍👍", " 🎉 🎉 ", "❤️", "👨\u200d👩\u200d👧", "👋🏽", "🇨🇳", "☺️"),
        *("[赞]", "[OK][玫瑰]", ":THUMBSUP:"),
    ],
)
def test_a_lone_emoji_is_one(text):
    assert is_emoji(text)


@pytest.mark.parametrize(
    "text", ["", "👍好", "1", "123", "#", "[合同]", "[1]", "::", "ok", "?", "。", "👍" * 30, "*"]
)
def test_words_numbers_and_riddles_are_none(text):
    assert not is_emoji(text)


@pytest.mark.parametrize("sent", [{"text": "👍"}, {"text": "", "kind": "sticker"}])
def test_it_is_answered_lightly_once_in_a_while(world, sent):
    for number in range(3):
        world.say(message_id=f"om_{number}", **sent)

    assert len(world.messenger.cards) == 1
    (paragraph,) = world.messenger.last_card.blocks
    assert isinstance(paragraph, Paragraph)
    assert isinstance(paragraph.words, Text)
    assert paragraph.words.key.startswith("light_reply_")
    assert len(world.inbox.finished) == 3
    assert not world.model.prompts


def test_in_a_group_only_where_the_bot_is_meant(world):
    world.bind("om_bot")
    world.say(text="👍", chat_type="group", thread_id="omt_1", root_id="om_bot")
    assert not world.messenger.cards

    world.say(message_id="om_2", text="👍", chat_type="group", parent_id="om_bot")
    assert len(world.messenger.cards) == 1


def test_in_reply_to_a_question_of_the_bot_an_emoji_is_an_answer():
    world = BotWorld(p2p_context="thread")
    world.remember(turn(1, answer="Shall I go on?"))
    world.model.enqueue_text("Then I go on")

    world.say(text="👍", root_id=KEY.root)

    assert world.messenger.answers[0].ending.text == "Then I go on"
