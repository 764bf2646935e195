"""Which questions get a card that says that they wait, and what it says."""

from __future__ import annotations

import pytest

from feishu_bot.core.queue.admission import Admission, Pending, refusal_of
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.queue.waiting_cards import (
    LEAST_WAIT,
    MOST_AT_ONCE,
    MOST_OF_CHAT,
    RETRY_SECONDS,
    TELL_AGAIN_SECONDS,
    WaitingCards,
)
from feishu_bot.errors import FeishuUnavailable
from tests.builders import job, message, queued
from tests.core.fakes import FakeInbox
from tests.core.test_waiting_indicator import waiting_task
from tests.polling import Clock, eventually


class World:
    """An answering process whose threads are all in use."""

    def __init__(self, threads: int = 1) -> None:
        self.clock = Clock()
        self.inbox = FakeInbox()
        self.running = RunningJobs()
        self.shown: list[tuple[int, int]] = []
        self.ended: list[tuple[int, bool]] = []
        self.rooms = True
        self.has_card = True
        self.failure: Exception | None = None
        self.cards = WaitingCards(
            queue=self.inbox,
            running=self.running,
            threads=threads,
            lease_seconds=30.0,
            show=self.show,
            work=lambda job, control: self.ended.append((job.id, control.stopped)),
            has_room=lambda chat: self.rooms,
            clock=self.clock,
            timer=self.clock,
        )
        self.cards.start()
        for number in range(threads):
            self.begin(number)

    def begin(self, number: int, person: str = "") -> None:
        asked = message(message_id=f"om_run{number}", chat_id=f"oc_run{number}")
        self.running.add(job(asked, id=900 + number))

    def show(self, one, control, ahead) -> bool:
        if self.failure:
            raise self.failure
        self.shown.append((one.id, ahead))
        return self.has_card

    def look(self, *tasks) -> frozenset[int]:
        """Look, and wait until all that was begun is done."""
        for task in tasks:
            if not any(one.id == task.id for one in self.inbox.jobs):
                one = job(message(message_id=task.message_id), id=task.id)
                self.inbox.jobs.append(one)
        shown = self.cards.look(tasks)
        eventually(lambda: not self.cards._in_hand)
        return shown


@pytest.fixture
def world():
    world = World()
    yield world
    world.cards.stop()


def waiting(number: int, **changes):
    values = {"id": number, "message_id": f"om_{number}", "conversation": f"oc_{number}|om"}
    return waiting_task(**values | {"chat_id": f"oc_{number}", "sender": f"ou_{number}"} | changes)


def test_each_is_told_how_many_stand_before_it_and_stays_in_the_queue(world):
    world.clock.tick(LEAST_WAIT)
    since = world.clock() - LEAST_WAIT

    with_card = world.look(*(waiting(number, received_at=since) for number in (1, 2, 3)))

    assert with_card == {1, 2, 3}
    assert sorted(world.shown) == [(1, 0), (2, 1), (3, 2)]
    assert {one.id for one in world.inbox.released} == {1, 2, 3}


@pytest.mark.parametrize(
    "changes",
    [
        {"received_at": 1e9},
        {"is_behind": True},
        {"kind": "run"},
    ],
)
def test_who_waits_for_something_else_gets_none(world, changes):
    assert world.look(waiting(1, **changes)) == frozenset()
    assert world.shown == []


def test_where_a_thread_is_free_the_answer_begins_instead():
    world = World(threads=8)
    for one, control in world.running.all()[:3]:
        world.running.remove(one, control)

    assert world.look(waiting(1)) == frozenset()
    assert world.shown == []
    world.cards.stop()


def test_where_feishu_has_no_room_there_is_none_until_it_has(world):
    world.rooms = False
    assert world.look(waiting(1)) == frozenset()

    world.rooms = True
    assert world.look(waiting(1)) == {1}


def test_of_a_flood_a_few_are_shown_at_a_time_and_of_one_chat_two(world):
    flood = [waiting(number, chat_id="oc_same") for number in range(1, 6)]
    flood += [waiting(number) for number in range(6, 60)]

    world.look(*flood)

    assert len(world.shown) <= MOST_AT_ONCE
    assert sum(number < 6 for number, _ in world.shown) == MOST_OF_CHAT


def test_who_has_their_share_waits_for_their_own_only():
    world = World(threads=16)
    for number in range(2):
        asked = message(message_id=f"om_own{number}", chat_id=f"oc_own{number}")
        world.running.add(job(asked, id=800 + number))
    busy = job(message()).target.sender.open_id

    world.look(waiting(1), waiting(2, sender=busy), waiting(3), waiting(4, sender=busy))

    assert dict(world.shown)[2] == 0
    assert dict(world.shown)[4] == 1
    world.cards.stop()


def test_a_number_is_told_again_once_it_is_much_smaller_and_not_often(world):
    queue = [waiting(number) for number in range(1, 6)]
    world.look(*queue)
    last = waiting(5, has_card=True)
    world.shown.clear()

    world.look(waiting(4, has_card=True), last)
    assert world.shown == []
    world.clock.tick(TELL_AGAIN_SECONDS)
    world.look(*(waiting(number, has_card=True) for number in (2, 3, 4)), last)
    assert (5, 3) not in world.shown
    world.clock.tick(TELL_AGAIN_SECONDS)
    world.look(waiting(4, has_card=True), last)
    assert (5, 1) in world.shown


def test_what_is_stopped_is_ended_whether_feishu_has_room_or_not(world):
    world.rooms = False
    stopped = job(message(), id=1, checkpoint={"card": {}}, has_waiting_card=True, is_stopped=True)
    world.inbox.jobs.append(stopped)

    world.look(waiting(1, has_card=True, is_stopped=True))

    assert world.ended == [(1, True)]


def test_a_notice_of_a_refusal_is_sent_beside_the_answers(world):
    world.inbox.put(refusal_of(queued(message()), Admission.FULL, Pending(5), now=0.0))

    world.look(waiting(1, kind="refuse"))

    assert world.ended == [(1, False)]


def test_what_has_no_such_card_is_not_asked_again(world):
    world.has_card = False
    for _ in range(3):
        world.look(waiting(1))
        world.clock.tick(60)

    assert world.shown == [(1, 0)]


def test_what_fails_is_tried_later(world):
    world.failure = FeishuUnavailable("no room")
    world.look(waiting(1))
    world.failure = None

    world.look(waiting(1))
    assert world.shown == []
    world.clock.tick(RETRY_SECONDS)
    world.look(waiting(1))
    assert world.shown == [(1, 0)]


def test_what_waits_no_more_is_forgotten(world):
    world.look(waiting(1))
    world.look()

    assert not world.cards._known
