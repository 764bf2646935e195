"""Voice messages are heard, and answers are spoken."""

from __future__ import annotations

import pytest

from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.messages import Attachment
from feishu_bot.core.speech import Speech
from feishu_bot.core.tasks import SpeakAnswer
from feishu_bot.errors import MediaError, ModelError
from tests.builders import TEXTS, BotWorld, turn
from tests.core.fakes import FakePrices
from tests.samples import counted


def spoken_world(**options) -> BotWorld:
    world = BotWorld(**options)
    world.attachments.stored["voice"] = b"OggS"
    world.transcriber.text = "几点了？"
    for _ in range(3):
        world.model.enqueue_text("三点。")
    return world


def say_aloud(world: BotWorld, message_id: str = "om_voice") -> None:
    attachment = Attachment("audio", "voice")
    world.say("", message_id, kind="audio", attachments=(attachment,))


def test_what_is_said_is_the_question_and_stands_above_the_answer() -> None:
    world = spoken_world()

    say_aloud(world)

    (answer,) = world.messenger.answers
    assert answer.heard == "几点了？"
    assert answer.ending.heard == "几点了？"
    assert world.model.prompts[-1].messages[-1].content == "几点了？"
    (finished,) = world.inbox.finished.values()
    assert without_context(finished[1].question) == "几点了？"


def test_hearing_is_paid_by_the_second() -> None:
    world = spoken_world(ports={"prices": FakePrices("$", 1.0)})

    say_aloud(world)

    (further,) = world.inbox.further.values()
    assert [(used.model, used.outcome) for used in further] == [("hear-1", "noticed")]


def test_after_a_crash_a_voice_message_is_not_heard_again() -> None:
    world = spoken_world()
    attachment = Attachment("audio", "voice")
    world.receive("", "om_voice", kind="audio", attachments=(attachment,))

    world.work(attempt=2, checkpoint={"heard": {"text": "早先听到的", "used": None}})

    assert world.transcriber.heard == []
    assert world.messenger.answers[-1].heard == "早先听到的"


@pytest.mark.parametrize(
    ("text", "failure", "stored", "kind"),
    [
        ("", None, b"OggS", "voice_empty"),
        ("x", ModelError("transcription_model_unset"), b"OggS", "transcription_model_unset"),
        ("x", ModelError("timeout"), b"OggS", "timeout"),
        ("x", None, MediaError("media_gone"), "media_gone"),
        ("x", None, MediaError("media_too_large"), "media_too_large"),
    ],
)
def test_what_is_not_heard_is_said_and_asked_nowhere(text, failure, stored, kind) -> None:
    world = spoken_world()
    world.transcriber.text, world.transcriber.failure = text, failure
    world.attachments.stored["voice"] = stored

    say_aloud(world)

    ending = world.messenger.answers[-1].ending
    assert ending.notice.kind == kind
    assert not ending.can_regenerate
    assert world.model.prompts == []


def test_a_recording_that_is_too_large_is_not_called_a_picture() -> None:
    world = spoken_world()
    world.attachments.stored["voice"] = MediaError("media_too_large")

    say_aloud(world)

    notice = world.messenger.answers[-1].ending.notice
    assert TEXTS["zh"](notice.kind, **notice.params).startswith("「语音」太大")
    assert TEXTS["en"](notice.kind, **notice.params).startswith("I can't read the voice message")


def test_a_recording_can_be_heard_with_the_language_that_is_mostly_spoken() -> None:
    world = spoken_world(transcription_language="zh")

    say_aloud(world)

    assert world.transcriber.heard == [(b"OggS", "zh")]


def speaking(world: BotWorld) -> list[SpeakAnswer]:
    return [task.task for task in world.inbox.tasks if isinstance(task.task, SpeakAnswer)]


@pytest.mark.parametrize(
    ("when", "by_voice", "by_text"), [("never", 0, 0), ("same", 1, 0), ("always", 1, 1)]
)
def test_answers_are_spoken_as_the_administrator_has_chosen(when, by_voice, by_text) -> None:
    world = spoken_world(voice_reply=when)
    say_aloud(world)
    assert len(speaking(world)) == by_voice

    world = spoken_world(voice_reply=when)
    world.say("hello")
    assert len(speaking(world)) == by_text


@pytest.fixture
def world() -> BotWorld:
    world = spoken_world(voice_reply="always")
    world.remember(turn(1, answer="**Hello**", answer_ids=("om_answer",)))
    return world


def speak(world: BotWorld, **changes) -> None:
    world.say("hello")
    world.remember(turn(1, answer="**Hello**", answer_ids=("om_answer",)))
    world.work(**changes)


def test_an_answer_is_spoken_without_its_marks(world) -> None:
    with counted("feishu_bot_media_total", model="other", kind="audio_seconds") as seconds:
        speak(world)

    assert seconds == pytest.approx([1.0])
    assert world.speech.said == [("Hello", "")]
    assert world.messenger.voices == [(b"OggS", 1000)]


def test_a_recording_that_is_not_opus_is_sent_as_a_file(world) -> None:
    world.speech.speech = Speech(data=b"ID3", format="mp3", milliseconds=0, model="speak-1")

    speak(world)

    assert world.messenger.voices == []
    assert world.messenger.files == [("answer-1.mp3", b"ID3")]


def test_what_may_have_been_paid_before_a_crash_is_not_spoken_again(world) -> None:
    speak(world, attempt=2, checkpoint={"begun": True})

    assert world.speech.said == []
    assert world.messenger.voices == []


def test_a_failure_to_speak_is_told_to_the_admins_alone(world) -> None:
    world.speech.failure = ModelError("speech_model_unset")

    speak(world)

    assert world.messenger.notices == []
    assert [alert.kind for alert, _ in world.alerts.noted] == ["speech_model_unset"]


def test_a_long_answer_can_be_summed_up(world) -> None:
    world = spoken_world(voice_reply="always", voice_long="summary")
    world.say("hello")
    world.remember(turn(1, answer="word " * 400, answer_ids=("om_answer",)))

    world.work()

    assert len(world.model.prompts) == 2
    assert len(world.speech.said) == 1
    assert len(world.speech.said[0][0]) < 600
