"""Cards at their limits: long answers, missing scopes, refusals, ten minutes."""

from __future__ import annotations

import pytest

from feishu_simulator import Script, Simulator
from feishu_simulator.card_checks import CardRules
from tests.polling import Clock, eventually
from tests.scenarios.conftest import Talk


def test_a_long_answer_goes_on_in_more_cards(sim, talk, start_bot):
    start_bot(ANSWER_CARDS="0")
    lines = [f"line {n}: {'word ' * 20}\n\n" for n in range(700)]
    sim.gateway.enqueue(Script.chunks(lines, between=0.001))
    question = talk.say("tell me everything")

    sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(question)) and "line 699" in a[-1].text, timeout=30
    )
    answers = sim.feishu.answers_to(question)
    sim.feishu.wait_for(lambda: not any(a.streaming for a in answers))

    assert len(answers) >= 3
    text = "".join(answer.text for answer in answers)
    assert [n for n in range(700) if f"line {n}: " not in text] == []
    assert [answer.text.count("tokens") for answer in answers][:-1] == [0] * (len(answers) - 1)


def test_a_reply_to_any_card_of_a_long_answer_continues(sim, talk, bot):
    sim.gateway.enqueue(Script.chunks(["x " * 500 + "\n\n"] * 40, between=0.0))
    question = talk.say("long")
    sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(question)) and "tokens" in a[-1].text, timeout=20
    )
    first, *_, last = sim.feishu.answers_to(question)

    talk.ask("and?", reply_to=first)
    talk.ask("and?", reply_to=last)

    assert [len(r.body["messages"]) for r in sim.gateway.requests] == [1, 3, 3]


def test_code_that_is_cut_in_two_stays_code(sim, talk, bot):
    code = "```python\n" + "".join(f"print({n})  # {'x' * 60}\n" for n in range(500)) + "```\n"
    sim.gateway.enqueue(Script.chunks([code[i : i + 400] for i in range(0, len(code), 400)]))
    question = talk.say("code")
    sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(question)) and "print(499)" in a[-1].text, timeout=20
    )

    for answer in sim.feishu.answers_to(question):
        assert answer.text.count("```") % 2 == 0


def test_what_is_held_back_costs_no_frames(sim, talk, bot):
    """What may become a formula or a table is shown once it is known what it is."""
    sim.gateway.enqueue(Script.chunks(["$$"] + ["x + "] * 60 + ["1 $$ and so on"], between=0.02))
    question = talk.say("sum")
    sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(question)) and "and so on" in a[-1].text, timeout=20
    )

    calls = [call.api for call in sim.feishu.calls]
    assert calls.count("card.update") + calls.count("element.content") <= 4


def test_without_cardkit_the_card_is_patched(sim, talk, bot):
    sim.feishu.withdraw("cardkit:card:write")
    sim.gateway.respond_with(
        lambda body: Script.chunks([f"w{n} " for n in range(60)], between=0.05)
    )

    first, second = talk.say("one"), talk.say("two")

    for question in (first, second):
        sim.feishu.wait_for(
            lambda q=question: (a := sim.feishu.answers_to(q)) and "w59" in a[0].text
        )
        (answer,) = sim.feishu.answers_to(question)
        assert len(answer.history) >= 3
    patches = [c for c in sim.feishu.calls if c.api == "message.patch"]
    assert patches
    assert not sim.feishu.over_limit


def test_cardkit_is_not_asked_for_again_and_again(sim, talk, bot):
    sim.feishu.withdraw("cardkit:card:write")
    for text in ("one", "two", "three"):
        question = talk.say(text)
        sim.feishu.wait_for(
            lambda q=question: (a := sim.feishu.answers_to(q)) and "tokens" in a[0].text
        )

    assert sum(c.api == "card.create" for c in sim.feishu.calls) == 1


def test_an_answer_comes_as_text_where_all_cards_are_refused(sim, talk, bot):
    sim.feishu.state.card_rules = CardRules(max_elements=0)
    sim.gateway.enqueue(Script.text("plain <at id=all></at> words"))

    answer = talk.ask("hello")

    assert answer.message_type == "text"
    assert "plain" in answer.text
    assert "<at" not in str(answer.content)


def test_a_final_card_that_is_refused_is_followed_by_text(sim, talk, bot):
    sim.feishu.faults.fail("card.update", every=1, status=400, code=200621)
    sim.gateway.enqueue(Script.text("the whole answer"))
    question = talk.say("hello")

    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(question)) == 2)

    assert "the whole answer" in sim.feishu.answers_to(question)[1].text


def test_more_tables_than_feishu_takes_lose_nothing(sim, talk, bot):
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    sim.gateway.enqueue(Script.text(table * 8 + "after all"))

    answer = talk.ask("tables")

    assert "after all" in answer.text
    assert answer.text.count("| 1 | 2 |") == 8


