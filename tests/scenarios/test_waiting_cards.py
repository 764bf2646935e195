"""A question that waits for a thread says so in the card that its answer comes in."""

from __future__ import annotations

import pytest

from feishu_simulator import Script, card_view
from tests.polling import eventually

ENDLESS = Script.chunks(["word "] * 400, between=0.2)
AHEAD = "排队中，前面还有 {} 个问题。轮到时会在这里回答。"
NEXT = "排队中，马上就轮到这个问题。"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr("feishu_bot.core.queue.waiting_cards.LEAST_WAIT", 0.1)


@pytest.fixture
def small_bot(start_bot):
    """A bot that answers one question at a time."""
    return start_bot(ANSWER_THREADS="1", P2P_CONTEXT="thread")


class Crowd:
    """People who ask one after the other, each in a private chat."""

    def __init__(self, sim) -> None:
        self.sim = sim
        self.people = [sim.feishu.add_person(f"Person {number}") for number in range(6)]
        self.chats = [sim.feishu.private_chat(person) for person in self.people]

    def ask(self, number: int, text: str, **more):
        return self.sim.feishu.say(self.chats[number], self.people[number], text, **more)

    def card(self, question, text: str = ""):
        """The card of a question, once it says this."""

        def shown():
            answers = self.sim.feishu.answers_to(question)
            return answers and text in answers[0].text and answers[0]

        return self.sim.feishu.wait_for(shown)

    def whole(self, question):
        def ended():
            answers = self.sim.feishu.answers_to(question)
            return answers and not answers[0].streaming and answers[0]

        return self.sim.feishu.wait_for(ended)

    def stop(self, question, person: int):
        card = self.sim.feishu.answers_to(question)[0]
        return self.sim.feishu.click(
            card, {"act": "stop", "of": question.message_id}, self.people[person]
        )

    def messages(self, question) -> int:
        return len(self.sim.feishu.answers_to(question))


@pytest.fixture
def crowd(sim):
    return Crowd(sim)


@pytest.fixture
def busy(sim, crowd, small_bot):
    """The question that keeps the only thread."""
    sim.gateway.enqueue(ENDLESS)
    first = crowd.ask(0, "first")
    crowd.card(first, "word")
    return first


def test_each_says_how_many_stand_before_it_and_is_answered_in_the_same_card(sim, crowd, busy):
    questions = []
    for number in (1, 2, 3):
        questions.append(crowd.ask(number, f"question {number}"))
        crowd.card(questions[-1], NEXT if number == 1 else AHEAD.format(number - 1))
    cards = [crowd.card(question) for question in questions]

    crowd.stop(busy, 0)

    for question, card in zip(questions, cards, strict=True):
        answer = crowd.whole(question)
        assert answer.message_id == card.message_id
        assert "排队" not in answer.text
        assert crowd.messages(question) == 1
    asked = [request.body["messages"][-1]["content"] for request in sim.gateway.requests]
    assert [text for text in asked if text.startswith("question")] == [
        "question 1",
        "question 2",
        "question 3",
    ]


def test_its_card_says_that_the_model_thinks_once_its_turn_has_come(sim, crowd, busy):
    second = crowd.ask(1, "second")
    card = crowd.card(second, NEXT)
    sim.gateway.enqueue(Script.chunks(["slow"], first=2.0))

    crowd.stop(busy, 0)

    sim.feishu.wait_for(lambda: card.streaming and "正在思考" in card.text)
    assert crowd.whole(second).text.startswith("slow")


def test_stop_ends_it_while_it_waits_and_the_model_is_never_asked(sim, crowd, busy, small_bot):
    second, third = crowd.ask(1, "second"), crowd.ask(2, "third")
    crowd.card(second, NEXT)
    crowd.card(third, AHEAD.format(1))

    crowd.stop(second, 1)

    assert "已停止回答" in crowd.whole(second).text
    assert crowd.messages(second) == 1
    assert len(sim.gateway.requests) == 1
    crowd.stop(busy, 0)
    crowd.whole(third)
    assert len(sim.gateway.requests) == 2


def test_nobody_else_stops_it(sim, crowd, busy):
    second = crowd.ask(1, "second")
    crowd.card(second, NEXT)

    crowd.stop(second, 2)

    crowd.stop(busy, 0)
    assert "已停止回答" not in crowd.whole(second).text


def test_a_recall_ends_it_while_it_waits_and_leaves_no_turn(sim, crowd, busy, small_bot):
    second = crowd.ask(1, "second")
    card = crowd.card(second, NEXT)

    sim.feishu.recall(second, wait=True)

    sim.feishu.wait_for(lambda: not card.streaming)
    crowd.stop(busy, 0)
    crowd.whole(busy)
    sim.feishu.wait_for(lambda: "提问已撤回" in str(card_view.elements_of(card.card)))
    assert len(sim.gateway.requests) == 1


def test_what_is_edited_while_it_waits_is_answered_as_edited(sim, crowd, busy):
    second = crowd.ask(1, "second")
    crowd.card(second, NEXT)

    sim.feishu.edit(second, "second, edited")

    crowd.stop(busy, 0)
    crowd.whole(second)
    assert crowd.messages(second) == 1
    assert sim.gateway.requests[-1].body["messages"][-1]["content"] == "second, edited"


