"""A voice message is answered, and the answer is spoken, through webhook, gateway and Feishu."""

from __future__ import annotations

import json

from feishu_simulator.ogg_voice import milliseconds_of, ogg_opus


def test_a_voice_message_is_heard_answered_and_answered_by_voice(sim, start_bot, talk):
    bot = start_bot(VOICE_REPLY="same")
    key = sim.feishu.add_file(ogg_opus(3_000), "opus")
    sent = sim.feishu.send(talk.chat, talk.alice, "audio", {"file_key": key, "duration": 3_000})

    answer = talk.answer(sent)

    shown = json.dumps(answer.card, ensure_ascii=False)
    assert "🎤" in shown
    asked = sim.gateway.requests[-1].body["messages"][-1]["content"]
    assert asked in shown
    sim.feishu.wait_for(lambda: any(item.kind == "audio" for item in sim.feishu.sent_by_bot()))
    sim.feishu.wait_for(lambda: bot.is_idle)
    assert milliseconds_of(ogg_opus(3_000)) == 3_000
