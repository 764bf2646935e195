"""Answers that need more cards than are shown at once."""

from __future__ import annotations

import re

import pytest

from feishu_bot.core.button_values import ButtonPlace
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.stores import SqlConversations
from feishu_simulator import Script
from feishu_simulator.card_checks import CardRules
from feishu_simulator.card_view import walk
from tests.scenarios.test_choices import button, click

# About 30,000 characters of Chinese: five cards.
PARAGRAPHS = [f"第{n}段。" + "今天的工作先这样安排，" * 12 + "\n\n" for n in range(210)]
WHOLE = "".join(PARAGRAPHS)


@pytest.fixture(autouse=True)
def long_answer(sim):
    sim.gateway.respond_with(lambda body: Script.chunks(PARAGRAPHS, between=0.001))


def numbers(cards) -> list[int]:
    """The paragraphs that these cards show, in order."""
    return [int(n) for card in cards for n in re.findall(r"第(\d+)段", card.text)]


def labels(card) -> list[str]:
    return [one["text"]["content"] for one in card.buttons]


def cards_of(sim, question, count):
    """The cards of an answer once there are so many of them, and the last is whole."""

    def whole():
        cards = sim.feishu.answers_to(question)
        done = len(cards) == count and not any(card.streaming for card in cards)
        return done and "重新回答" in labels(cards[-1]) and cards

    return sim.feishu.wait_for(whole, timeout=30)


def more_of(sim, talk, card, *, person=None, label="继续看"):
    """What comes when the button is pressed."""
    result = click(sim, card, button(card, label), person or talk.alice)
    assert result.toast
    return result, sim.feishu.wait_for(
        lambda: (
            (cards := sim.feishu.answers_to(card))
            and "重新回答" in labels(cards[-1])
            and list(cards)
        ),
        timeout=20,
    )


def test_a_long_answer_shows_two_cards_and_the_rest_at_a_press(sim, talk, bot):
    question = talk.say("讲讲所有的安排")
    first, second = cards_of(sim, question, 2)

    assert "继续看" not in labels(first)
    assert labels(second)[:2] == ["继续看", "重新回答"]
    assert labels(second)[-3:] == ["👍", "👎", "存成文件"]
    left = re.search(r"还有约 ([\d,]+) 字", second.text)
    hidden = len("".join(PARAGRAPHS[numbers([first, second])[-1] + 1 :]))
    assert abs(int(left[1].replace(",", "")) - hidden) < 0.05 * hidden

    result, (third, fourth) = more_of(sim, talk, second)
    assert result.toast["content"] == "好的，马上发出来"
    assert "接上条（第 3 部分）" in third.text
    _, (fifth,) = more_of(sim, talk, fourth)

    assert "继续看" not in labels(fifth)
    assert numbers([first, second, third, fourth, fifth]) == list(range(210))
    assert len(sim.gateway.requests) == 1
    assert not sim.feishu.over_limit


def test_no_card_ends_with_a_heading_whose_text_is_on_the_next(sim, talk, bot):
    body = "今天的工作先这样安排，" * 30
    parts = [f"## 第{n}段\n\n{body}\n\n" for n in range(60)]
    sim.gateway.respond_with(lambda request: Script.chunks(parts, between=0.001))

    question = talk.say("讲讲所有的安排")
    cards = list(cards_of(sim, question, 2))
    cards += more_of(sim, talk, cards[-1])[1]
    shown = [
        part["content"]
        for card in cards
        for part in walk(card.card)
        if part.get("element_id") == "answer"
    ]
    assert len(shown) >= 3
    assert not [text for text in shown if text.rstrip().splitlines()[-1].startswith("#")]


def test_more_comes_once_however_often_and_by_whom_it_is_pressed(sim, talk, bot):
    question = talk.say("讲讲所有的安排")
    _, second = cards_of(sim, question, 2)
    more_of(sim, talk, second)

    again = click(sim, second, button(second, "继续看"), talk.bob)

    assert "已经发过了" in again.toast["content"]
    assert len(sim.feishu.answers_to(second)) == 2


def test_history_export_and_a_second_answer_have_the_whole(sim, talk, start_bot):
    start_bot(CONTEXT_TOKENS="100000")
    question = talk.say("讲讲所有的安排")
    _, second = cards_of(sim, question, 2)
    _, (_, fourth) = more_of(sim, talk, second)

    sim.gateway.respond_with(lambda body: Script.text("好"))
    talk.ask("再短一点", reply_to=fourth)
    assert sim.gateway.requests[-1].body["messages"][-2]["content"] == WHOLE
    # On a card that came later all buttons mean the same answer.
    click(sim, fourth, button(fourth, "重新回答"), talk.alice)
    sim.feishu.wait_for(lambda: len(sim.gateway.requests) == 3)
    assert sim.gateway.requests[-1].body["messages"][-1]["content"] == "讲讲所有的安排"

    exported = talk.say("/export", reply_to=second)
    (file,) = sim.feishu.wait_for(lambda: sim.feishu.answers_to(exported))
    document = sim.feishu.state.files[file.content["file_key"]].data.decode()
    assert WHOLE.strip() in document


def test_no_further_card_is_drawn_while_the_model_goes_on(sim, talk, bot):
    sim.gateway.respond_with(lambda body: Script.chunks(PARAGRAPHS, between=0.01))
    question = talk.say("讲讲所有的安排")

    sim.feishu.wait_for(
        lambda: len(cards := sim.feishu.answers_to(question)) == 2 and "后面还有" in cards[1].text,
        timeout=20,
    )
    growing = sim.feishu.answers_to(question)[1]
    assert growing.streaming
    assert labels(growing) == ["停止"]
    frames = len(growing.history)
    _, second = cards_of(sim, question, 2)

    assert "后面还有" not in second.text
    assert len(second.history) <= frames + 2


