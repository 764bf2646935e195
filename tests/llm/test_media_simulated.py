"""The bot's own adapters against the simulated gateway."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from feishu_bot.core.chat_model import ChatMessage, Prompt, TextDelta
from feishu_bot.core.pictures import Picture
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.media_tasks import MediaSettings
from feishu_bot.media.images import prepare_picture
from feishu_simulator import Simulator
from feishu_simulator.ogg_voice import ogg_opus
from feishu_simulator.picture_colours import main_colours

BLUE = (50, 110, 250)


def photo(colour=BLUE, size=(300, 200)) -> Picture:
    """A picture as the bot prepares it."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return prepare_picture(buffer.getvalue())


@pytest.fixture
def sim():
    with Simulator() as simulator:
        simulator.gateway.first = simulator.gateway.between = 0.0
        simulator.gateway.models += ["gpt-image-2", "whisper-1", "tts-1", "gpt-x-blind"]
        yield simulator


@pytest.fixture
def gateway(sim):
    gateway = Gateway(api_url=sim.gateway.url, keys=sim.gateway.keys, media=MediaSettings())
    yield gateway
    gateway.close()


def ask(gateway, model, *pictures):
    prompt = Prompt(messages=(ChatMessage("user", "What is it?", pictures),), model=model)
    return "".join(e.text for e in gateway.stream(prompt) if isinstance(e, TextDelta))


def test_a_picture_is_seen_as_it_was_sent(gateway):
    text = ask(gateway, "gpt-4-0613", photo(), photo((220, 40, 40), (40, 40)))

    assert "JPEG, 300 × 200 pixels, main colours: blue" in text
    assert "JPEG, 40 × 40 pixels, main colours: red" in text


def test_a_blind_model_is_asked_with_a_picture_once(sim, gateway):
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            ask(gateway, "gpt-x-blind", photo())
        assert caught.value.kind == "model_cant_see"

    assert len(sim.gateway.requests) == 1
    assert not gateway.can_see("gpt-x-blind")
    assert gateway.can_see("gpt-4-0613")


@pytest.mark.parametrize("by_address", [False, True])
def test_a_picture_is_drawn_and_changed(sim, gateway, by_address):
    sim.gateway.media.gives_addresses = by_address

    drawn = gateway.media.pictures.draw("a red kite", size="128x64")
    changed = gateway.media.pictures.draw("红色的天空", pictures=(photo(), photo()))

    assert drawn.model == "gpt-image-2"
    with Image.open(io.BytesIO(drawn.pictures[0])) as opened:
        assert opened.size == (128, 64)
    assert set(main_colours(changed.pictures[0])) == {"red", "blue"}
    assert [r.route for r in sim.gateway.media.requests] == ["/images/generations", "/images/edits"]


def test_a_size_that_isnt_made_is_left_out(gateway):
    drawn = gateway.media.pictures.draw("a red kite", size="huge")

    assert drawn.without == {"size"}


def test_a_voice_is_heard(gateway):
    transcript = gateway.media.transcription.transcribe(ogg_opus(2_340), language="zh")

    assert (transcript.text, transcript.model) == ("这是一段 2.3 秒的语音。", "whisper-1")


def test_an_answer_is_spoken_and_its_length_is_known(gateway):
    speech = gateway.media.speech.speak("你好，世界")

    assert (speech.format, speech.milliseconds, speech.model) == ("opus", 860, "tts-1")
