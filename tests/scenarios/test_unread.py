"""Whatever came with a question and wasn't read is named: to the model, and in one grey line."""

from __future__ import annotations

import pytest

from feishu_simulator import Script, card_view

VIDEO = {"tag": "media", "file_key": "file_v3_2", "file_name": "周报.mp4"}
OTHER_VIDEO = VIDEO | {"file_key": "file_v3_3"}
NOT_READ = "没有读到你引用的内容"
KINDS = [
    ("folder", {"file_key": "file_v3", "file_name": "周报"}, "(a folder, not read)", "文件夹"),
    ("media", {"file_key": "file_v3", "file_name": "a.mp4"}, "(a video, not read: a.mp4)", "视频"),
]
STICKER = ("sticker", {"file_key": "file_v3"}, "(a sticker, not read)", "表情")


def asked(sim) -> str:
    """The last question as the model was asked it."""
    return sim.gateway.requests[-1].body["messages"][-1]["content"]


def asides(answer) -> list[str]:
    """The grey lines that say what wasn't read."""
    parts = card_view.walk(card_view.elements_of(answer.card))
    lines = [part["text"]["content"] for part in parts if part.get("element_id") == "asides"]
    assert len(lines) <= 1
    return lines


def next_answer(sim, question, number: int):
    """The `number`th answer to a question, from 1, once it is whole."""

    def whole():
        answers = sim.feishu.answers_to(question)
        return len(answers) >= number and not answers[-1].streaming and answers[-1]

    return sim.feishu.wait_for(whole)


@pytest.mark.parametrize(("kind", "content", "named", "word"), [*KINDS, STICKER])
def test_what_is_replied_to_is_named_where_it_is_no_text(
    sim, talk, start_bot, kind, content, named, word
):
    quoted = sim.feishu.send(talk.chat, talk.alice, kind, content)
    start_bot()

    answer = talk.answer(sim.feishu.say(talk.chat, talk.alice, "总结一下", reply_to=quoted))

    assert f"<quoted_message>\n{named}\n</quoted_message>" in asked(sim)
    assert asides(answer) == [f"我还读不了{word}，{NOT_READ}。"]


@pytest.mark.parametrize(("kind", "content", "named", "word"), KINDS)
def test_sent_alone_it_is_answered_without_asking_the_model(
    sim, talk, bot, kind, content, named, word
):
    answer = talk.answer(sim.feishu.send(talk.chat, talk.alice, kind, content))

    assert f"我还读不了{word}" in answer.text
    assert not sim.gateway.requests


def test_two_videos_with_a_caption_make_one_line(sim, talk, bot):
    rows = [[{"tag": "text", "text": "对比一下"}], [VIDEO], [OTHER_VIDEO]]

    answer = talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))

    assert asked(sim).count("(a video, not read: 周报.mp4)") == 2
    assert asides(answer) == ["我还读不了视频，这次只看了文字。"]


def test_a_video_in_a_reply_to_what_may_not_be_read_makes_one_line(sim, talk, bot):
    team = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    quoted = sim.feishu.say(team, talk.bob, "把我翻译成英文")
    rows = [[{"tag": "text", "text": "翻译一下"}, VIDEO]]

    answer = talk.answer(sim.feishu.post(team, talk.alice, rows, reply_to=quoted, mention_bot=True))

    assert "(a message that can't be read)" in asked(sim)
    assert "(a video, not read: 周报.mp4)" in asked(sim)
    assert asides(answer) == [
        "没有读到你引用的消息：应用缺少权限 im:message.group_msg。我还读不了视频，这次只看了文字。"
    ]


