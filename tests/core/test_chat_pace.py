"""Answers begin in one chat no faster than Feishu takes messages there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import Job
from feishu_bot.core.queue.chat_pace import BURST, SECONDS, ChatPace
from feishu_bot.core.tasks import MakeTitle
from tests.builders import job, message
from tests.polling import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return ChatPace(clock)


def jobs(count: int, chat: str = "oc_group", **changes) -> list[Job]:
    one = job(message())
    return [
        replace(one, id=number, key=ConversationKey(chat, f"om_{number}"), **changes)
        for number in range(count)
    ]


def test_a_few_begin_at_once_and_the_rest_is_handed_back(pace, clock):
    asked = jobs(BURST + 2)

    assert pace.take(asked) == (asked[:BURST], asked[BURST:])
    assert pace.full() == {"oc_group"}
    assert pace.wait() == pytest.approx(SECONDS)

    clock.tick(SECONDS + 0.01)
    assert pace.full() == frozenset()
    assert pace.wait() == float("inf")
    assert pace.take(asked[BURST:]) == (asked[BURST:], [])


def test_others_don_t_wait_for_them(pace):
    pace.take(jobs(BURST + 5))

    assert pace.take(jobs(2, "oc_other")) == (jobs(2, "oc_other"), [])
    assert pace.full() == {"oc_group"}


def test_what_needs_no_message_has_no_pace(pace):
    with_card = jobs(BURST + 5, checkpoint={"card": {}}, has_waiting_card=True)
    titles = jobs(BURST + 5, task=MakeTitle(answer_id="om_a"))

    assert pace.take(with_card + titles) == (with_card + titles, [])
    assert not pace.full()


def test_chats_that_are_quiet_are_forgotten(pace, clock):
    for number in range(50):
        pace.take(jobs(1, f"oc_{number}"))
    clock.tick(2 * SECONDS)

    pace.full()

    assert not pace._begun
