"""The order in which permits are granted."""

from __future__ import annotations

import time

import pytest

from feishu_bot.feishu.streaming.api_budget import PER_SECOND, SECOND
from feishu_bot.feishu.streaming.paced_calls import STALE_SECONDS, PacedCaller
from feishu_bot.feishu.streaming.pacer import REMEMBERED_SECONDS, SENDS_PER_CHAT, Pacer
from tests.polling import Clock, eventually


def exhaust(pacer: Pacer, api: str) -> None:
    for _ in range(PER_SECOND):
        assert pacer.ask(api, urgent=True).api == api


def test_a_permit_is_granted_at_once_while_there_is_room(pacer):
    assert pacer.ask("element.content").api == "element.content"


def test_the_first_api_with_room_is_chosen(pacer):
    exhaust(pacer, "card.update")

    assert pacer.ask("card.update", "element.content", urgent=True).api == "element.content"


def test_urgent_permits_go_first_then_the_card_drawn_longest_ago():
    clock = Clock()
    pacer = Pacer(timer=clock)
    for _ in range(PER_SECOND):
        pacer.ask("element.content", urgent=True)
        clock.tick(0.02)
    permits = {
        "new": pacer.ask("element.content", since=9.0),
        "old": pacer.ask("element.content", since=1.0),
        "final": pacer.ask("element.content", urgent=True, since=5.0),
    }
    clock.tick(SECOND - PER_SECOND * 0.02 + 0.01)
    order: list[str] = []

    def next_granted() -> bool:
        # Time passes by one call, and a permit that comes last makes the pacer look again.
        clock.tick(0.02)
        pacer.ask("element.content", since=99.0)
        order.extend(name for name in permits if permits[name].api and name not in order)
        return len(order) == len(permits)

    eventually(next_granted)

    assert order == ["final", "old", "new"]


def test_a_permit_that_is_withdrawn_is_not_waited_for(pacer):
    exhaust(pacer, "element.content")
    permit = pacer.ask("element.content")

    pacer.withdraw(permit)

    assert permit.wait() == ""


def test_a_chat_gets_few_sends_a_second_and_holds_nobody_else_up():
    # Its clock stands still: the rest of the first chat would wait for ever.
    pacer = Pacer(timer=Clock())
    asked = [pacer.ask("message.reply", urgent=True, chat="oc_1") for _ in range(10)]
    other = pacer.ask("message.reply", urgent=True, chat="oc_2")

    assert sum(bool(permit.api) for permit in asked) == SENDS_PER_CHAT
    assert eventually(lambda: other.api) == "message.reply"


def test_a_permit_that_is_given_back_is_one_for_somebody_else():
    pacer = Pacer(timer=Clock())
    permits = [pacer.ask("message.reply", urgent=True) for _ in range(PER_SECOND)]
    assert pacer.room("message.reply") == 0

    pacer.give_back(permits[7])

    assert pacer.room("message.reply") == 1
    in_chat = [pacer.ask("card.create", urgent=True, chat="oc_1") for _ in range(SENDS_PER_CHAT)]
    pacer.give_back(in_chat[0])
    assert pacer.ask("card.create", urgent=True, chat="oc_1").api


def test_who_gets_to_run_too_late_for_a_permit_uses_nothing_up():
    """A machine under load: else half of a minute's messages went to nobody."""
    clock = Clock()
    late = iter([STALE_SECONDS + 0.01] * 4)

    def timer() -> float:
        clock.tick(next(late, 0.0))
        return clock()

    pacer = Pacer(timer=clock)
    before = pacer.room("message.reply")
    made = []

    PacedCaller(pacer, timer=timer).call("message.reply", lambda: made.append(1))

    assert made == [1]
    assert pacer.room("message.reply") == before - 1


def test_a_chat_that_is_busy_for_minutes_gets_no_more_than_that_at_any_time():
    clock = Clock()
    pacer = Pacer(timer=clock)
    granted: list[float] = []
    for _ in range(1_500):
        permit = pacer.ask("message.reply", urgent=True, chat="oc_1")
        if permit.api:
            granted.append(clock())
        else:
            pacer.withdraw(permit)
        clock.tick(0.1)

    assert clock() - granted[0] > 2 * REMEMBERED_SECONDS
    in_a_second = (sum(one <= at < one + 1.0 for at in granted) for one in granted)
    assert max(in_a_second) == SENDS_PER_CHAT


def test_a_refused_api_rests_and_others_go_on(pacer):
    pacer.refused("card.update", retry_after=5.0)

    assert not pacer.ask("card.update", urgent=True).api
    assert pacer.ask("card.create", urgent=True).api
    assert pacer.factor("card.update") == 0.5


def test_what_waits_after_a_refusal_goes_on_as_soon_as_the_rate_has_recovered():
    """It waited for the minute's calls to pass, though the room was back after seconds."""
    clock = Clock()
    pacer = Pacer(timer=clock)
    for _ in range(600):
        assert pacer.ask("message.reply", urgent=True).api
        clock.tick(SECOND / PER_SECOND + 0.001)
    pacer.refused("message.reply", retry_after=1.0)
    clock.tick(1.5)
    permit = pacer.ask("message.reply", urgent=True)
    assert not permit.wait(0.1)

    clock.tick(12.0)

    assert permit.wait(5.0) == "message.reply"


def test_waiting_permits_are_granted_when_room_comes(pacer):
    exhaust(pacer, "element.content")
    started = time.monotonic()

    assert pacer.ask("element.content", urgent=True).wait() == "element.content"
    assert time.monotonic() - started < 3


class TestDelay:
    """How long a call would wait, for those that can as well be left out."""

    def test_there_is_none_while_there_is_room(self, pacer):
        assert pacer.delay("card.create", "message.reply", urgent=False, chat="oc_1") == 0.0

    def test_it_is_that_of_the_api_with_the_least_room(self):
        pacer = Pacer(timer=Clock())
        exhaust(pacer, "message.reply")

        assert pacer.delay("card.create", urgent=True) == 0.0
        wait = pacer.delay("card.create", "message.reply", urgent=True)
        assert wait == pytest.approx(SECOND)

    def test_a_chat_that_has_had_its_messages_has_one_of_its_own(self):
        pacer = Pacer(timer=Clock())
        for _ in range(SENDS_PER_CHAT):
            pacer.ask("message.reply", urgent=True, chat="oc_1")

        assert pacer.delay("message.reply", urgent=False, chat="oc_1") > 0.5
        assert pacer.delay("message.reply", urgent=False, chat="oc_2") < 0.1

    def test_nothing_overtakes_what_waits_in_its_chat(self):
        pacer = Pacer(timer=Clock())
        for _ in range(SENDS_PER_CHAT + 9):
            pacer.ask("message.reply", urgent=True, chat="oc_1")

        assert pacer.delay("message.reply", urgent=False, chat="oc_1") == float("inf")
        # What one chat can't be sent in a second keeps others waiting for no longer.
        assert pacer.delay("message.reply", urgent=True) == pytest.approx(
            SENDS_PER_CHAT * SECOND / PER_SECOND
        )
