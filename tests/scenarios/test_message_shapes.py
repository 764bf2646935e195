"""Messages in the shapes that Feishu really sends, and what is read back from it."""

from __future__ import annotations

import pytest

from feishu_simulator import Script
from feishu_simulator.quirks import STAND_IN
from tests.media.files import picture

PICTURE = {"tag": "img", "image_key": "img_v3_demo", "width": 800, "height": 600}


def asked(sim) -> str:
    """The last question as the model was asked it."""
    return sim.gateway.requests[-1].body["messages"][-1]["content"]


@pytest.fixture
def group(sim, talk):
    sim.feishu.grant("im:message.group_msg")
    return sim.feishu.add_group("Team", [talk.alice, talk.bob])


def test_a_video_beside_words_is_told_to_the_model_and_to_the_reader(sim, talk, bot):
    video = {"tag": "media", "file_key": "file_v3_1", "file_name": "demo.mp4"}
    rows = [[{"tag": "text", "text": "看看这个"}, video]]

    answer = talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))

    assert "demo.mp4" in asked(sim)
    assert "视频" in answer.text


def test_a_picture_without_words_is_not_taken_for_an_empty_question(sim, talk, bot, group):
    answer = talk.answer(sim.feishu.post(group, talk.alice, [[], [PICTURE]], mention_bot=True))

    assert "图片" in answer.text
    assert "没有写下问题" not in answer.text
    assert not sim.gateway.requests


def test_rich_text_may_come_as_markdown_only(sim, talk, bot):
    sim.feishu.quirks.posts_in_markdown = True
    rows = [
        [{"tag": "text", "text": "1. 第一步"}],
        [{"tag": "text", "text": "哪一步错了？"}],
        [PICTURE],
    ]

    talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))

    assert "1. 第一步\n哪一步错了？" in asked(sim)
    assert "<picture>" in asked(sim)


@pytest.mark.parametrize("style", ["app_id", "other_open_id"])
def test_the_bot_is_known_under_whatever_id_it_is_named(sim, talk, bot, style):
    sim.feishu.quirks.bot_mention = style
    team = sim.feishu.add_group("Team", [talk.alice])

    talk.answer(sim.feishu.say(team, talk.alice, "你好", mention_bot=True))

    assert asked(sim).endswith("你好")
    assert "@" not in asked(sim)


def test_everyone_under_a_numbered_key_is_everyone(sim, talk, start_bot, group):
    start_bot(GROUP_REPLY="all")
    sim.feishu.quirks.numbered_everyone = True

    sim.feishu.say(group, talk.alice, "明天放假", mention_all=True, wait=True)
    talk.answer(sim.feishu.say(group, talk.alice, "问一下", mention_all=True, mention_bot=True))

    assert len(sim.gateway.requests) == 1
    assert "@all" in asked(sim)
    assert "@_user" not in asked(sim)


def test_somebody_without_an_open_id_is_answered_and_counted(sim, talk, start_bot):
    start_bot(USER_DAILY_QUESTIONS="1")
    sim.feishu.quirks.union_ids_only = True

    first, second = talk.ask("你好"), talk.ask("再问一个")

    assert "你好" in first.text
    assert second.title
    assert len(sim.gateway.requests) == 1


@pytest.mark.parametrize("text", ["\u200b/help", "\ufeff/help", "/help\u200e", "／help", "、help"])
def test_a_command_is_known_behind_what_nobody_sees(sim, talk, bot, text):
    assert talk.ask(text).title
    assert not sim.gateway.requests


def quote(sim, talk, quoted, text="这是什么？"):
    """Reply to a message that the bot doesn't know."""
    return talk.answer(sim.feishu.say(talk.chat, talk.alice, text, reply_to=quoted))


def test_a_quote_that_cannot_be_read_is_named(sim, talk, start_bot):
    quoted = sim.feishu.send(talk.chat, talk.alice, "sticker", {"file_key": "file_v3"})
    start_bot()

    answer = quote(sim, talk, quoted)

    assert "<quoted_message>\n(a sticker, not read)\n</quoted_message>" in asked(sim)
    assert "没有读到你引用的内容" in answer.text


def test_a_quoted_forward_is_read_with_what_is_forwarded_in_it(sim, talk, start_bot):
    said = [sim.feishu.say(talk.chat, talk.alice, text) for text in ("接口超时了", "重启后好了")]
    picture = sim.feishu.send(talk.chat, talk.bob, "image", {"image_key": "img_v3_demo"})
    inner = sim.feishu.forward(talk.chat, talk.bob, [said[1], picture])
    forward = sim.feishu.forward(talk.chat, talk.alice, [said[0], inner])
    start_bot()

    quote(sim, talk, forward, "总结一下这段讨论")

    for words in (
        "接口超时了",
        "重启后好了",
        "Bob: (a picture)",
        "Bob: (a forwarded chat)",
    ):
        assert words in asked(sim)
    assert not [call for call in sim.feishu.refused if call.api == "message.get"]


@pytest.mark.parametrize("given_out", ["stand_in", "user_dsl"])
def test_a_stand_in_for_a_card_is_no_content(sim, talk, start_bot, given_out):
    card = {
        "schema": "2.0",
        "header": {"title": {"tag": "plain_text", "content": "磁盘告警"}},
        "body": {"elements": [{"tag": "markdown", "content": "host-7 使用率 95%"}]},
    }
    quoted = sim.feishu.send(talk.chat, talk.alice, "interactive", card)
    sim.feishu.quirks.cards_given_out = given_out
    start_bot()

    quote(sim, talk, quoted)

    assert STAND_IN not in asked(sim)
    assert ("95%" if given_out == "user_dsl" else "(a card, not read)") in asked(sim)


