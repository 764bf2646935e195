"""One card, drawn by one process after another."""

from __future__ import annotations

import pytest

from feishu_bot.content.catalog import Catalog
from feishu_bot.errors import CardRefused, PermissionMissing
from feishu_bot.feishu.cards import answer
from feishu_bot.feishu.streaming.cardkit_card import CardKitCard
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.streaming.reply_sender import ReplySender
from tests.polling import Clock

TEXTS = Catalog.load("en")


@pytest.fixture
def make(client, question):
    """A card as a process would make it, with a clock of its own."""

    def make(clock, state):
        caller = PacedCaller(Pacer(), patience=2.0)
        replies = ReplySender(
            client=client,
            caller=caller,
            message_id=question.message_id,
            chat_id=question.chat.chat_id,
            open_id=question.sender.open_id,
            in_thread=False,
            reference="ev",
        )
        return CardKitCard(
            client,
            caller,
            replies,
            part=0,
            interval=0.1,
            save=lambda: None,
            state=state,
            clock=clock,
        )

    return make


def card(text, *, streaming=False):
    return answer.answer_card(TEXTS, text=text, streaming=streaming)


def show(streaming_card, text):
    assert streaming_card.draw(text, lambda: card(text, streaming=True), since=0.0, urgent=True)


def test_a_process_whose_clock_is_behind_still_has_the_last_word(sim, make, question):
    clock, late = Clock(), Clock()
    first = make(clock, {})
    first.open(card("", streaming=True))
    for number in range(20):
        clock.tick(0.05)
        show(first, f"text {number}")

    late.tick(0.4)
    second = make(late, first.state())
    second.open(card("", streaming=True))
    second.close("the end", card("the end"))

    (answer,) = sim.feishu.answers_to(question)
    assert "the end" in answer.text
    assert not answer.streaming


def test_a_card_is_sent_once_whoever_opens_it(sim, make, question):
    first = make(Clock(), {})
    first.open(card("", streaming=True))
    state = {**first.state(), "message_id": ""}

    make(Clock(), state).open(card("", streaming=True))

    assert len(sim.feishu.answers_to(question)) == 1


def test_sequences_follow_the_age_of_the_card(sim, make):
    clock = Clock()
    streaming_card = make(clock, {})
    streaming_card.open(card("", streaming=True))
    clock.tick(12.5)

    show(streaming_card, "a")

    assert sim.feishu.calls[-1].body["sequence"] == 1251


def test_a_card_that_could_not_be_sent_is_not_taken_for_shown(sim, make):
    streaming_card = make(Clock(), {})
    sim.feishu.faults.fail("message.reply", every=1, status=400, code=230027)
    with pytest.raises(PermissionMissing):
        streaming_card.open(card("", streaming=True))

    with pytest.raises(CardRefused):
        streaming_card.close("the end", card("the end"))