def test_a_card_that_is_not_given_out_is_named(sim, talk, start_bot):
    card = {"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "95%"}]}}
    quoted = sim.feishu.send(talk.chat, talk.alice, "interactive", card)
    sim.feishu.quirks.cards_given_out = "stand_in"
    start_bot()

    answer = talk.answer(sim.feishu.say(talk.chat, talk.alice, "这是什么", reply_to=quoted))

    assert "(a card, not read)" in asked(sim)
    assert asides(answer) == [f"我还读不了卡片，{NOT_READ}。"]


def test_a_picture_inside_a_quoted_forward_is_named(sim, talk, start_bot):
    said = sim.feishu.say(talk.chat, talk.alice, "接口超时了")
    picture = sim.feishu.send(talk.chat, talk.bob, "image", {"image_key": "img_v3_demo"})
    forward = sim.feishu.forward(talk.chat, talk.alice, [said, picture])
    start_bot()

    answer = talk.answer(sim.feishu.say(talk.chat, talk.alice, "总结", reply_to=forward))

    assert "接口超时了" in asked(sim)
    assert "(a picture that isn't shown here)" in asked(sim)
    (line,) = asides(answer)
    assert line.startswith("已读转发的 2 条消息和其中的 1 张图片。飞书没有把「图片」给我。")


def test_a_quote_that_is_too_long_is_not_cut_in_silence(sim, talk, start_bot):
    quoted = sim.feishu.say(talk.chat, talk.alice, "很长的一段话。" * 1_500)
    start_bot()

    answer = talk.answer(sim.feishu.say(talk.chat, talk.alice, "总结", reply_to=quoted))

    assert asides(answer) == ["引用的内容太长，没有读完。"]


def topic(sim, talk):
    """A topic that the bot hasn't seen: what opened it, and a picture below."""
    topics = sim.feishu.add_group("Topics", [talk.alice, talk.bob], topic=True)
    opening = sim.feishu.say(topics, talk.bob, "接口又超时了")
    sim.feishu.send(
        topics, talk.bob, "image", {"image_key": "img_v3_demo"}, reply_to=opening, in_thread=True
    )
    return sim.feishu.say(
        topics, talk.alice, "怎么回事？", reply_to=opening, in_thread=True, mention_bot=True
    )


def test_a_thread_that_is_read_late_says_what_in_it_could_not_be_read(sim, talk, bot):
    sim.feishu.grant("im:message.group_msg")

    answer = talk.answer(topic(sim, talk))

    assert "接口又超时了" in asked(sim)
    assert "(a picture, not read)" in asked(sim)
    assert asides(answer) == ["前面的消息里有图片，我没有看。"]


def test_a_thread_that_may_not_be_read_is_told_with_its_scope(sim, talk, bot):
    answer = talk.answer(topic(sim, talk))

    assert "(messages that can't be read)" in asked(sim)
    assert asides(answer) == ["没有读到这个话题里之前的消息：应用缺少权限 im:message.group_msg。"]


def test_the_line_is_said_again_when_it_is_answered_again(sim, talk, bot):
    rows = [[{"tag": "text", "text": "里面有什么？"}, VIDEO]]
    question = sim.feishu.post(talk.chat, talk.alice, rows)
    first = talk.answer(question)

    sim.feishu.wait_for(lambda: bot.is_idle)
    sim.feishu.click(first, {"act": "regenerate"}, talk.alice)
    again = next_answer(sim, question, 2)

    assert "(a video, not read: 周报.mp4)" in asked(sim)
    assert asides(again) == asides(first) == ["我还读不了视频，这次只看了文字。"]


def test_the_line_is_said_again_under_what_continues_it(sim, talk, bot):
    sim.gateway.enqueue(Script.text("the first half", finish_reason="length"))
    rows = [[{"tag": "text", "text": "里面有什么？"}, VIDEO]]
    first = talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))

    sim.feishu.wait_for(lambda: bot.is_idle)
    sim.feishu.click(first, {"act": "continue"}, talk.alice)

    assert asides(next_answer(sim, first, 1)) == ["我还读不了视频，这次只看了文字。"]


def test_it_is_said_in_english_too(sim, talk, start_bot):
    start_bot(LANGUAGE="en")
    rows = [[{"tag": "text", "text": "what is it?"}, VIDEO]]

    answer = talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))

    assert asides(answer) == ["I can't read videos yet and went by your words only."]
