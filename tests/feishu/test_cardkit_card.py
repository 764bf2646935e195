"""One card, drawn by one process after another."""

from __future__ import annotations

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.errors import CardRefused, FeishuUnavailable, PermissionMissing
from feishu_bot.feishu.cards import answer
from tests.polling import Clock

TEXTS = Catalog.load("en")


def card(text, *, streaming=False):
    return answer.answer_card(TEXTS, text=text, streaming=streaming)


def show(streaming_card, text):
    assert streaming_card.draw(text, lambda: card(text, streaming=True), since=0.0, urgent=True)


def test_a_process_whose_clock_is_behind_still_has_the_last_word(sim, cardkit_card, question):
    clock, late = Clock(), Clock()
    first = cardkit_card(clock, {})
    first.open(card("", streaming=True))
    for number in range(20):
        clock.tick(0.05)
        show(first, f"text {number}")

    late.tick(0.4)
    second = cardkit_card(late, first.state())
    second.open(card("", streaming=True))
    second.close("the end", card("the end"))

    (answer,) = sim.feishu.answers_to(question)
    assert "the end" in answer.text
    assert not answer.streaming


def test_a_card_is_sent_once_whoever_opens_it(sim, cardkit_card, question):
    first = cardkit_card(Clock(), {})
    first.open(card("", streaming=True))
    state = {**first.state(), "message_id": ""}

    cardkit_card(Clock(), state).open(card("", streaming=True))

    assert len(sim.feishu.answers_to(question)) == 1


def test_sequences_follow_the_age_of_the_card(sim, cardkit_card):
    clock = Clock()
    streaming_card = cardkit_card(clock, {})
    streaming_card.open(card("", streaming=True))
    clock.tick(12.5)

    show(streaming_card, "a")

    assert sim.feishu.calls[-1].body["sequence"] == 1251


def test_a_card_that_could_not_be_sent_is_not_taken_for_shown(sim, cardkit_card):
    streaming_card = cardkit_card(Clock(), {})
    sim.feishu.faults.fail("message.reply", every=1, status=400, code=230027)
    with pytest.raises(PermissionMissing):
        streaming_card.open(card("", streaming=True))

    with pytest.raises(CardRefused):
        streaming_card.close("the end", card("the end"))


def calls_to_settle(sim, streaming_card):
    before = len(sim.feishu.calls)
    streaming_card.settle()
    return [call.api for call in sim.feishu.calls[before:]]


def test_a_final_card_that_was_taken_ends_the_streaming_by_itself(sim, cardkit_card, question):
    streaming_card = cardkit_card(Clock(), {})
    streaming_card.open(card("", streaming=True))
    streaming_card.close("the end", card("the end"))

    assert calls_to_settle(sim, streaming_card) == []
    assert not sim.feishu.answers_to(question)[0].streaming


def test_streaming_is_switched_off_where_no_final_card_was_taken(sim, cardkit_card, question):
    first = cardkit_card(Clock(), {})
    first.open(card("", streaming=True))
    first.overwrite("moved")
    second = cardkit_card(Clock(1_001.0), first.state())

    assert calls_to_settle(sim, second) == ["card.settings"]
    assert calls_to_settle(sim, second) == []
    assert not sim.feishu.answers_to(question)[0].streaming


def test_the_next_try_begins_above_the_numbers_of_one_that_was_refused_for_long(
    sim, cardkit_card, question
):
    clock = Clock()
    first = cardkit_card(clock, {})
    first.open(card("", streaming=True))
    sim.feishu.faults.fail("card.update", times=8, code=300317)
    with pytest.raises(FeishuUnavailable):
        first.close("", card("the end"))
    # It is taken, far above the card's age.
    first.settle()

    clock.tick(5)
    second = cardkit_card(clock, first.state())
    second.open(card("", streaming=True))
    second.close("", card("the end"))

    (answer,) = sim.feishu.answers_to(question)
    assert "the end" in answer.text
