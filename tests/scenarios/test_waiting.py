"""A question that waits behind another shows it, and only as long as it waits."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from feishu_bot.stores import Database
from feishu_bot.stores.schema import waiting_reactions
from feishu_simulator import Script, card_view

SCOPE = "im:message.reactions:write_only"
# Long enough to be looked at, and stopped by the test where it isn't waited for.
SLOW = Script.chunks(["one ", "two ", "three"], first=0.2, between=1.2)
ENDLESS = Script.chunks(["word "] * 200, between=0.3)


def calls(sim, api: str):
    return [call for call in sim.feishu.calls if call.api == api]


def reacted(sim, message):
    return sim.feishu.wait_for(lambda: "OneSecond" in message.reactions.values())


def unreacted(sim, message):
    return sim.feishu.wait_for(lambda: not message.reactions)


def waiting_line(answer) -> str:
    parts = card_view.walk(card_view.elements_of(answer.card))
    return "".join(p["text"]["content"] for p in parts if p.get("element_id") == "waiting")


def growing(sim, question):
    """The card of an answer, once words of it are on the screen."""

    def shown():
        answers = sim.feishu.answers_to(question)
        return answers and answers[0].streaming and "word" in answers[0].text and answers[0]

    return sim.feishu.wait_for(shown)


@pytest.fixture
def chat_bot(start_bot):
    return start_bot(P2P_CONTEXT="chat")


def test_a_question_behind_another_has_a_reaction_until_its_answer_begins(sim, talk, chat_bot):
    sim.gateway.enqueue(SLOW)
    first = talk.say("first")
    sim.feishu.wait_for(lambda: sim.gateway.requests)
    second = talk.say("second", wait=True)

    reacted(sim, second)
    assert not sim.feishu.answers_to(second)

    talk.answer(first)
    talk.answer(second)
    unreacted(sim, second)
    assert not first.reactions
    assert len(calls(sim, "reaction.create")) == len(calls(sim, "reaction.delete")) == 1


def test_a_question_that_waits_for_nobody_has_none(sim, talk, chat_bot):
    for text in ("one", "two"):
        talk.ask(text)
        sim.feishu.wait_for(lambda: chat_bot.is_idle)

    assert not calls(sim, "reaction.create")


def test_so_has_one_that_waits_long_because_all_threads_are_busy(sim, talk, start_bot, monkeypatch):
    monkeypatch.setattr("feishu_bot.core.queue.reaction_order.SOON", 0.6)
    start_bot(ANSWER_THREADS="1")
    sim.gateway.enqueue(SLOW)
    other = sim.feishu.private_chat(talk.bob)
    talk.say("first")
    sim.feishu.wait_for(lambda: sim.gateway.requests)

    second = sim.feishu.say(other, talk.bob, "second")

    reacted(sim, second)
    talk.answer(second)
    unreacted(sim, second)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh", "还有 2 条消息在排队；点「停止」就先回答它们。"),
        ("en", "Waiting behind this answer: 2. Stop it to go on with the next."),
    ],
)
def test_the_card_ahead_says_how_many_wait_and_its_stop_lets_them_go_on(
    sim, talk, start_bot, language, line
):
    start_bot(P2P_CONTEXT="chat", LANGUAGE=language)
    sim.gateway.enqueue(ENDLESS)
    first = talk.say("first")
    card = growing(sim, first)
    second, third = talk.say("second"), talk.say("third")

    sim.feishu.wait_for(lambda: waiting_line(card) == line)
    reacted(sim, third)
    sim.feishu.click(card, {"act": "stop", "of": first.message_id}, talk.alice)

    talk.answer(second)
    talk.answer(third)
    assert waiting_line(talk.answer(first)) == ""
    for message in (second, third):
        unreacted(sim, message)


def test_a_question_that_is_recalled_while_it_waits_leaves_nothing(sim, talk, chat_bot):
    sim.gateway.enqueue(ENDLESS)
    first = talk.say("first")
    card = growing(sim, first)
    second = talk.say("second")
    reacted(sim, second)
    sim.feishu.wait_for(lambda: waiting_line(card))

    sim.feishu.recall(second, wait=True)

    sim.feishu.wait_for(lambda: not waiting_line(card))
    sim.feishu.wait_for(lambda: not chat_bot.waiting_rows())
    sim.feishu.click(card, {"act": "stop", "of": first.message_id}, talk.alice)
    talk.answer(first)
    assert len(sim.gateway.requests) == 1


def test_without_the_scope_there_is_no_reaction_and_no_more_asking_for_it(sim, talk, chat_bot):
    sim.feishu.withdraw(SCOPE)
    sim.gateway.enqueue(SLOW)
    first = talk.say("first")
    sim.feishu.wait_for(lambda: sim.gateway.requests)

    second, third = talk.say("second"), talk.say("third")

    for question in (first, second, third):
        talk.answer(question)
    assert len(calls(sim, "reaction.create")) == 1
    assert not chat_bot.waiting_rows()


def test_what_feishu_refuses_does_no_harm(sim, talk, chat_bot):
    sim.feishu.faults.fail("reaction.create", 5, code=231018)
    sim.gateway.enqueue(SLOW)
    first = talk.say("first")
    sim.feishu.wait_for(lambda: sim.gateway.requests)

    second = talk.say("second")

    talk.answer(first)
    talk.answer(second)
    sim.feishu.wait_for(lambda: not chat_bot.waiting_rows())
    assert len(calls(sim, "reaction.create")) == 1


def test_a_reaction_whose_answer_was_lost_is_found_and_taken_away(sim, talk, chat_bot):
    sim.feishu.faults.disconnect("reaction.create", 1, after=True)
    sim.gateway.enqueue(SLOW)
    first = talk.say("first")
    sim.feishu.wait_for(lambda: sim.gateway.requests)
    second = talk.say("second")
    reacted(sim, second)
    sim.feishu.react(second, talk.bob, "OneSecond")

    talk.answer(first)
    talk.answer(second)

    sim.feishu.wait_for(lambda: not chat_bot.waiting_rows())
    assert list(second.reacted_by.values()) == [talk.bob.open_id]
    assert list(second.reactions) == list(second.reacted_by)


def noted_reactions(database_url: str) -> list[str]:
    """The ids of the reactions that the bot knows of."""
    database = Database(database_url)
    try:
        with database.read() as connection:
            return list(connection.scalars(sa.select(waiting_reactions.c.reaction_id)))
    finally:
        database.close()


def test_after_kill_9_the_next_process_takes_the_reaction_away(
    sim, talk, start_gunicorn, database_url
):
    bot = start_gunicorn(P2P_CONTEXT="chat")
    sim.gateway.enqueue(ENDLESS)
    first = talk.say("first")
    growing(sim, first)
    second = talk.say("second")
    reacted(sim, second)
    sim.feishu.wait_for(lambda: noted_reactions(database_url) == list(second.reactions))

    bot.kill()
    sim.gateway.enqueue(Script.text("again"), Script.text("the second"))
    start_gunicorn(port=bot.port, P2P_CONTEXT="chat")

    assert "the second" in talk.answer(second, timeout=40).text
    unreacted(sim, second)
