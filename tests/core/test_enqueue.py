"""What is refused at the door while others wait."""

from __future__ import annotations

import dataclasses

import pytest

from feishu_bot.core.queue.admission import LEAST_OF_PERSON, Pending
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import AskQuestion, ContinueAnswer, Regenerate, RunCommand, Task
from tests.builders import message, queued
from tests.core.fakes import FakeInbox

TASKS: list[Task] = [
    AskQuestion(text="hello"),
    RunCommand(name="picture", argument="a cat"),
    Regenerate(answer_id="om_a"),
    ContinueAnswer(card_id="c"),
]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_one_person_fills_no_more_than_their_part_whatever_they_ask_for(task: Task) -> None:
    inbox = FakeInbox()
    enqueuer = Enqueuer(inbox, lambda: None, Pending(100))

    for number in range(LEAST_OF_PERSON + 5):
        one = queued(message(message_id=f"om_{number}"))
        enqueuer.enqueue(dataclasses.replace(one, task=task))

    assert [one.task for one in inbox.tasks].count(task) == LEAST_OF_PERSON
    assert len(inbox.refused) == 5
    assert [one.kind for one in inbox.tasks].count("refuse") == 1
