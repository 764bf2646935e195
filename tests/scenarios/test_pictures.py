"""Pictures that people send are shown to the model, now and in what follows."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from tests.media import files
from tests.scenarios.test_files import asides, attach, downloads

RED, BLUE = (200, 30, 30), (30, 30, 200)
LOOK = "请看看图片里有什么；如果图里有问题，或者我刚才问的就是它，请直接回答。"


def shown(sim, number: int = -1) -> list[tuple[str, int]]:
    """Role and number of pictures of each message of a request to the model, where it has any."""
    found = []
    for message in sim.gateway.requests[number].body["messages"]:
        parts = message["content"] if isinstance(message["content"], list) else []
        count = sum(part["type"] == "image_url" for part in parts)
        if count:
            found.append((message["role"], count))
    return found


def said(sim, place: int = -1) -> str:
    """The words of a message of the last request."""
    content = sim.gateway.requests[-1].body["messages"][place]["content"]
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part["type"] == "text")


def tag(sim, data: bytes) -> dict[str, str]:
    return {"tag": "img", "image_key": sim.feishu.add_image(data)}


@pytest.fixture
def send(sim, talk):
    """Sends a picture as Alice, with words or without; what the bot says to it."""

    def send(data: bytes, words: str = ""):
        if words:
            rows = [[{"tag": "text", "text": words}], [tag(sim, data)]]
            return talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))
        content = {"image_key": sim.feishu.add_image(data)}
        return talk.answer(sim.feishu.send(talk.chat, talk.alice, "image", content))

    return send


def test_a_picture_sent_alone_is_seen(sim, bot, send):
    answer = send(files.picture(400, 300, RED))

    assert "400 × 300" in answer.text
    assert "红" in answer.text
    assert said(sim) == f"<picture>\n(a picture)\n</picture>\n\n{LOOK}"
    assert not asides(answer)


def test_a_picture_is_asked_about_in_the_language_of_who_sends_it(sim, start_bot, send):
    start_bot(LANGUAGE="en")

    send(files.picture())

    assert said(sim).endswith("If it asks something, or I have just asked about it, answer that.")


def test_a_picture_with_words_is_seen_with_them(sim, bot, send):
    answer = send(files.picture(64, 64, BLUE), "这是什么颜色？")

    assert "蓝" in answer.text
    assert said(sim).endswith("这是什么颜色？")


def test_several_pictures_of_one_message_are_all_seen(sim, talk, bot):
    rows = [
        [{"tag": "text", "text": "有什么不同？"}],
        [tag(sim, files.picture(64, 64, RED)), tag(sim, files.picture(80, 80, BLUE))],
    ]

    answer = talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))

    assert "2 张图片" in answer.text
    assert shown(sim) == [("user", 2)]


def test_a_quoted_picture_is_seen(sim, talk, start_bot):
    content = {"image_key": sim.feishu.add_image(files.picture(64, 64, RED))}
    quoted = sim.feishu.send(talk.chat, talk.bob, "image", content)
    start_bot()

    answer = talk.ask("这是什么？", reply_to=quoted)

    assert "红" in answer.text
    assert "<quoted_message>\n(a picture)\n</quoted_message>" in said(sim)


def test_what_is_asked_next_sees_the_picture_too_after_a_restart(sim, talk, start_bot, send):
    first = start_bot()
    send(files.picture(64, 64, RED))
    sim.feishu.wait_for(lambda: first.is_idle)
    first.stop()
    start_bot()

    answer = talk.ask("是什么颜色？")

    assert shown(sim) == [("user", 1)]
    assert "红" in answer.text
    assert downloads(sim) == 2


def test_pictures_beyond_the_budget_are_said_to_be_missing(sim, talk, start_bot, send):
    start_bot(CONTEXT_TOKENS="2000")
    for side in (60, 70, 80, 90, 100, 110):
        send(files.picture(side, side, RED), "这是什么？")

    talk.ask("第一张是什么颜色？")

    messages = sim.gateway.requests[-1].body["messages"]
    assert 0 < len(shown(sim)) <= 4
    words = [m["content"] for m in messages if isinstance(m["content"], str)]
    assert any("(a picture that isn't shown here)" in each for each in words)


def test_a_picture_that_was_recalled_no_longer_hinders_what_follows(sim, talk, bot, send):
    send(files.picture(64, 64, RED))
    sim.feishu.wait_for(lambda: bot.is_idle)
    sim.feishu.state.images.clear()

    answer = talk.ask("是什么颜色？")

    assert answer.text
    assert not shown(sim)
    assert not asides(answer)


def test_a_large_photo_is_turned_upright_and_made_smaller(sim, bot, send):
    exif = Image.Exif()
    exif[0x0112] = 6
    send(files.picture(3000, 1500, RED, "JPEG", exif=exif))

    (part,) = (
        p for p in sim.gateway.requests[-1].body["messages"][-1]["content"] if "image_url" in p
    )
    data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
    assert Image.open(io.BytesIO(data)).size == (1024, 2048)


def test_a_model_that_cannot_see_says_so(sim, start_bot, send):
    start_bot(OPENAI_MODEL="gpt-blind")

    answer = send(files.picture())

    assert "gpt-blind 只能读文字，看不到图片" in answer.text
    assert "/model" in answer.text


def test_after_a_refusal_words_are_answered_without_the_picture(sim, talk, start_bot, send):
    start_bot(OPENAI_MODEL="gpt-blind")
    send(files.picture())

    answer = talk.ask("你好")

    assert "看不到图片" not in answer.text
    assert not shown(sim)


def test_vision_model_looks_where_the_model_cannot(sim, talk, start_bot, send):
    start_bot(OPENAI_MODEL="gpt-blind", VISION_MODEL="gpt-4o")

    first = send(files.picture(64, 64, RED))
    second = talk.ask("是什么颜色？")

    assert "红" in first.text
    assert "红" in second.text
    assert sim.gateway.requests[-1].body["model"] == "gpt-4o"
    assert [r.body["model"] for r in sim.gateway.requests] == ["gpt-blind", "gpt-4o", "gpt-4o"]


def test_words_alone_are_left_to_the_model_that_was_chosen(sim, talk, start_bot):
    start_bot(OPENAI_MODEL="gpt-blind", VISION_MODEL="gpt-4o")

    talk.ask("你好")

    assert sim.gateway.requests[-1].body["model"] == "gpt-blind"
    assert not downloads(sim)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (files.png_bomb(), "「图片」太大，我读不了"),
        (files.picture(300, 300)[:80], "「图片」打不开，可能已经损坏"),
        (b"GIF? no", "「图片」的格式我读不了"),
        (b"\x89PNG" + b"x" * 1_200_000, "最大 1 MB"),
    ],
)
def test_why_a_picture_is_not_seen_is_said_without_asking_the_model(
    sim, start_bot, send, data, told
):
    start_bot(MAX_IMAGE_MB="1")

    answer = send(data)

    assert told in answer.text
    assert not sim.gateway.requests


def test_without_the_scope_for_downloads_it_is_named(sim, bot, send):
    sim.feishu.access.scopes -= {"im:message", "im:message:readonly"}

    answer = send(files.picture(), "这是什么？")

    assert "应用缺少权限 im:message:readonly" in asides(answer)
    assert "(a picture that isn't shown here)" in said(sim)


def test_a_picture_and_a_file_of_one_message_are_both_read(sim, talk, bot):
    file = {"tag": "file", **attach(sim, "说明.md", "红色的方块".encode())}
    rows = [[{"tag": "text", "text": "对得上吗？"}], [tag(sim, files.picture(64, 64, RED)), file]]

    talk.answer(sim.feishu.post(talk.chat, talk.alice, rows))

    assert shown(sim) == [("user", 1)]
    assert "红色的方块" in said(sim)


def test_it_is_seen_again_when_it_is_answered_again(sim, talk, bot):
    rows = [[{"tag": "text", "text": "这是什么？"}, tag(sim, files.picture(64, 64, RED))]]
    question = sim.feishu.post(talk.chat, talk.alice, rows)
    first = talk.answer(question)
    sim.feishu.wait_for(lambda: bot.is_idle)

    sim.feishu.click(first, {"act": "regenerate"}, talk.alice)
    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(question)) == 2)
    sim.feishu.wait_for(lambda: bot.is_idle)

    assert shown(sim) == [("user", 1)]