def test_a_stopped_answer_keeps_what_was_not_shown(sim, talk, bot):
    sim.gateway.respond_with(lambda body: Script.chunks(PARAGRAPHS, between=0.02))
    question = talk.say("讲讲所有的安排")
    sim.feishu.wait_for(
        lambda: len(cards := sim.feishu.answers_to(question)) == 2 and "后面还有" in cards[1].text,
        timeout=20,
    )
    growing = sim.feishu.answers_to(question)[1]
    click(sim, growing, button(growing, "停止"), talk.alice)
    first, second = cards_of(sim, question, 2)

    assert "已停止回答" in second.text
    assert "继续" not in labels(second)
    assert "继续看" in labels(second)
    _, cards = more_of(sim, talk, second)
    shown = numbers([first, second, *cards])
    assert shown == list(range(shown[-1] + 1))
    assert "继续" in labels(cards[-1])


def test_an_answer_that_ended_by_its_length_says_so_at_its_end(sim, talk, bot):
    sim.gateway.respond_with(
        lambda body: Script.chunks(PARAGRAPHS[:150], between=0.001, finish_reason="length")
    )
    question = talk.say("讲讲所有的安排")
    _, second = cards_of(sim, question, 2)
    assert "先说到这里" not in second.text
    assert "继续" not in labels(second)

    _, cards = more_of(sim, talk, second)

    assert "先说到这里" in cards[-1].text
    assert labels(cards[-1])[0] == "继续"


@pytest.mark.parametrize("settings", [{"STREAMING": "false"}, {"withdraw": "cardkit:card:write"}])
def test_cards_without_an_entity_have_the_button_as_well(sim, talk, start_bot, settings):
    if scope := settings.pop("withdraw", ""):
        sim.feishu.withdraw(scope)
    start_bot(**settings)
    question = talk.say("讲讲所有的安排")
    first, second = cards_of(sim, question, 2)

    _, (third, fourth) = more_of(sim, talk, second)

    assert numbers([first, second, third, fourth]) == list(range(numbers([fourth])[-1] + 1))


def test_zero_shows_everything_at_once(sim, talk, start_bot):
    start_bot(ANSWER_CARDS="0")
    question = talk.say("讲讲所有的安排")
    cards = cards_of(sim, question, 5)

    assert numbers(cards) == list(range(210))
    assert not any("继续看" in labels(card) for card in cards)


def test_english_says_it_in_english(sim, talk, start_bot):
    start_bot(ANSWER_CARDS="1", LANGUAGE="en")
    question = talk.say("tell me everything")
    card = sim.feishu.wait_for(
        lambda: (a := sim.feishu.answers_to(question)) and "More" in labels(a[0]) and a[0],
        timeout=20,
    )

    assert re.search(r"About [\d,]+ more characters\. Press More to read on\.", card.text)
    result = click(sim, card, button(card, "More"), talk.alice)
    assert result.toast["content"] == "Here it comes"
    sim.feishu.wait_for(
        lambda: (
            "Continued (part 2)"
            in str(sim.feishu.answers_to(card)[-1:][0].text if sim.feishu.answers_to(card) else "")
        )
    )


def test_where_cards_are_refused_the_rest_comes_as_text(sim, talk, bot):
    question = talk.say("讲讲所有的安排")
    first, second = cards_of(sim, question, 2)
    sim.feishu.state.card_rules = CardRules(max_elements=0)

    click(sim, second, button(second, "继续看"), talk.alice)
    last = 209
    sim.feishu.wait_for(
        lambda: f"第{last}段" in "".join(a.text for a in sim.feishu.answers_to(second)), timeout=20
    )

    texts = sim.feishu.answers_to(second)
    assert numbers([first, second, *texts]) == list(range(210))


def test_a_forged_position_shows_the_answer_and_nothing_else(sim, talk, bot):
    question = talk.say("讲讲所有的安排")
    _, second = cards_of(sim, question, 2)

    key = SqlConversations(bot.database, ttl_seconds=60.0).key_of(second.message_id)
    signer = ButtonSigner(sim.credentials.app_secret)

    for position in ("1", "99999999", "19500,", "x" * 5_000, "4000," * 500):
        forged = signer.sign({"act": "more", "position": position}, ButtonPlace.of(key, "p2p"))
        assert sim.feishu.click(second, forged, talk.alice).error_code == 0
    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(second)) >= 2)

    assert numbers(sim.feishu.answers_to(second))[0] == 0


def test_after_a_crash_more_goes_on_in_its_own_cards(sim, talk, start_gunicorn):
    bot = start_gunicorn()
    question = talk.say("讲讲所有的安排")
    first, second = cards_of(sim, question, 2)
    # The first of the next cards lands, and what follows it doesn't.
    sim.feishu.faults.disconnect("message.patch", 1000)
    click(sim, second, button(second, "继续看"), talk.alice)
    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(second)) == 2, timeout=20)
    bot.kill()
    sim.feishu.faults.clear()
    start_gunicorn(bot.port)

    third, fourth = sim.feishu.wait_for(
        lambda: (
            len(cards := sim.feishu.answers_to(second)) == 2
            and "继续看" in labels(cards[1])
            and cards
        ),
        timeout=40,
    )

    assert numbers([first, second, third, fourth]) == list(range(numbers([fourth])[-1] + 1))
