"""Commands and their cards, through the webhook and the simulator."""

from __future__ import annotations


def press(sim, message, label, person):
    button = next(b for b in message.buttons if b["text"]["content"] == label)
    return sim.feishu.click(message, button, person)


def test_help_is_a_card_whose_buttons_run_commands(sim, bot, talk):
    card = talk.ask("帮助")

    assert card.title == "🎒 我能做什么"
    assert "/clear · 清除" in card.text
    result = press(sim, card, "新话题", talk.alice)
    assert result.toast == {"type": "info", "content": "好的：/new"}
    begun = sim.feishu.wait_for(lambda: sim.feishu.answers_to(card))
    assert begun[0].title == "新话题开始了"


def test_a_misspelt_command_is_suggested_and_not_sent_to_the_model(sim, bot, talk):
    card = talk.ask("/claer")

    assert "没有 /claer 这个命令" in card.text
    assert not sim.gateway.requests
    press(sim, card, "/clear", talk.alice)
    asked = sim.feishu.wait_for(lambda: sim.feishu.answers_to(card))
    assert asked[0].title == "🧹 清除上下文"


def test_two_slashes_send_one_to_the_model(sim, bot, talk):
    talk.ask("//clear the table")

    assert sim.gateway.requests[0].question == "/clear the table"


def test_clearing_forgets_what_was_said_and_says_so_in_the_card(sim, talk, bot):
    talk.ask("my name is Li")
    press(sim, talk.ask("/clear"), "再想想", talk.alice)
    talk.ask("who am I?")
    assert "my name is Li" in str(sim.gateway.requests[-1].body)

    card = talk.ask("清除")
    press(sim, card, "清除", talk.alice)
    assert "上下文已清除" in card.text
    talk.ask("who am I now?")
    assert "my name is Li" not in str(sim.gateway.requests[-1].body)


def test_in_a_conversation_by_reply_clearing_forgets_what_was_said(sim, start_bot, talk):
    start_bot(P2P_CONTEXT="thread")
    answer = talk.ask("my name is Li")
    card = talk.ask("/clear", reply_to=answer)

    kept = press(sim, card, "再想想", talk.alice)
    assert kept.error_code == 0
    talk.ask("who am I?", reply_to=answer)
    assert "my name is Li" in str(sim.gateway.requests[-1].body)

    card = talk.ask("清除", reply_to=answer)
    cleared = press(sim, card, "清除", talk.alice)
    assert cleared.toast["type"] == "success"
    assert "上下文已清除" in card.text
    assert not card.buttons
    talk.ask("who am I now?", reply_to=answer)
    assert "my name is Li" not in str(sim.gateway.requests[-1].body)


def test_in_a_group_a_card_says_everything_in_both_languages(sim, bot, talk):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    question = sim.feishu.say(group, talk.alice, "/help", mention_bot=True)

    card = talk.answer(question)

    title = card.card["header"]["title"]["i18n_content"]
    assert title == {"zh_cn": "🎒 我能做什么", "en_us": "🎒 What I can do"}
