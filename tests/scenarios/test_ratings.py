"""Cards of answers that have ended: what people think of them, and recalled questions."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from feishu_bot.stores.schema import feedback
from feishu_simulator import Script
from feishu_simulator.card_view import label_of, value_of
from tests.polling import eventually

UNKNOWN = "这段对话已经找不到了，请重新提问"


@pytest.fixture
def group(sim, talk):
    return sim.feishu.add_group("Team", [talk.alice, talk.bob])


@pytest.fixture
def press(sim):
    """Press a button by what it does, once the bot knows that it has sent the card."""

    def press(message, act, person, **value):
        def taken():
            button = next(
                b for b in message.buttons if value_of(b).items() >= {"act": act, **value}.items()
            )
            result = sim.feishu.click(message, button, person)
            return result if (result.toast or {}).get("content") != UNKNOWN else None

        return sim.feishu.wait_for(taken)

    return press


def thumbs(message):
    """What is written on 👍 and 👎, and whether each is marked."""
    found = [b for b in message.buttons if value_of(b).get("act") == "rate"]
    return [(label_of(b), b["type"]) for b in found]


def shows(message, *expected):
    eventually(lambda: thumbs(message) == list(expected))


def test_the_pressed_thumb_is_marked_changed_and_taken_back(sim, talk, bot, press):
    answer = talk.ask("hello")
    shows(answer, ("👍", "text"), ("👎", "text"))

    up = press(answer, "rate", talk.alice, verdict="up")
    assert up.toast["content"] == "谢谢，我记下了"
    shows(answer, ("👍 ✓", "primary_text"), ("👎", "text"))
    press(answer, "rate", talk.alice, verdict="down")
    shows(answer, ("👍", "text"), ("👎 ✓", "primary_text"))
    taken_back = press(answer, "rate", talk.alice, verdict="down")
    assert taken_back.toast["content"] == "已取消"
    shows(answer, ("👍", "text"), ("👎", "text"))

    # By the card's own id: no scope for asking Feishu is needed.
    assert "card.id_convert" not in {call.api for call in sim.feishu.calls}
    assert "cardkit:card:read" not in sim.feishu.access.scopes


def test_in_a_group_everybody_counts(sim, talk, bot, press, group):
    answer = talk.answer(sim.feishu.say(group, talk.alice, "hello", mention_bot=True))

    press(answer, "rate", talk.alice, verdict="up")
    press(answer, "rate", talk.bob, verdict="up")
    shows(answer, ("👍 2", "primary_text"), ("👎", "text"))
    press(answer, "rate", talk.bob, verdict="down")
    shows(answer, ("👍 1", "primary_text"), ("👎 1", "primary_text"))


def test_a_mark_waits_for_no_answer_of_the_same_conversation(sim, talk, bot, press):
    answer = talk.ask("hello")
    sim.gateway.enqueue(Script.text("x" * 2_000, between=5.0))
    talk.say("and now at length", reply_to=answer)

    press(answer, "rate", talk.alice, verdict="up")
    shows(answer, ("👍 ✓", "primary_text"), ("👎", "text"))


def test_a_card_that_is_being_pressed_is_marked_a_moment_later(sim, talk, bot, press):
    answer = talk.ask("hello")
    sim.feishu.faults.fail("card.batch_update", code=200810, times=2)

    press(answer, "rate", talk.alice, verdict="up")
    shows(answer, ("👍 ✓", "primary_text"), ("👎", "text"))


def test_without_cardkit_the_thumbs_work_and_the_card_stays_as_it_is(sim, talk, start_bot, press):
    sim.feishu.withdraw("cardkit:card:write")
    bot = start_bot()
    answer = talk.ask("hello")
    shows(answer, ("👍", "text"), ("👎", "text"))

    assert press(answer, "rate", talk.alice, verdict="up").toast["type"] == "success"
    eventually(lambda: "card.id_convert" in {call.api for call in sim.feishu.calls})
    eventually(lambda: bot.is_idle)
    assert thumbs(answer) == [("👍", "text"), ("👎", "text")]
    assert talk.ask("and now?").text


def test_a_card_whose_id_is_unknown_is_looked_up_where_the_scope_allows(
    sim, talk, start_bot, press
):
    sim.feishu.withdraw("cardkit:card:write")
    start_bot()
    answer = talk.ask("hello")
    shows(answer, ("👍", "text"), ("👎", "text"))
    sim.feishu.grant("cardkit:card:write", "cardkit:card:read")

    press(answer, "rate", talk.alice, verdict="up")
    shows(answer, ("👍 ✓", "primary_text"), ("👎", "text"))


def test_an_answer_over_several_cards_has_one_verdict_of_a_person(sim, talk, start_bot, press):
    bot = start_bot(ANSWER_CARDS="1")
    text = "今天的工作先这样安排。" * 12 + "\n\n"
    sim.gateway.enqueue(Script.chunks([text] * 100, between=0.0))
    first = talk.ask("讲讲所有的安排")
    press(first, "more", talk.alice)
    rest = sim.feishu.wait_for(lambda: sim.feishu.answers_to(first))[-1]

    assert (
        press(rest, "rate", talk.alice, verdict="down").toast["content"] == "谢谢告诉我，我记下了"
    )
    shows(first, ("👍", "text"), ("👎 ✓", "primary_text"))
    form = sim.feishu.wait_for(lambda: sim.feishu.answers_to(rest))[0]
    submit = next(b for b in form.buttons if value_of(b).get("act") == "comment")
    sim.feishu.click(form, submit, talk.alice, form_value={"comment": "太长了"})
    press(first, "rate", talk.alice, verdict="up")
    shows(first, ("👍 ✓", "primary_text"), ("👎", "text"))

    with bot.database.read() as connection:
        kept = connection.execute(sa.select(feedback.c.message_id, feedback.c.verdict)).all()
    assert kept == [(first.message_id, "up")]


# Recalls


def is_retired(message):
    return not message.buttons and message.text.endswith("提问已撤回。")


def test_a_recalled_question_takes_the_buttons_off_its_answers(sim, talk, bot, press):
    question = talk.say("hello")
    answer = talk.answer(question)
    press(answer, "regenerate", talk.alice)
    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(question)) == 2)
    again = sim.feishu.answers_to(question)[1]
    eventually(lambda: not again.streaming and again.buttons)
    eventually(lambda: bot.is_idle)
    text = answer.text

    sim.feishu.recall(question)

    eventually(lambda: is_retired(answer) and is_retired(again))
    # What was answered can still be read.
    assert text in answer.text


def test_an_answer_that_is_still_written_loses_its_buttons_too(sim, talk, bot):
    sim.gateway.enqueue(Script.text("word " * 500, between=0.05))
    question = talk.say("hello")
    answer = sim.feishu.wait_for(lambda: sim.feishu.answers_to(question))[0]
    sim.feishu.wait_for(lambda: "word word" in answer.text)

    sim.feishu.recall(question)

    eventually(lambda: is_retired(answer))
    assert not answer.streaming


def test_a_group_reads_in_both_languages_that_the_question_was_recalled(sim, talk, bot, group):
    question = sim.feishu.say(group, talk.alice, "hello", mention_bot=True)
    answer = talk.answer(question)

    sim.feishu.recall(question)

    eventually(lambda: is_retired(answer))
    (line,) = [e for e in answer.card["body"]["elements"] if e.get("element_id") == "retired"]
    assert line["text"]["i18n_content"]["en_us"] == "The question was recalled."


def test_a_recall_of_what_nobody_answered_changes_nothing(sim, talk, bot):
    answer = talk.ask("hello")
    before = answer.card
    sim.feishu.recall(talk.say("/help"))
    eventually(lambda: bot.is_idle)

    assert answer.card == before