def test_the_final_text_lands_after_an_outage(sim, talk, bot):
    sim.feishu.faults.disconnect("card.update", 4)
    sim.gateway.enqueue(Script.text("worth the wait"))

    assert "worth the wait" in talk.ask("hello").text


def test_a_streaming_mode_that_ended_is_opened_again(start_bot_at):
    clock = Clock()
    sim, talk = start_bot_at(clock)
    sim.gateway.enqueue(Script.chunks([f"w{n} " for n in range(100)], between=0.05))
    question = talk.say("hello")
    sim.feishu.wait_for(lambda: (a := sim.feishu.answers_to(question)) and "w5" in a[0].text)

    clock.tick(601)

    (answer,) = sim.feishu.answers_to(question)
    sim.feishu.wait_for(lambda: "w99" in answer.text)
    reopened = [c for c in sim.feishu.calls if c.api == "card.settings" and "true" in str(c.body)]
    assert len(reopened) == 1


@pytest.fixture
def start_bot_at(tmp_path, monkeypatch):
    """A bot and a simulator whose platform lives by the test's clock."""
    from lark_oapi.core.http import Transport

    from tests.scenarios.bots import LocalBot, environment

    monkeypatch.setattr(Transport, "execute", Transport.execute)
    started = []

    def start(clock):
        sim = Simulator(clock=clock).start()
        bot = LocalBot(environment(sim, f"sqlite:///{tmp_path}/bot.db")).start()
        started.extend((bot, sim))
        sim.feishu.bot_url = bot.url
        return sim, Talk(sim)

    yield start
    for part in started:
        part.stop()


def test_a_recalled_question_gets_no_answer(sim, talk, bot):
    sim.feishu.faults.delay("card.create", 0.3)
    question = talk.say("hello")
    sim.feishu.recall(question)

    talk.ask("another")

    assert all(not a.streaming for a in sim.feishu.answers_to(question))


def test_limits_are_kept_with_many_answers_at_once(sim, talk, bot):
    sim.feishu.enforce_limits = True
    sim.gateway.respond_with(
        lambda body: Script.chunks([f"w{n} " for n in range(40)] + ["the end."], between=0.05)
    )
    people = [sim.feishu.add_person(f"P{n}") for n in range(60)]
    questions = [sim.feishu.say(sim.feishu.private_chat(p), p, "hello") for p in people]

    sim.feishu.wait_for(
        lambda: all(
            (a := sim.feishu.answers_to(q)) and "the end." in a[0].text and not a[0].streaming
            for q in questions
        ),
        timeout=40,
    )

    assert sim.feishu.over_limit == []
    assert sim.feishu.refused == []


@pytest.mark.parametrize("fault", ["refused", "away"])
def test_frames_that_fail_are_not_sent_again_and_again(sim, talk, bot, fault):
    if fault == "refused":
        sim.feishu.faults.fail("element.content", every=1, status=400, code=200621)
    else:
        sim.feishu.faults.disconnect("element.content", every=1)
    sim.gateway.enqueue(Script.chunks(["a ", "b ", "the end."], between=1.0))

    assert "the end." in talk.ask("hello").text

    assert sum(c.api == "element.content" for c in sim.feishu.calls) < 15


def test_content_that_feishu_does_not_let_through_is_told(sim, talk, bot):
    sim.gateway.enqueue(Script.text("secret plans", first=0.5))
    question = talk.say("hello")
    sim.feishu.wait_for(lambda: sim.feishu.answers_to(question))
    sim.feishu.faults.fail("card.update", times=1, status=400, code=230028)
    sim.feishu.faults.fail("message.reply", times=1, status=400, code=230028)

    answer = talk.answer(question)

    assert "secret plans" not in answer.text
    assert "发不出来" in answer.title


def test_patched_cards_are_taken_up_by_a_process_that_has_cardkit_again(sim, talk, start_gunicorn):
    sim.feishu.withdraw("cardkit:card:write")
    bot = start_gunicorn()
    long = Script.chunks([f"line {n} {'x' * 300}\n\n" for n in range(200)], between=0.03)
    sim.gateway.enqueue(long, Script.text("short after all"))
    question = talk.say("hello")
    sim.feishu.wait_for(
        lambda: len(a := sim.feishu.answers_to(question)) == 2 and len(a[1].history) > 1,
        timeout=30,
    )

    bot.kill()
    sim.feishu.grant("cardkit:card:write")
    start_gunicorn(bot.port)

    first, second = sim.feishu.answers_to(question)
    sim.feishu.wait_for(lambda: "short after all" in first.text, timeout=20)
    sim.feishu.wait_for(lambda: "line" not in second.text)
    assert len(sim.feishu.answers_to(question)) == 2


def test_an_answer_that_nobody_can_see_is_not_stored_as_answered(sim, talk, bot, caplog):
    caplog.set_level("INFO")
    sim.feishu.faults.fail("message.reply", every=1, status=400, code=230027)
    talk.say("hello")

    eventually(lambda: "outcome=failed" in caplog.text)

    assert "answer refused" in caplog.text
