"""Commands and their cards, through the webhook and the simulator."""

from __future__ import annotations

import pytest

from feishu_simulator.card_view import walk


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


@pytest.mark.parametrize(
    "text", ["help", "/ help", "／ＨＥＬＰ", "、帮助", "帮助。", "/Help！", " /help "]
)
def test_help_comes_however_it_is_spelt(sim, bot, talk, text):
    assert talk.ask(text).title == "🎒 我能做什么"
    assert not sim.gateway.requests


@pytest.mark.parametrize("text", ["help me write a letter", "、然后呢", "/etc/hosts 是什么"])
def test_a_question_that_begins_like_a_command_is_asked_as_it_is(sim, bot, talk, text):
    talk.ask(text)

    assert sim.gateway.requests[0].question == text


def test_what_is_called_otherwise_elsewhere_is_offered_with_what_was_typed(sim, bot, talk):
    first, second = sim.gateway.models[:2]
    talk.ask("one")
    assert sim.gateway.requests[-1].body["model"] == first

    card = talk.ask(f"/modle {second}")
    press(sim, card, f"/model {second}", talk.alice)
    chosen = sim.feishu.wait_for(lambda: sim.feishu.answers_to(card))[0]
    talk.ask("two", reply_to=chosen)

    assert sim.gateway.requests[-1].body["model"] == second
    assert "/new" in str(talk.ask("/reset").buttons)


def test_a_language_that_is_set_in_a_group_is_confirmed_in_it_for_every_reader(sim, bot, talk):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    card = talk.answer(sim.feishu.say(group, talk.alice, "/lang en", mention_bot=True))

    assert "All right, English from now on" in card.text
    assert "i18n_content" not in str(card.card)
    shown = talk.answer(sim.feishu.say(group, talk.alice, "/help", mention_bot=True))
    names = [
        part["i18n_content"]
        for part in walk(shown.card)
        if "/clear" in part.get("i18n_content", {}).get("zh_cn", "")
    ]
    assert names == [{"zh_cn": "/clear · 清除", "en_us": "/clear"}]
