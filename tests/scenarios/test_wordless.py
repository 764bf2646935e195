"""Pictures and files that come without words are asked about with the words right after them."""

from __future__ import annotations

import pytest

from tests.media import files
from tests.scenarios.test_files import attach, downloads
from tests.scenarios.test_pictures import BLUE, LOOK, RED, said, shown, tag

# No test waits so long: what is answered before was not held.
LONG = "600"


@pytest.fixture
def picture(sim, talk):
    """Sends a picture without words as Alice."""

    def send(colour=RED, **more):
        content = {"image_key": sim.feishu.add_image(files.picture(64, 64, colour))}
        return sim.feishu.send(talk.chat, talk.alice, "image", content, wait=True, **more)

    return send


@pytest.mark.parametrize("context", ["chat", "thread"])
def test_a_picture_and_the_words_after_it_are_one_question(sim, talk, start_bot, picture, context):
    bot = start_bot(MEDIA_WAIT=LONG, P2P_CONTEXT=context)
    sent = [picture(RED), picture(BLUE)]

    answer = talk.ask("这是什么颜色？")

    assert shown(sim) == [("user", 2)]
    assert said(sim).endswith("这是什么颜色？")
    assert len(sim.gateway.requests) == 1
    sim.feishu.wait_for(lambda: bot.is_idle)
    assert not any(sim.feishu.answers_to(message) for message in sent)
    assert "1 次" in talk.ask("/usage").text
    # What is asked next still sees them, wherever they came from.
    talk.ask("还有呢？", reply_to=answer)
    assert shown(sim) == [("user", 2)]
    assert downloads(sim) == 4


def test_a_reply_to_a_picture_goes_on_with_what_was_said_about_it(sim, talk, start_bot, picture):
    bot = start_bot(MEDIA_WAIT=LONG, P2P_CONTEXT="thread")
    sent = picture()
    talk.ask("这是什么颜色？")
    sim.feishu.wait_for(lambda: bot.is_idle)

    talk.ask("还有呢？", reply_to=sent)

    assert [message["role"] for message in sim.gateway.requests[-1].body["messages"]] == [
        "user", "assistant", "user"
    ]  # fmt: skip


def test_a_picture_that_nothing_follows_is_asked_about_by_itself(sim, talk, start_bot, picture):
    start_bot(MEDIA_WAIT="0.1")

    answer = talk.answer(picture())

    assert "红" in answer.text
    assert said(sim).endswith(LOOK)


def test_files_and_pictures_come_together(sim, talk, start_bot, picture):
    start_bot(MEDIA_WAIT=LONG)
    content = attach(sim, "说明.md", "# 安装".encode())
    sim.feishu.send(talk.chat, talk.alice, "file", content, wait=True)
    picture()

    talk.ask("对得上吗？")

    assert "# 安装" in said(sim)
    assert shown(sim) == [("user", 1)]


def test_a_forwarded_chat_is_read_with_the_words_after_it(sim, talk, start_bot):
    start_bot(MEDIA_WAIT=LONG)
    line = sim.feishu.say(talk.chat, talk.bob, "周五上线", wait=True)
    sim.feishu.forward(talk.chat, talk.alice, [line], wait=True)

    talk.ask("总结一下")

    assert "周五上线" in said(sim)
    assert said(sim).endswith("总结一下")


def test_in_a_group_both_have_to_be_for_the_bot(sim, talk, start_bot):
    start_bot(MEDIA_WAIT=LONG)
    group = sim.feishu.add_group("小组", [talk.alice, talk.bob])
    rows = [[tag(sim, files.picture(64, 64, BLUE))]]
    sim.feishu.post(group, talk.alice, rows, mention_bot=True, wait=True)
    others = sim.feishu.say(group, talk.bob, "你好", mention_bot=True)
    assert talk.answer(others)

    asked = sim.feishu.say(group, talk.alice, "什么颜色？", mention_bot=True)

    assert "蓝" in talk.answer(asked).text


def test_a_picture_that_is_recalled_before_its_words_is_not_seen(sim, talk, start_bot, picture):
    start_bot(MEDIA_WAIT=LONG)
    sim.feishu.recall(picture())

    talk.ask("这是什么？")

    assert shown(sim) == []


def test_stop_takes_back_a_picture_that_only_waits_for_its_words(sim, talk, start_bot, picture):
    bot = start_bot(MEDIA_WAIT=LONG)
    sent = picture()

    assert "停" in talk.ask("/stop").text

    sim.feishu.wait_for(lambda: bot.is_idle)
    assert not sim.feishu.answers_to(sent)
    assert not sim.gateway.requests
