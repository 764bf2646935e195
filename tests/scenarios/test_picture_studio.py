"""The picture studio through webhook and simulator."""

from __future__ import annotations

import pytest

from feishu_simulator import Script
from feishu_simulator.card_view import walk
from feishu_simulator.ogg_voice import ogg_opus
from feishu_simulator.picture_sizes import picture_facts
from tests.media import files
from tests.polling import eventually
from tests.scenarios.test_choices import button, click, part

MODEL = "gpt-image-2"


@pytest.fixture
def studio(sim, talk, start_bot):
    """A private chat that is a studio: its card."""
    start_bot(IMAGE_MODEL=MODEL, TRANSCRIPTION_MODEL="whisper-1", MEDIA_WAIT="0")
    return talk.ask("/picture")


def drawn(sim):
    """The requests for pictures so far."""
    return [one for one in sim.gateway.media.requests if one.route.startswith("/images/")]


def shown(sim, answer):
    """The size of the picture on a card."""
    key = part(answer, "img")["img_key"]
    facts = picture_facts(sim.feishu.state.images[key].data)
    return facts.width, facts.height


def answered(sim, chat, number: int):
    """The newest answer with a picture, once there are so many."""

    def found():
        cards = [
            one
            for one in sim.feishu.messages_in(chat)
            if one.card and not one.streaming and any(p["tag"] == "img" for p in walk(one.card))
        ]
        return len(cards) == number and cards[-1]

    return sim.feishu.wait_for(found)


def test_text_makes_a_picture_and_a_reply_changes_it_and_other_text_begins_anew(sim, talk, studio):
    first = talk.ask("画一个红色的圆")
    second = talk.ask("换成蓝色", reply_to=first)
    talk.ask("一只猫")

    assert "图片创作" in studio.title
    assert [one.route for one in drawn(sim)] == [
        "/images/generations",
        "/images/edits",
        "/images/generations",
    ]
    assert drawn(sim)[0].fields == {"model": MODEL, "prompt": "画一个红色的圆", "n": 1}
    assert "换成蓝色" in second.text
    assert shown(sim, second) == (1024, 1024)
    assert any(call.api == "image.get" for call in sim.feishu.calls)
    assert not sim.gateway.requests


def test_a_picture_waits_for_words_and_its_card_draws_in_another_shape(sim, talk, studio):
    content = {"image_key": sim.feishu.add_image(files.picture(64, 48))}
    waits = talk.answer(sim.feishu.send(talk.chat, talk.alice, "image", content))
    changed = talk.ask("换成夜晚")
    shape = part(changed, "select_static", initial_option="free")

    click(sim, changed, shape, talk.alice, option="landscape")
    wide = answered(sim, talk.chat, 2)
    click(sim, wide, button(wide, "改这张"), talk.alice, {"instruction": "加一点雨"})
    rainy = answered(sim, talk.chat, 3)

    assert "怎么改" in waits.text
    assert [one.route for one in drawn(sim)] == ["/images/edits"] * 3
    assert shown(sim, wide) == (1536, 1024)
    assert drawn(sim)[2].fields["prompt"] == "加一点雨"
    assert shown(sim, rainy) == (1536, 1024)


def test_while_it_is_drawn_the_seconds_are_counted_and_stop_works(sim, talk, studio):
    sim.gateway.media.seconds["/images/generations"] = 60.0
    question = talk.say("一只猫")
    growing = sim.feishu.wait_for(
        lambda: next((a for a in sim.feishu.answers_to(question) if "正在画" in a.text), None)
    )

    click(sim, growing, button(growing, "停止"), talk.alice)
    answer = talk.answer(question)

    assert "已停止" in answer.title
    assert "计费" in answer.text
    assert len(drawn(sim)) == 1


def test_a_refusal_of_the_content_is_told_as_one_and_a_time_out_is_not_tried_again(
    sim, talk, studio
):
    refused = talk.ask("一个血腥的场面")
    sim.gateway.media.enqueue("/images/generations", Script.answer(504, {}))
    failed = talk.ask("一只猫")

    assert "不能画" in refused.title
    assert button(failed, "再画一张")
    assert len(drawn(sim)) == 2


