"""Reactions on messages that wait: made once, and never left behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feishu_bot.core.queue.reaction_order import LEAST_WAIT, SOON
from feishu_bot.core.queue.running_jobs import JobControl, RunningJobs
from feishu_bot.core.queue.waiting import LeftReaction, WaitingTask
from feishu_bot.core.queue.waiting_indicator import (
    GIVE_UP_SECONDS,
    IN_HAND_SECONDS,
    RETRY_SECONDS,
    SCOPE_SECONDS,
    WaitingIndicator,
)
from feishu_bot.errors import (
    FeishuError,
    FeishuUnavailable,
    PermissionMissing,
    RateLimited,
    TargetGone,
)
from tests.builders import KEY, job
from tests.polling import Clock, eventually


def waiting_task(**changes) -> WaitingTask:
    """A question that waits for nobody else of its conversation."""
    values = {"id": 1, "kind": "ask", "message_id": "om_1", "conversation": str(KEY)}
    values |= {"chat_id": KEY.chat_id, "sender": "ou_alice", "received_at": 0.0}
    flags = ("is_behind", "is_stopped", "has_card", "has_reaction")
    return WaitingTask(**values | dict.fromkeys(flags, False) | {"is_message": True} | changes)


class FakeWaiting:
    """What waits, and rows of reactions as (id, in hand until, made at)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.messages: dict[str, WaitingTask] = {}
        self.rows: dict[str, tuple[str, float, float]] = {}
        self.looks_for_left = 0

    def put(self, message_id: str, received_at: float = 0.0, *, is_behind: bool = True) -> None:
        self.messages[message_id] = waiting_task(
            id=len(self.messages),
            message_id=message_id,
            received_at=received_at,
            is_behind=is_behind,
        )

    def waiting(self):
        return tuple(
            replace(one, has_reaction=one.message_id in self.rows) for one in self.messages.values()
        )

    def left(self):
        self.looks_for_left += 1
        return tuple(
            LeftReaction(message_id=name, reaction_id=row[0], created_at=row[2])
            for name, row in self.rows.items()
            if name not in self.messages and row[1] <= self.clock()
        )

    def begin(self, message_id, *, until):
        if message_id in self.rows:
            return False
        self.rows[message_id] = ("", until, self.clock())
        return True

    def note(self, message_id, reaction_id):
        self.rows[message_id] = (reaction_id, 0.0, self.rows[message_id][2])

    def take(self, message_id, *, until):
        if message_id not in self.rows or self.rows[message_id][1] > self.clock():
            return False
        self.hold(message_id, until=until)
        return True

    def hold(self, message_id, *, until):
        self.rows[message_id] = (self.rows[message_id][0], until, self.rows[message_id][2])

    def forget(self, message_id):
        self.rows.pop(message_id, None)


class FakeReactions:
    """Reactions by their ids; `failures` are raised by the method they are for, in order."""

    def __init__(self) -> None:
        self.there: dict[str, str] = {}
        self.failures: dict[str, list[Exception]] = {}
        self.added = 0
        # How many Feishu takes now.
        self.room = 1_000

    def room_to_add(self):
        return self.room

    def room_to_remove(self):
        return self.room

    def _fail(self, method: str) -> None:
        if self.failures.get(method):
            raise self.failures[method].pop(0)

    def add(self, message_id):
        """One app has one reaction of a kind on a message: asked again, Feishu tells its id."""
        self._fail("add")
        known = next((name for name, on in self.there.items() if on == message_id), None)
        if known is None:
            self.added += 1
            known = f"re_{self.added}"
            self.there[known] = message_id
        self._fail("add_lost")
        return known

    def find(self, message_id):
        self._fail("find")
        return tuple(name for name, on in self.there.items() if on == message_id)

    def remove(self, message_id, reaction_id):
        self._fail("remove")
        if self.there.pop(reaction_id, None) is None:
            raise FeishuError("no such reaction", code=231010)


class World:
    def __init__(self) -> None:
        self.clock = Clock()
        self.store = FakeWaiting(self.clock)
        self.reactions = FakeReactions()
        self.running = RunningJobs()
        self.indicator = self.process()

    def process(self) -> WaitingIndicator:
        return WaitingIndicator(
            self.store, self.reactions, self.running, clock=self.clock, threads=1
        )

    def look(self) -> bool:
        return self.indicator.look()


@pytest.fixture
def world() -> World:
    return World()


def test_a_message_that_waits_long_enough_to_notice_has_one_reaction(world):
    world.store.put("om_1", received_at=world.clock())

    world.look()
    assert not world.reactions.there
    world.clock.tick(LEAST_WAIT)
    for _ in range(3):
        assert world.look()
    assert list(world.reactions.there.values()) == ["om_1"]

    del world.store.messages["om_1"]
    world.look()
    assert not world.reactions.there
    assert not world.store.rows
    assert not world.look()


def test_one_that_waits_for_a_thread_alone_has_none_for_as_long_as_a_rush_takes(world):
    world.store.put("om_1", received_at=world.clock(), is_behind=False)

    world.clock.tick(SOON - 0.1)
    world.look()
    assert not world.reactions.there
    world.clock.tick(0.1)
    world.look()

    assert list(world.reactions.there.values()) == ["om_1"]


def test_without_reactions_those_that_are_left_are_looked_for_twice_a_minute(world):
    for _ in range(240):
        world.look()
        world.clock.tick(0.5)
    assert world.store.looks_for_left == 4

    # Another process has made one, and died.
    world.store.rows["om_1"] = (world.reactions.add("om_1"), 0.0, world.clock())
    for _ in range(60):
        world.look()
        world.clock.tick(0.5)

    assert not world.reactions.there


