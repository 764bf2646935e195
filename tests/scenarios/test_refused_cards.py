"""Cards and replies that Feishu refuses: the answer comes all the same, whole and once."""

from __future__ import annotations

import pytest

from feishu_simulator import Script
from feishu_simulator.card_checks import CardRules

TABLE = "| a | b |\n|---|---|\n| {} | x |\n"
TWO_TABLES = f"第一张\n\n{TABLE.format('one')}\n第二张\n\n{TABLE.format('two')}\n完毕。"
GONE = "invalid container_id"


def answers(sim, question):
    return sim.feishu.answers_to(question)


@pytest.mark.parametrize("times", [1, 2])
def test_a_fresh_entity_that_is_refused_is_sent_again_or_made_again(sim, talk, bot, times):
    sim.feishu.quirks.fresh_cards_refused = times - 1
    if times == 1:
        msg = "Failed to create card content, ext=ErrCode: 11310; ErrMsg: cardid is invalid;"
        sim.feishu.faults.fail("message.reply", times=1, status=400, code=230099, msg=msg)
    sim.gateway.enqueue(Script.chunks(["Hello ", "Alice"], between=0.2))
    question = talk.say("hi")

    answer = talk.answer(question)

    assert answer.entity is not None
    assert "Hello Alice" in answer.text
    assert answer.buttons
    assert len(answers(sim, question)) == 1


def test_an_entity_that_is_always_refused_is_written_into_its_message(sim, talk, bot):
    sim.feishu.quirks.fresh_cards_refused = 99
    sim.gateway.enqueue(Script.text("Hello **Alice**"))
    question = talk.say("hi")

    answer = talk.answer(question)
    sim.feishu.wait_for(lambda: "Hello **Alice**" in answer.text)

    assert answer.message_type == "interactive"
    assert answer.entity is None
    assert len(answers(sim, question)) == 1


def test_so_is_an_entity_that_is_not_made(sim, talk, bot):
    sim.feishu.faults.fail("card.create", every=1, status=400, code=200621)
    sim.gateway.enqueue(Script.text("Hello Alice"))
    question = talk.say("hi")

    answer = talk.answer(question)
    sim.feishu.wait_for(lambda: "Hello Alice" in answer.text)

    assert answer.message_type == "interactive"
    assert len(answers(sim, question)) == 1


@pytest.mark.parametrize("streaming", ["true", "false"])
@pytest.mark.parametrize("most", [0, 1])
def test_tables_over_the_limit_are_shown_as_code_in_the_same_card(
    sim, talk, start_bot, most, streaming
):
    start_bot(STREAMING=streaming)
    sim.feishu.state.card_rules = CardRules(max_tables=most)
    sim.gateway.enqueue(Script.text(TWO_TABLES))
    question = talk.say("tables")

    answer = talk.answer(question)
    sim.feishu.wait_for(lambda: "完毕" in answer.text)

    assert answer.text.count("one") == answer.text.count("two") == 1
    assert "act': 'stop" not in str(answer.card)
    assert "正在思考" not in answer.summary
    assert len(answers(sim, question)) == 1


def test_a_markdown_that_is_refused_is_shown_as_it_is_in_the_same_card(sim, talk, bot):
    sim.feishu.faults.fail("card.update", times=2, status=400, code=200621)
    sim.feishu.faults.fail("element.content", every=1, status=400, code=200621)
    sim.gateway.enqueue(Script.text("Hello **Alice**"))
    question = talk.say("hi")

    answer = talk.answer(question)
    sim.feishu.wait_for(lambda: "Hello **Alice**" in answer.text)

    (words,) = [e for e in answer.card["body"]["elements"] if e.get("element_id") == "answer"]
    assert words["tag"] == "div"
    assert len(answers(sim, question)) == 1


def test_a_card_that_takes_no_end_says_where_the_answer_is(sim, talk, bot):
    sim.gateway.enqueue(Script.chunks(["The whole ", "answer."], first=0.5, between=0.1))
    question = talk.say("hi")
    sim.feishu.wait_for(lambda: answers(sim, question))
    sim.feishu.faults.fail("card.update", times=3, status=400, code=200621)

    card, text = sim.feishu.wait_for(lambda: len(a := answers(sim, question)) == 2 and a)

    sim.feishu.wait_for(lambda: "下面那条消息" in card.text)
    assert text.text.startswith("The whole answer.")
    assert "stop" not in str(card.card)


def test_of_a_long_answer_only_what_is_not_shown_yet_comes_as_text(sim, talk, bot):
    lines = [f"line {number} {'x' * 300}\n\n" for number in range(100)]
    sim.gateway.enqueue(Script.chunks([*lines, "the end."], between=0.01))
    question = talk.say("long")
    sim.feishu.wait_for(lambda: len(answers(sim, question)) == 2, timeout=20)
    sim.feishu.faults.fail("card.update", every=1, status=400, code=200621)

    *_, text = sim.feishu.wait_for(lambda: len(a := answers(sim, question)) == 3 and a, timeout=20)

    assert "the end." in text.text
    assert "line 0 " not in text.text


@pytest.mark.parametrize("in_group", [False, True])
def test_an_answer_whose_reply_is_refused_is_written_to_the_chat(sim, talk, bot, in_group):
    chat = sim.feishu.add_group("Team", [talk.alice]) if in_group else talk.chat
    sim.feishu.faults.fail("message.reply", every=1, status=400, code=230001, msg=GONE)
    sim.gateway.enqueue(Script.chunks(["Hello ", "Alice"], between=0.1))

    sim.feishu.say(chat, talk.alice, "hi", mention_bot=in_group)

    def whole():
        own = [m for m in sim.feishu.messages_in(chat) if m.is_from_bot]
        return own and not own[0].streaming and "Hello Alice" in own[0].text and own

    assert len(sim.feishu.wait_for(whole)) == 1


def test_a_notice_that_is_refused_as_a_card_is_said_as_text(sim, talk, bot):
    sim.feishu.faults.fail("message.reply", times=1, status=400, code=230099)

    answer = talk.answer(sim.feishu.send(talk.chat, talk.alice, "folder", {"file_key": "f"}))

    assert answer.message_type == "text"
    assert "文件夹" in answer.text


def test_a_topic_gets_no_answer_outside_of_it(sim, talk, bot, caplog):
    caplog.set_level("INFO")
    topics = sim.feishu.add_group("Topics", [talk.alice], topic=True)
    sim.feishu.faults.fail("message.reply", every=1, status=400, code=230001, msg=GONE)

    sim.feishu.say(topics, talk.alice, "hi", mention_bot=True)

    sim.feishu.wait_for(lambda: "outcome=failed" in caplog.text)
    assert not [m for m in sim.feishu.messages_in(topics) if m.is_from_bot]


def test_a_frame_refused_for_an_unknown_reason_leaves_the_answer_in_its_card(sim, talk, bot):
    sim.feishu.faults.fail("element.content", code=424242)
    sim.gateway.enqueue(Script.text("All of it, in one place.", between=0.05))
    question = talk.say("hello")

    answer = talk.answer(question)

    assert "All of it, in one place." in answer.text
    assert sim.feishu.answers_to(question) == [answer]