def test_a_quote_that_may_not_be_read_is_told_with_its_scope(sim, talk, bot):
    team = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    quoted = sim.feishu.say(team, talk.bob, "把我翻译成英文")

    answer = talk.answer(
        sim.feishu.say(team, talk.alice, "翻译一下", reply_to=quoted, mention_bot=True)
    )

    assert "(a message that can't be read)" in asked(sim)
    assert "im:message.group_msg" in answer.text


def test_a_picture_that_opened_a_topic_is_seen(sim, talk, bot):
    sim.feishu.grant("im:message.group_msg")
    key = sim.feishu.add_image(picture(64, 48))
    topics = sim.feishu.add_group("Topics", [talk.alice], topic=True)
    opening = sim.feishu.send(topics, talk.alice, "image", {"image_key": key})

    question = sim.feishu.say(
        topics, talk.alice, "图里是什么？", reply_to=opening, in_thread=True, mention_bot=True
    )

    assert "64 × 48" in talk.answer(question).text
    words, *pictures = asked(sim)
    assert "person 1: (a picture)" in words["text"]
    assert len(pictures) == 1


def test_a_recall_that_comes_first_is_not_forgotten(sim, talk, bot):
    group = sim.feishu.add_group("Team", [talk.alice])
    sim.feishu.event_url = ""
    early = sim.feishu.say(group, talk.alice, "not for you", mention_bot=True)
    sim.feishu.bot_url = bot.url
    sim.feishu.recall(early, wait=True)

    sim.feishu.push(early, wait=True)
    talk.ask("hello")

    assert len(sim.gateway.requests) == 1


def test_a_question_edited_while_it_waits_is_answered_as_edited(sim, talk, start_bot):
    start_bot(P2P_CONTEXT="chat")
    sim.gateway.enqueue(Script.text("the first", first=1.0))
    first = talk.say("one")
    sim.feishu.wait_for(lambda: sim.gateway.requests)
    second = talk.say("twoo", wait=True)

    sim.feishu.edit(second, "two, corrected", wait=True)
    talk.answer(first)
    talk.answer(second)

    assert asked(sim) == "two, corrected"
    assert len(sim.feishu.answers_to(second)) == 1


def test_after_its_answer_an_edited_question_can_be_answered_anew_once(sim, talk, bot):
    sim.feishu.quirks.edits_in_paragraphs = True
    question = talk.say("what is two plus too?")
    talk.answer(question)

    sim.feishu.edit(question, "what is two plus two?", wait=True)
    sim.feishu.edit(question, "what is two plus two?", wait=True)
    offer = sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(question)) and len(a) == 2 and a[1]
    )
    assert "two plus two" in offer.text
    sim.feishu.click(offer, offer.buttons[0], talk.alice)
    sim.feishu.click(offer, offer.buttons[0], talk.alice)
    again = sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(question)) and len(a) == 3 and a[2]
    )
    sim.feishu.wait_for(lambda: not again.streaming)

    assert asked(sim) == "what is two plus two?"
    assert len(sim.gateway.requests) == 2
    # It takes the place of the first question in what is said from there.
    talk.answer(sim.feishu.say(talk.chat, talk.alice, "sure?", reply_to=again))
    said = [one["content"] for one in sim.gateway.requests[-1].body["messages"]]
    assert "what is two plus too?" not in said


def test_an_edit_of_what_is_being_answered_is_offered_afterwards(sim, talk, bot):
    sim.gateway.enqueue(Script.chunks(["the ", "first"], between=0.5))
    question = talk.say("what is two plus too?")
    sim.feishu.wait_for(lambda: sim.gateway.requests)

    sim.feishu.edit(question, "what is two plus two?", wait=True)

    first, offer = sim.feishu.wait_for(lambda: len(a := sim.feishu.answers_to(question)) > 1 and a)
    assert first.text.startswith("the first")
    assert "two plus two" in offer.text


def test_an_edit_adds_the_question_that_was_forgotten(sim, talk, bot, group):
    question = sim.feishu.say(group, talk.alice, "", mention_bot=True)
    talk.answer(question)

    sim.feishu.edit(question, "what is it?", wait=True)
    _, offer = sim.feishu.wait_for(lambda: len(a := sim.feishu.answers_to(question)) > 1 and a)
    sim.feishu.click(offer, offer.buttons[0], talk.alice)

    sim.feishu.wait_for(lambda: sim.gateway.requests)
    assert asked(sim).endswith("what is it?")


def test_an_edit_that_changes_nothing_or_makes_a_command_offers_nothing(sim, talk, bot):
    question = talk.say("hello")
    talk.answer(question)

    sim.feishu.edit(question, "hello", wait=True)
    sim.feishu.edit(question, "/help", wait=True)
    talk.ask("another")

    assert len(sim.feishu.answers_to(question)) == 1


def test_an_edit_that_adds_the_mention_asks(sim, talk, bot, group):
    message = sim.feishu.say(group, talk.alice, "what is it?", wait=True)
    assert not sim.feishu.answers_to(message)

    sim.feishu.edit(message, "what is it?", mention_bot=True, wait=True)

    talk.answer(message)
    assert asked(sim).endswith("what is it?")
