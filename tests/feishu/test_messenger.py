"""The log lines of an answer, over threads."""

from __future__ import annotations

from contextlib import suppress

import pytest

from feishu_bot.core.messenger import FinalAnswer
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.errors import FeishuUnavailable, LeaseLost, TargetGone
from feishu_bot.logs import bind
from tests.builders import KEY, message


def test_what_is_bound_where_an_answer_begins_is_logged_where_it_is_drawn(
    sim, messenger, question, caplog
):
    sim.feishu.faults.fail("card.create", times=1, status=400, code=230099)
    target = ReplyTarget.of(message(message_id=question.message_id, chat_id=question.chat.chat_id))
    ignore = {"checkpoint": {}, "save": lambda *_: None}

    with bind(event_id="ev_1"):
        stream = messenger.open_answer(target, key=KEY, reference="ev_1", **ignore)
    stream.finish(FinalAnswer(text="Hello"))

    (line,) = [line for line in caplog.text.splitlines() if "card refused" in line]
    assert "event_id=ev_1" in line
    assert [answer.text for answer in sim.feishu.answers_to(question)] == ["Hello"]


def test_who_takes_an_answer_up_takes_nothing_of_it_away(sim, messenger, question):
    target = ReplyTarget.of(message(message_id=question.message_id, chat_id=question.chat.chat_id))
    kept: dict[str, object] = {}
    common = {"key": KEY, "reference": "ev_1", "save": lambda card, _: kept.update(card)}
    former = messenger.open_answer(target, checkpoint={}, **common)
    former.write("Once upon a time ")
    sim.feishu.wait_for(lambda: any("Once" in a.text for a in sim.feishu.answers_to(question)))
    former.abandon()

    stream = messenger.open_answer(target, checkpoint=kept, has_text=True, **common)
    stream.tell_waiting(3)
    with suppress(TimeoutError):
        sim.feishu.wait_for(lambda: "Once" not in sim.feishu.answers_to(question)[0].text, 0.6)
    stream.write("Once upon a time ")
    stream.write("there was a king.")
    stream.finish(FinalAnswer(text="Once upon a time there was a king."))

    (answer,) = sim.feishu.answers_to(question)
    texts = [text for _, text in answer.history]
    first = next(at for at, text in enumerate(texts) if "Once" in text)
    assert all("Once upon a time" in text for text in texts[first:])
    assert "there was a king." in texts[-1]


def test_what_comes_while_the_end_is_being_kept_is_shown_with_it(sim, messenger, question):
    target = ReplyTarget.of(message(message_id=question.message_id, chat_id=question.chat.chat_id))
    ignore = {"checkpoint": {}, "save": lambda *_: None}
    stream = messenger.open_answer(target, key=KEY, reference="ev_1", **ignore)
    stream.write("Once ")
    sim.feishu.wait_for(lambda: any("Once" in a.text for a in sim.feishu.answers_to(question)))

    stream.hold()
    stream.write("upon a time.")
    with suppress(TimeoutError):
        sim.feishu.wait_for(lambda: "upon" in sim.feishu.answers_to(question)[0].text, 0.6)
    assert "upon" not in sim.feishu.answers_to(question)[0].text

    stream.finish(FinalAnswer(text="Once upon a time."))
    assert "Once upon a time." in sim.feishu.answers_to(question)[0].text


@pytest.mark.parametrize(
    ("failure", "is_over"),
    [
        (LeaseLost("taken over"), True),
        (TargetGone("recalled"), True),
        # The model is read to its end: the next try shows the whole answer.
        (FeishuUnavailable("no answer"), False),
        (RuntimeError("a mistake of ours"), False),
    ],
)
def test_only_an_answer_that_no_try_can_show_ends_the_reading(
    messenger, question, failure, is_over
):
    target = ReplyTarget.of(message(message_id=question.message_id, chat_id=question.chat.chat_id))

    def save(*_: object) -> None:
        raise failure

    stream = messenger.open_answer(target, key=KEY, reference="ev_1", checkpoint={}, save=save)

    with pytest.raises(type(failure)):
        stream.finish(FinalAnswer(text="Hello"))
    assert stream.is_over == is_over
