"""Voice messages that are quoted, and recordings that are sent as files."""

from __future__ import annotations

import pytest

from feishu_bot.core.answering.question_context import tagged
from feishu_bot.core.fetched_messages import FetchedMessage
from feishu_bot.core.messages import Attachment
from feishu_bot.errors import MediaError, ModelError
from tests.builders import TEXTS, BotWorld, turn
from tests.core.fakes import FakePrices, FakeReader
from tests.core.test_recordings import mp3, mp4, opus

SONG = Attachment("file", "song", "会议.mp3")
VOICE = FetchedMessage(
    message_id="om_voice", kind="audio", attachments=(Attachment("audio", "voice"),)
)


def hearing(**options) -> BotWorld:
    ports = {
        "reader": FakeReader(VOICE),
        "prices": FakePrices("$", 1.0),
        **options.pop("ports", {}),
    }
    world = BotWorld(ports=ports, **options)
    world.attachments.stored |= {"song": mp3(2_400), "voice": opus(480_000)}
    world.transcriber.text = "周五上线。"
    for _ in range(3):
        world.model.enqueue_text("好的。")
    return world


def asked(world) -> str:
    return world.model.prompts[-1].messages[-1].content


def further(world):
    return [used for stored in world.inbox.further.values() for used in stored]


def asides(world, language="zh") -> list[str]:
    ending = world.messenger.answers[-1].ending
    return [TEXTS[language](notice.kind, **notice.params) for notice in ending.asides]


def test_a_quoted_voice_message_is_heard_and_its_words_are_kept():
    world = hearing()

    world.say("什么时候上线？", parent_id="om_voice")

    assert "<quoted_message>\n(a voice message)\n</quoted_message>" in asked(world)
    assert '<recording length="0:10">\n周五上线。\n</recording>' in asked(world)
    assert [(used.model, used.audio_seconds) for used in further(world)] == [("hear-1", 10.0)]
    (stored,) = world.inbox.finished.values()
    assert "周五上线。" in stored[1].question
    assert asides(world) == ["已听 语音 0:10。"]
    assert asides(world, "en") == ["I listened to the voice message 0:10."]


def test_a_recording_that_is_sent_as_a_file_is_heard():
    world = hearing()

    world.say("", kind="file", attachments=(SONG,))

    assert world.transcriber.heard == [(mp3(2_400), "")]
    assert '<recording name="会议.mp3" length="1:03">\n周五上线。\n</recording>' in asked(world)
    assert asides(world) == ["已听 会议.mp3 1:03。"]
    assert world.documents.read_names == []
    assert sum(used.audio_seconds for used in further(world)) == pytest.approx(62.6, abs=0.1)


def test_of_a_video_that_is_sent_as_a_file_the_sound_is_heard():
    world = hearing()
    world.attachments.stored["film"] = mp4(90, b"isom")

    world.say("", kind="file", attachments=(Attachment("file", "film", "a.mp4"),))

    assert asides(world) == ["已听 a.mp4 1:30。", "a.mp4 只听了声音，没有看画面。"]


def test_what_was_heard_before_a_crash_is_not_paid_again():
    world = hearing()
    world.receive("", "om_song", kind="file", attachments=(SONG,))

    known = {"text": "早先听到的", "used": None, "seconds": 60.0}
    world.work(attempt=2, checkpoint={"recordings": {"song": known}})

    assert world.transcriber.heard == []
    assert "早先听到的" in asked(world)


def test_what_was_heard_in_a_conversation_is_not_heard_again():
    world = hearing()
    heard = tagged("recording", "周五上线。", name="会议.mp3", key="song", message="om_0")
    world.remember(turn(1, question=f"{heard}说了什么？"))

    world.say("再听一遍", "om_2", kind="file", attachments=(SONG,), parent_id="om_a1")

    assert world.transcriber.heard == []
    assert "周五上线。" in asked(world)
    assert further(world) == []


@pytest.mark.parametrize(
    ("stored", "text", "failure", "kind", "words"),
    [
        (mp4(1_801), "x", None, "recording_too_long", "「会议.mp3」太长，我最多听 30 分钟"),
        (mp3(9), "", None, "recording_empty", "「会议.mp3」里没有听到话"),
        (mp3(9), "x", ModelError("transcription_model_unset"), "recording_model_unset", "会议.mp3"),
        (mp3(9), "x", ModelError("gateway_busy"), "gateway_busy", ""),
        (MediaError("media_gone"), "x", None, "media_gone", "会议.mp3"),
    ],
)
def test_what_is_not_heard_is_said_and_the_model_is_not_asked(stored, text, failure, kind, words):
    world = hearing()
    world.attachments.stored["song"] = stored
    world.transcriber.text, world.transcriber.failure = text, failure

    world.say("", kind="file", attachments=(SONG,))

    ending = world.messenger.answers[-1].ending
    assert ending.notice.kind == kind
    assert words in TEXTS["zh"](kind, **ending.notice.params)
    assert not ending.can_regenerate
    assert world.model.prompts == []


def test_a_recording_of_more_bytes_than_a_service_takes_is_not_sent_to_it():
    world = hearing(most_file_bytes=30_000_000)
    world.attachments.stored["song"] = b"ID3" + bytes(25_000_000)

    world.say("", kind="file", attachments=(SONG,))

    notice = world.messenger.answers[-1].ending.notice
    assert (notice.kind, notice.params["limit"]) == ("media_too_large", "25")
    assert world.transcriber.heard == []


def test_with_words_about_it_they_are_answered_and_the_rest_is_an_aside():
    world = hearing()
    world.transcriber.failure = ModelError("transcription_model_unset")

    world.say("会议说了什么？", kind="file", attachments=(SONG,))

    assert "(a recording that wasn't heard)" in asked(world)
    assert "TRANSCRIPTION_MODEL" in asides(world)[0]


def test_a_spoken_question_is_marked_in_the_conversation_and_not_for_the_model():
    world = hearing()

    world.say("", "om_spoken", kind="audio", attachments=(Attachment("audio", "voice"),))

    assert asked(world) == "周五上线。"
    (stored,) = world.inbox.finished.values()
    assert stored[1].question.startswith('<recording message="om_spoken">')
