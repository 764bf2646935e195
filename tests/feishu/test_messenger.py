"""The log lines of an answer, over threads."""

from __future__ import annotations

from feishu_bot.core.messenger import FinalAnswer
from feishu_bot.core.tasks import ReplyTarget
from feishu_bot.logs import bind
from tests.builders import KEY, message


def test_what_is_bound_where_an_answer_begins_is_logged_where_it_is_drawn(
    sim, messenger, question, caplog
):
    sim.feishu.faults.fail("card.create", times=1, status=400, code=230099)
    target = ReplyTarget.of(message(message_id=question.message_id, chat_id=question.chat.chat_id))
    ignore = {"checkpoint": {}, "save": lambda _: None, "sent": lambda _: None}

    with bind(event_id="ev_1"):
        stream = messenger.open_answer(target, key=KEY, reference="ev_1", **ignore)
    stream.finish(FinalAnswer(text="Hello"))

    (line,) = [line for line in caplog.text.splitlines() if "card refused" in line]
    assert "event_id=ev_1" in line
    assert [answer.text for answer in sim.feishu.answers_to(question)] == ["Hello"]
