"""A voice message is answered, and the answer is spoken, through webhook, gateway and Feishu."""

from __future__ import annotations

import json

from feishu_simulator.ogg_voice import milliseconds_of, ogg_opus


def test_a_voice_message_is_heard_and_answered_by_voice(sim, start_bot, talk):
    start_bot(VOICE_REPLY="same", TRANSCRIPTION_MODEL="whisper-1", SPEECH_MODEL="tts-1")
    key = sim.feishu.add_file(ogg_opus(3_000), "voice.opus")
    content = {"file_key": key, "duration": 3_000}

    answer = talk.answer(sim.feishu.send(talk.chat, talk.alice, "audio", content))

    asked = sim.gateway.requests[-1].body["messages"][-1]["content"]
    assert f"🎤 {asked}" in json.dumps(answer.card, ensure_ascii=False)
    spoken = sim.feishu.wait_for(
        lambda: [m for m in sim.feishu.messages if m.message_type == "audio"][1:]
    )
    file = sim.feishu.state.files[spoken[0].content["file_key"]]
    assert milliseconds_of(file.data) > 0


def test_a_voice_message_without_a_model_that_hears_is_told_what_to_set(sim, bot, talk):
    content = {"file_key": sim.feishu.add_file(ogg_opus(1_000), "voice.opus"), "duration": 1_000}

    answer = talk.answer(sim.feishu.send(talk.chat, talk.alice, "audio", content))

    assert "TRANSCRIPTION_MODEL" in json.dumps(answer.card, ensure_ascii=False)
