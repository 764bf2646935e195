"""/history in the whole bot: conversations listed, searched, and gone on with."""

from __future__ import annotations

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_simulator import Script
from feishu_simulator.card_view import walk
from tests.scenarios.test_branches import asked, done, labels, press, reply

TEXTS = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}


@pytest.fixture(params=["zh", "en"])
def say(request):
    return TEXTS[request.param]


@pytest.fixture
def bot(start_bot, say, sim):
    sim.gateway.respond_with(lambda body: Script.text("**Noted.**\n\nAnd more."))
    return start_bot(P2P_CONTEXT="chat", LANGUAGE=say.language)


def go_on_buttons(sim, card, say, person):
    """Press "go on" of the entry of that number, newest first."""
    label = say("button_history_go_on")
    found = [one for one in walk(card.card) if one["tag"] == "button"]
    return [one for one in found if one["text"]["content"] == label]


def search(sim, card, say, person, words):
    form = next(part for part in walk(card.card) if part["tag"] == "form")
    submit = next(part for part in walk(form) if part["tag"] == "button")
    return sim.feishu.click(card, submit, person, form_value={"words": words})


def questions(sim):
    return [text for text in asked(sim) if text not in ("none", "**Noted.**\n\nAnd more.")]


def test_what_was_asked_before_a_new_topic_is_found_and_gone_on_with(sim, bot, talk, say):
    assert say.notice("history_empty").title in talk.ask("/history").title
    talk.ask("怎么写周报？")
    talk.ask("再短一点")
    talk.ask("/new")
    done(bot, talk.ask("What is FTS5?"))

    card = talk.ask("历史" if say.language == "zh" else "/history")

    assert card.title == f"🗂️ {say('history_title')}"
    assert card.text.index("What is FTS5?") < card.text.index("怎么写周报？")
    assert say("history_turns", count=2) in card.text
    newest, older = go_on_buttons(sim, card, say, talk.alice)
    assert newest["behaviors"] != older["behaviors"]
    pressed = sim.feishu.click(card, older, talk.alice)
    assert pressed.toast == {"type": "success", "content": say("history_told")}
    assert "怎么写周报？" in card.text
    assert say("history_last", line="Noted.") in card.text
    talk.ask("and in English?")
    assert questions(sim) == ["怎么写周报？", "再短一点", "and in English?"]


def test_a_search_finds_words_of_questions_and_answers(sim, bot, talk, say):
    sim.gateway.enqueue(Script.text("Use a template for the 周报."), Script.text("A database."))
    talk.ask("How do I report?")
    talk.ask("/new")
    done(bot, talk.ask("What is FTS5?"))

    card = talk.ask("/history 周报")

    assert say("history_found", words="周报") in card.title
    assert "How do I report?" in card.text
    assert "template for the 周报" in card.text
    assert "FTS5" not in card.text
    assert search(sim, card, say, talk.alice, "fts5").error_code == 0
    assert "What is FTS5?" in card.text
    assert "How do I report?" not in card.text
    search(sim, card, say, talk.alice, "100%_nothing")
    assert say("history_none", words="100%_nothing") in card.text
    press_all = next(b for b in card.buttons if b["text"]["content"] == say("button_history_all"))
    sim.feishu.click(card, press_all, talk.alice)
    assert "What is FTS5?" in card.text
    assert "How do I report?" in card.text


def test_a_group_shows_what_was_asked_there_and_a_private_chat_leads_there(sim, bot, talk, say):
    group = sim.feishu.add_group("Team", [talk.alice, talk.bob])
    talk.ask("a private matter")
    question = sim.feishu.say(group, talk.alice, "a matter of the group", mention_bot=True)
    answer = talk.answer(question)
    bobs = sim.feishu.say(group, talk.bob, "Bob's own matter", mention_bot=True)
    done(bot, talk.answer(bobs))

    in_group = talk.answer(sim.feishu.say(group, talk.alice, "/history", mention_bot=True))

    assert say("history_group") in in_group.text
    assert "a matter of the group" in in_group.text
    assert "private" not in in_group.text.replace(say("history_group"), "")
    assert "Bob's own" not in in_group.text
    button = go_on_buttons(sim, in_group, say, talk.alice)[0]
    assert sim.feishu.click(in_group, button, talk.bob).toast["content"] == say("history_not_yours")
    card = talk.ask("/history")
    assert "a private matter" in card.text
    assert say("history_elsewhere") in card.text
    there = go_on_buttons(sim, card, say, talk.alice)[0]
    assert sim.feishu.click(card, there, talk.alice).toast["content"] == say("history_sent")
    assert say("history_sent_group") in card.text

    brought_up = reply(sim, answer)

    assert say("history_from_here") in brought_up.title
    assert "a matter of the group" in brought_up.text
    assert brought_up.thread_id == answer.thread_id
    more = sim.feishu.say(group, talk.alice, "go on", mention_bot=True, reply_to=brought_up)
    talk.answer(more)
    assert [text.partition(": ")[2] or text for text in questions(sim)[-2:]] == [
        "a matter of the group",
        "go on",
    ]


def test_a_click_with_the_number_of_somebody_elses_conversation_does_nothing(sim, bot, talk, say):
    talk.ask("Alice's secret")
    bobs_chat = sim.feishu.private_chat(talk.bob)
    done(bot, talk.answer(sim.feishu.say(bobs_chat, talk.bob, "Bob's question")))
    card = talk.answer(sim.feishu.say(bobs_chat, talk.bob, "/history"))

    own = next(b for b in card.buttons if b["text"]["content"] == say("button_history_go_on"))
    value = own["behaviors"][0]["value"]

    forged = press_value(sim, card, value | {"origin": "1"}, talk.bob)
    genuine = press_value(sim, card, value, talk.bob)

    assert value["origin"] == "2"
    assert forged.toast["content"] == say("button_outdated")
    assert genuine.toast["content"] == say("history_told")
    assert "secret" not in card.text


def press_value(sim, card, value, person):
    return sim.feishu.wait_for(lambda: sim.feishu.click(card, value, person))


def test_what_is_forgotten_is_not_found_any_more(sim, bot, talk, say):
    question = talk.say("a secret word")
    done(bot, talk.answer(question))
    sim.feishu.recall(question)

    def is_gone():
        return say.notice("history_empty").title in talk.ask("/history").title

    sim.feishu.wait_for(is_gone)
    done(bot, talk.ask("another secret word"))
    press(sim, talk.ask("/forget"), say("button_forget_yes"), talk.alice)
    assert say("history_none", words="secret") in talk.ask("/history secret").text


def test_a_model_names_a_conversation_only_where_one_is_set_for_it(sim, start_bot, talk):
    named: list[str] = []

    def respond(body):
        if body["model"] == "gpt-4o-mini":
            named.append(body["messages"][-1]["content"])
            return Script.text("《周报的写法》。")
        return Script.text("Like this.")

    sim.gateway.respond_with(respond)
    # The model for titles needn't be one that people may choose.
    models = {"OPENAI_MODEL": "gpt-4o", "ALLOWED_MODELS": "gpt-4o", "TITLE_MODEL": "gpt-4o-mini"}
    bot = start_bot(P2P_CONTEXT="chat", **models)
    talk.ask("怎么写？")
    talk.ask("再短一点")
    sim.feishu.wait_for(lambda: named)
    done(bot)

    card = talk.ask("/history")

    assert "周报的写法" in card.text
    assert "《" not in card.text
    assert len(named) == 1
    assert labels(card).count("接着聊") == 1