def test_it_sleeps_until_a_job_begins(world, monkeypatch):
    monkeypatch.setattr("feishu_bot.core.queue.waiting_indicator.LOOK_SECONDS", 0.01)
    looks: list[int] = []
    real = world.store.waiting
    world.store.waiting = lambda: looks.append(len(world.running)) or real()

    world.indicator.start()
    try:
        eventually(lambda: looks == [0])
        control = world.running.add(job(key=KEY))
        eventually(lambda: 1 in looks)
        assert looks[:2] == [0, 1]
        world.running.remove(job(key=KEY), control)
    finally:
        world.indicator.stop()


def test_jobs_are_told_how_many_wait_for_them_and_only_of_changes(world):
    told: list[int] = []
    control = world.running.add(job(key=KEY))
    control.on_waiting(told.append)
    other = world.running.add(job(id=2, key=type(KEY)("oc_2", "om_2")))
    other.on_waiting(told.append)

    world.look()
    world.store.put("om_2", world.clock())
    world.store.put("om_3", world.clock())
    world.look()
    world.look()
    world.store.messages.clear()
    world.look()

    assert told == [2, 0]


def test_a_card_that_opens_late_is_told_at_once():
    told: list[int] = []
    control = JobControl()

    control.note_waiting(3)
    control.on_waiting(told.append)

    assert told == [3]


def test_of_a_flood_so_many_are_made_at_one_look_as_feishu_takes(world):
    for number in range(30):
        world.store.put(f"om_{number}")
    world.reactions.room = 10

    world.look()
    assert len(world.reactions.there) == 10

    world.store.messages.clear()
    world.reactions.room = 4
    world.look()
    assert len(world.reactions.there) == 6


def test_one_that_was_too_much_for_feishu_is_made_later(world):
    world.reactions.failures["add"] = [RateLimited("too fast", code=99991400)]
    world.store.put("om_1")

    world.look()
    assert not world.store.rows
    world.look()

    assert list(world.reactions.there.values()) == ["om_1"]


def test_without_the_scope_nothing_is_tried_for_ten_minutes(world):
    world.reactions.failures["add"] = [PermissionMissing("no scope", code=99991672)] * 2
    world.store.put("om_1")
    world.store.put("om_2")

    world.look()
    world.look()
    assert len(world.reactions.failures["add"]) == 1
    assert not world.store.rows
    world.clock.tick(SCOPE_SECONDS)
    world.look()
    world.clock.tick(SCOPE_SECONDS)
    world.look()

    assert len(world.reactions.there) == 2


@pytest.mark.parametrize("failure", [FeishuError("refused", code=231018), TargetGone("recalled")])
def test_a_refused_reaction_is_not_tried_again(world, failure):
    world.reactions.failures["add"] = [failure]
    world.store.put("om_1")

    world.look()
    world.look()
    assert not world.reactions.there

    world.store.messages.clear()
    world.look()
    assert not world.store.rows


def test_one_whose_answer_was_lost_is_found_and_taken_away(world):
    world.reactions.failures["add_lost"] = [FeishuUnavailable("no answer")]
    world.store.put("om_1")
    world.look()
    assert world.reactions.there

    world.store.messages.clear()
    world.look()

    assert not world.reactions.there
    assert not world.store.rows


def test_it_is_found_by_a_second_one_where_reactions_may_not_be_read(world):
    world.reactions.failures["find"] = [PermissionMissing("no scope")]
    world.store.rows["om_1"] = ("", 0.0, world.clock())

    world.look()

    assert world.reactions.added == 1
    assert not world.reactions.there
    assert not world.store.rows


def test_what_a_dead_process_had_in_hand_is_taken_over(world):
    world.store.put("om_1")
    # It has reacted, and died before it could note the id.
    world.store.begin("om_1", until=world.clock() + IN_HAND_SECONDS)
    world.reactions.add("om_1")
    world.store.messages.clear()

    other = world.process()
    other.look()
    assert world.reactions.there
    world.clock.tick(IN_HAND_SECONDS)
    other.look()

    assert not world.reactions.there
    assert not world.store.rows


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (FeishuUnavailable("no answer"), RETRY_SECONDS),
        (PermissionMissing("no scope"), SCOPE_SECONDS),
    ],
)
def test_one_that_cannot_be_taken_away_now_is_later(world, failure, seconds):
    world.store.put("om_1")
    world.look()
    world.store.messages.clear()
    world.reactions.failures["remove"] = [failure]

    world.look()
    assert world.store.rows
    world.look()
    assert world.reactions.there
    world.clock.tick(seconds)
    world.look()

    assert not world.reactions.there
    assert not world.store.rows


def test_after_a_week_that_is_given_up(world):
    world.store.put("om_1")
    world.look()
    world.store.messages.clear()
    world.reactions.failures["remove"] = [PermissionMissing("no scope")]
    world.clock.tick(GIVE_UP_SECONDS)

    world.look()

    assert not world.store.rows


def test_one_that_is_gone_is_forgotten(world):
    world.store.put("om_1")
    world.look()
    world.store.messages.clear()
    world.reactions.there.clear()

    world.look()

    assert not world.store.rows


def test_it_looks_by_itself_and_goes_on_after_a_failure(world, monkeypatch):
    monkeypatch.setattr("feishu_bot.core.queue.waiting_indicator.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("feishu_bot.core.queue.waiting_indicator.RETRY_SECONDS", 0.01)
    real, failures = world.store.waiting, [OSError("the database is away")]

    def waiting():
        if failures:
            raise failures.pop()
        return real()

    world.store.waiting = waiting
    world.store.put("om_1")

    world.indicator.start()
    try:
        eventually(lambda: world.reactions.there)
        world.store.messages.clear()
        eventually(lambda: not world.reactions.there)
    finally:
        world.indicator.stop()
