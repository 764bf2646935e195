"""Pictures and voices that the bot sends."""

from __future__ import annotations

import struct

import pytest

from feishu_bot.core.cards import Card, Image
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.errors import FeishuError, PermissionMissing
from tests.builders import KEY, message

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(200)


def png(width=4, height=3):
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + bytes(30)


def gif(width, height):
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(30)


@pytest.fixture
def target(question):
    return ReplyTarget.of(message(message_id=question.message_id, chat_id=question.chat.chat_id))


def test_a_voice_is_sent_once_and_with_its_length(sim, messenger, question, target):
    for _ in range(2):
        messenger.send_voice(target, OPUS, 2_340, reference="ev_1")

    (sent,) = sim.feishu.answers_to(question)
    assert sent.message_type == "audio"
    stored = sim.feishu.state.files[sent.content["file_key"]]
    assert (stored.data, stored.kind, stored.milliseconds) == (OPUS, "opus", 2_340)


def test_a_picture_is_shown_in_a_card(sim, messenger, question, target):
    key = messenger.upload_picture(png())
    card = Card(title="A cat", blocks=(Image(key, "A cat in the sun"),))

    messenger.show(target, card, key=KEY, reference="ev_1")

    assert sim.feishu.state.images[key].data == png()
    (sent,) = sim.feishu.answers_to(question)
    (image,) = sent.card["body"]["elements"]
    assert (image["tag"], image["img_key"]) == ("img", key)
    assert image["alt"]["content"] == "A cat in the sun"


def test_a_picture_that_was_never_uploaded_is_refused(messenger, target):
    card = Card(title="A cat", blocks=(Image("img_v3_of_somebody"),))

    with pytest.raises(FeishuError):
        messenger.show(target, card, key=KEY, reference="ev_1")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", 234010),
        (b"no picture", 234011),
        (png() + bytes(10 * 1024 * 1024), 234006),
        (png(12_001, 10), 234039),
        (gif(2_001, 10), 234039),
    ],
)
def test_pictures_beyond_feishus_limits_are_refused(client, data, code):
    with pytest.raises(FeishuError) as caught:
        client.resources.upload_picture(data)

    assert caught.value.code == code


def test_pictures_at_feishus_limits_are_taken(client):
    assert client.resources.upload_picture(png(12_000, 12_000))
    assert client.resources.upload_picture(gif(2_000, 2_000))


def test_a_file_is_no_voice(client, question):
    key = client.resources.upload_file("a.txt", b"x")

    with pytest.raises(FeishuError) as caught:
        client.reply(question.message_id, "audio", {"file_key": key}, uuid="u", in_thread=False)
    assert caught.value.code == 230055


def test_without_the_scope_an_upload_is_refused(sim, messenger):
    sim.feishu.withdraw("im:resource", "im:resource:upload")

    with pytest.raises(PermissionMissing):
        messenger.upload_picture(png())
