"""Admins are told of a cause once a day, by whichever process meets it."""

from __future__ import annotations

import threading

import pytest

from feishu_bot.core.alerts import DAY, RETRY_SECONDS, AdminAlerts, Alert, NotedAlerts, Tally
from feishu_bot.core.languages import Words
from feishu_bot.core.messages import Sender
from feishu_bot.errors import ModelError, TargetGone
from tests.builders import ALICE, BotWorld
from tests.polling import Clock, eventually

KEY_REFUSED = Alert(kind="key_refused", params={"request_id": "req-1"})


class FakeAlertStore:
    """Due as long as `is_due`; remembers what was counted and told."""

    def __init__(self) -> None:
        self.is_due = True
        self.counted: list[tuple[str, int]] = []
        self.told: list[tuple[str, Tally, float]] = []

    def count(self, alert, times, *, now, retry_at):
        assert retry_at == now + RETRY_SECONDS
        self.counted.append((alert.cause, times))
        return Tally(times, 900.0) if self.is_due else None

    def note_told(self, alert, tally, *, now):
        self.told.append((alert.cause, tally, now))


class FakeAdminMessenger:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []
        self.references: set[str] = set()
        self.out_of_reach: set[str] = set()

    def alert(self, admin, alert, tally, *, reference):
        if admin in self.out_of_reach:
            raise TargetGone("out of reach", code=230013)
        self.references.add(reference)
        self.told.append((admin, alert.cause, tally.times))

    def words(self, alert):
        return Words(f"中文 {alert.kind}", f"English {alert.kind}")


class World:
    def __init__(self, *admins: str) -> None:
        self.clock = Clock()
        self.noted = NotedAlerts()
        self.store = FakeAlertStore()
        self.messenger = FakeAdminMessenger()
        self.alerts = AdminAlerts(self.noted, self.store, self.messenger, admins, clock=self.clock)


def test_every_admin_is_told_with_how_often_it_was_met():
    world = World("ou_1", "on_2")
    for _ in range(3):
        world.noted.note(KEY_REFUSED)

    world.alerts.tell()
    world.alerts.tell()

    assert world.messenger.told == [("ou_1", "key_refused", 3), ("on_2", "key_refused", 3)]
    assert len(world.messenger.references) == 2
    assert world.store.counted == [("key_refused", 3)]


def test_causes_are_told_apart_and_nobody_is_told_what_is_not_due():
    world = World("ou_1")
    for scope in ("im:resource", "cardkit:card:write", "im:resource"):
        world.noted.note(Alert(kind="scope_missing", about=scope))
    world.store.is_due = False

    world.alerts.tell()

    assert world.store.counted == [
        ("scope_missing:im:resource", 2),
        ("scope_missing:cardkit:card:write", 1),
    ]
    assert not world.messenger.told


@pytest.mark.parametrize("reader", [Sender("ou_1"), Sender("ou_x", union_id="ou_1")])
def test_an_admin_who_has_read_the_notice_is_not_written_to(reader):
    world = World("ou_1", "ou_2")
    world.noted.note(KEY_REFUSED, seen_by=reader)

    world.alerts.tell()

    assert [admin for admin, _, _ in world.messenger.told] == ["ou_2"]
    assert world.store.told == [("key_refused", Tally(1, 900.0), world.clock())]


def test_an_admin_out_of_reach_keeps_nobody_from_being_told():
    world = World("ou_1", "ou_2")
    world.messenger.out_of_reach = {"ou_1"}
    world.noted.note(KEY_REFUSED)

    world.alerts.tell()

    assert [admin for admin, _, _ in world.messenger.told] == ["ou_2"]
    assert [cause for cause, _, _ in world.store.told] == ["key_refused"]


def test_what_nobody_could_be_told_is_tried_again_later():
    world = World("ou_1")
    world.messenger.out_of_reach = {"ou_1"}
    world.noted.note(KEY_REFUSED)

    world.alerts.tell()

    assert not world.store.told


def test_after_a_crash_each_admin_is_told_under_the_same_reference():
    world = World("ou_1", "ou_2")
    for _ in range(2):
        world.noted.note(KEY_REFUSED)
        world.alerts.tell()
        world.clock.now += RETRY_SECONDS

    # Feishu sends a message of the same reference once.
    assert len(world.messenger.told) == 4
    assert len(world.messenger.references) == 2


def test_a_flood_of_failures_is_told_once_and_starts_no_threads():
    world = World("ou_1")
    before = threading.active_count()
    for number in range(1_000):
        world.noted.note(Alert(kind="key_refused", params={"request_id": f"req-{number}"}))

    world.alerts.tell()

    assert world.messenger.told == [("ou_1", "key_refused", 1_000)]
    assert threading.active_count() == before


def test_it_is_told_in_the_background_and_goes_on_after_a_failure(monkeypatch):
    monkeypatch.setattr("feishu_bot.core.alerts.GATHER_SECONDS", 0.01)
    world = World("ou_1")
    failures = [OSError("the database is away")]
    count = world.store.count

    def fail_once(*arguments, **named):
        if failures:
            raise failures.pop()
        return count(*arguments, **named)

    world.store.count = fail_once
    world.alerts.start()
    try:
        world.noted.note(KEY_REFUSED)
        eventually(lambda: not failures)
        world.noted.note(KEY_REFUSED)
        eventually(lambda: world.messenger.told)
    finally:
        world.alerts.stop()
    assert "alerts" not in {thread.name for thread in threading.enumerate()}


def test_without_admins_nothing_runs():
    world = World()

    world.alerts.start()
    world.noted.note(KEY_REFUSED)
    world.alerts.stop()

    assert not world.store.counted


def test_a_failure_that_an_admin_can_end_is_noted_with_its_asker():
    world = BotWorld()
    failure = ModelError("model_unavailable", request_id="req-9")
    failure.model = "gpt-x"
    world.model.enqueue(failure)
    world.receive()
    world.work()

    ((alert, seen_by),) = world.alerts.noted
    assert alert.cause == "model_unavailable"
    assert alert.params["model"] == "gpt-x"
    assert alert.params["request_id"] == "req-9"
    assert alert.every == DAY
    assert seen_by == ALICE


@pytest.mark.parametrize("kind", ["gateway_busy", "context_too_long", "bad_request"])
def test_one_that_passes_or_is_the_question_s_is_not(kind):
    world = BotWorld()
    world.model.enqueue(ModelError(kind))

    world.receive()
    world.work()

    assert not world.alerts.noted