def test_commands_and_stickers_get_no_such_card(sim, crowd, busy):
    help_, sticker = crowd.ask(1, "/help"), crowd.ask(2, "👍")
    question = crowd.ask(3, "question")
    crowd.card(question, AHEAD.format(1))

    assert crowd.messages(help_) == crowd.messages(sticker) == 0
    crowd.stop(busy, 0)
    for asked in (help_, sticker, question):
        crowd.whole(asked)
        assert crowd.messages(asked) == 1


def test_one_person_beyond_their_share_waits_though_threads_are_free(sim, talk, start_bot):
    start_bot(ANSWER_THREADS="16", P2P_CONTEXT="thread")
    for _ in range(2):
        sim.gateway.enqueue(ENDLESS)
    first, second = talk.say("first"), talk.say("second")
    for running in (first, second):
        sim.feishu.wait_for(
            lambda asked=running: any("word" in a.text for a in sim.feishu.answers_to(asked))
        )

    third, fourth = talk.say("third"), talk.say("fourth")

    def says(question, text):
        return any(text in answer.text for answer in sim.feishu.answers_to(question))

    sim.feishu.wait_for(lambda: says(third, NEXT) and says(fourth, AHEAD.format(1)))
    for question in (first, second):
        card = sim.feishu.answers_to(question)[0]
        sim.feishu.click(card, {"act": "stop", "of": question.message_id}, talk.alice)
    for question in (third, fourth):
        talk.answer(question)
        assert len(sim.feishu.answers_to(question)) == 1


def test_without_cardkit_it_is_a_message_that_is_written_anew(sim, crowd, start_bot):
    sim.feishu.withdraw("cardkit:card:write")
    start_bot(ANSWER_THREADS="1", P2P_CONTEXT="thread")
    sim.gateway.enqueue(ENDLESS)
    first = crowd.ask(0, "first")
    crowd.card(first, "word")
    second = crowd.ask(1, "second")
    crowd.card(second, NEXT)

    crowd.stop(first, 0)

    eventually(lambda: "排队" not in crowd.card(second).text and not crowd.card(second).streaming)
    assert crowd.messages(second) == 1


def test_after_kill_9_another_process_answers_in_the_waiting_card(
    sim, crowd, start_gunicorn, monkeypatch
):
    bot = start_gunicorn(ANSWER_THREADS="1", P2P_CONTEXT="thread")
    sim.gateway.enqueue(ENDLESS)
    first = crowd.ask(0, "first")
    crowd.card(first, "word")
    second = crowd.ask(1, "second")
    card = crowd.card(second, NEXT)

    bot.kill()
    sim.gateway.enqueue(Script.text("again"), Script.text("the second"))
    start_gunicorn(port=bot.port, ANSWER_THREADS="1", P2P_CONTEXT="thread")

    sim.feishu.wait_for(lambda: "the second" in card.text and not card.streaming, timeout=40)
    assert crowd.messages(second) == 1


def test_beyond_max_pending_a_question_is_refused_with_a_word_once_a_minute(sim, crowd, start_bot):
    start_bot(ANSWER_THREADS="1", P2P_CONTEXT="thread", MAX_PENDING="2")
    sim.gateway.enqueue(ENDLESS)
    first = crowd.ask(0, "first")
    crowd.card(first, "word")
    second = crowd.ask(1, "second")
    crowd.card(second, NEXT)

    third, fourth = crowd.ask(2, "third", wait=True), crowd.ask(2, "fourth", wait=True)

    assert "没有收下" in crowd.whole(third).text
    crowd.stop(first, 0)
    crowd.whole(second)
    assert not sim.feishu.answers_to(fourth)
    sim.feishu.push(third, wait=True)
    assert "没有收下" not in crowd.whole(crowd.ask(2, "fifth")).text
    assert crowd.messages(third) == 1


def test_a_limit_that_is_reached_while_it_waits_is_said_in_its_card_as_elsewhere(
    sim, talk, start_bot
):
    limits = {"USER_DAILY_QUESTIONS": "1", "ADMINS": talk.bob.open_id}
    start_bot(ANSWER_THREADS="1", P2P_CONTEXT="thread", **limits)
    sim.gateway.enqueue(ENDLESS)
    first = talk.say("first")
    sim.feishu.wait_for(
        lambda: any("word" in answer.text for answer in sim.feishu.answers_to(first))
    )
    second = talk.say("second")

    def card(text):
        answers = sim.feishu.answers_to(second)
        return answers and text in answers[0].text and answers[0]

    waiting = sim.feishu.wait_for(lambda: card(NEXT))
    running = sim.feishu.answers_to(first)[0]
    sim.feishu.click(running, {"act": "stop", "of": first.message_id}, talk.alice)

    refused = sim.feishu.wait_for(lambda: card("每天可以问 1 次"))
    sim.feishu.wait_for(lambda: not refused.streaming)
    assert refused.message_id == waiting.message_id
    assert len(sim.feishu.answers_to(second)) == 1
    assert len(sim.gateway.requests) == 1
    # There is no turn that could be asked once more, only a limit that can be raised.
    acts = [card_view.value_of(button)["act"] for button in refused.buttons]
    assert acts == ["ask_more"]
    asked = sim.feishu.click(refused, refused.buttons[0], talk.alice)
    assert asked.toast["content"] == "已转告管理员，同意后会通知你"