def test_a_size_that_the_model_refuses_is_left_out_once_and_that_is_said(sim, talk, studio):
    first = talk.ask("一只猫")
    error = {"error": {"message": "Invalid value: '1536x1024'.", "param": "size"}}
    sim.gateway.media.enqueue("/images/generations", Script.answer(400, error))

    shape = part(first, "select_static", initial_option="free")
    click(sim, first, shape, talk.alice, option="landscape")
    second = answered(sim, talk.chat, 2)

    assert [one.fields.get("size") for one in drawn(sim)] == [None, "1536x1024", None]
    assert "不接受选好的尺寸" in second.text


def test_without_leave_to_upload_nothing_is_drawn_and_the_scope_is_named(sim, talk, studio):
    sim.feishu.faults.fail("image.create", code=99991672, msg="Access denied")

    answer = talk.ask("一只猫")

    assert "im:resource" in answer.text
    assert not drawn(sim)


def test_an_upload_that_feishu_refuses_gives_the_picture_as_a_file(sim, talk, studio):
    talk.ask("一只猫")
    sim.feishu.faults.fail("image.create", code=234039, msg="Image resolution exceeds limit.")

    answer = talk.ask("一只狗")

    assert part(answer, "img")
    assert "已作为文件发出" in answer.text
    sent = [one for one in sim.feishu.messages_in(talk.chat) if one.message_type == "file"]
    assert len(sent) == 1
    assert len(drawn(sim)) == 2


def test_more_pictures_than_sixteen_are_not_asked_for(sim, talk, studio):
    key = [sim.feishu.add_image(files.picture(16, 16)) for _ in range(17)]
    rows = [[{"tag": "img", "image_key": one}] for one in key]
    content = {"title": "", "content": [*rows, [{"tag": "text", "text": "拼在一起"}]]}

    answer = talk.answer(sim.feishu.send(talk.chat, talk.alice, "post", content))

    assert "17" in answer.text
    assert not drawn(sim)


def test_what_is_spoken_is_drawn_and_the_studio_is_left_by_a_word(sim, talk, studio):
    sim.gateway.media.heard = lambda voice: "画一个红色的圆"
    voice = {"file_key": sim.feishu.add_file(ogg_opus(1_500), "voice.opus"), "duration": 1500}
    picture = talk.answer(sim.feishu.send(talk.chat, talk.alice, "audio", voice))

    left = talk.ask("回到聊天")
    answer = talk.ask("你好")

    assert "画一个红色的圆" in picture.text
    assert part(picture, "img")
    assert "已回到聊天" in left.title
    assert "你好" in answer.text
    assert len(drawn(sim)) == 1


def test_in_a_group_the_studio_is_a_thread(sim, talk, start_bot):
    start_bot(IMAGE_MODEL=MODEL)
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    sim.feishu.say(group, talk.alice, "/picture 一只猫", mention_bot=True)
    picture = answered(sim, group, 1)
    elsewhere = sim.feishu.say(group, talk.alice, "hello", mention_bot=True)
    talk.answer(elsewhere)

    assert part(picture, "img")
    assert len(drawn(sim)) == len(sim.gateway.requests) == 1


def test_after_leaving_it_is_a_chat_again_that_can_see_the_picture(sim, talk, studio):
    picture = talk.ask("画一个红色的圆")

    click(sim, picture, button(picture, "回到聊天"), talk.alice)
    answer = talk.ask("这是什么颜色？", reply_to=picture)

    assert "红" in answer.text
    assert len(drawn(sim)) == 1


def test_without_a_model_that_draws_it_is_said_what_to_set(sim, talk, bot):
    answer = talk.ask("/picture")

    assert "IMAGE_MODEL" in answer.text
    assert "hello" in talk.ask("hello").text


def test_after_a_restart_in_the_middle_nothing_is_drawn_again_unasked(sim, talk, start_bot):
    first = start_bot(IMAGE_MODEL=MODEL)
    talk.ask("/picture")
    sim.gateway.media.seconds["/images/generations"] = 60.0
    question = talk.say("一只猫")
    eventually(lambda: drawn(sim))
    first.stop()
    sim.gateway.media.seconds.clear()
    start_bot(IMAGE_MODEL=MODEL)

    answer = talk.answer(question)

    assert "中断" in answer.title
    assert len(drawn(sim)) == 1
    click(sim, answer, button(answer, "再画一张"), talk.alice)
    assert answered(sim, talk.chat, 1)
