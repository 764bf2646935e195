"""One process of all holds a lease, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feishu_bot.core.exclusive_lease import HOLD_SECONDS, LEASE_SECONDS, ExclusiveLease
from feishu_bot.stores import Database, WorkerId
from feishu_bot.stores.exclusive_lease import SqlExclusiveLease
from tests.polling import Clock
from tests.stores.second_process import SecondProcess

Make = Callable[..., ExclusiveLease]


@pytest.fixture
def timer() -> Clock:
    return Clock()


@pytest.fixture
def make(database: Database, timer: Clock) -> Make:
    """A process that wants the lease; each has a name of its own."""

    def make(of: Database = database, name: str = "connection") -> ExclusiveLease:
        store = SqlExclusiveLease(of, name, worker=WorkerId(), timer=timer)
        return ExclusiveLease(store, timer=timer)

    return make


def test_the_first_gets_it_and_keeps_it(make: Make, timer: Clock) -> None:
    first, second = make(), make()

    for _ in range(10):
        assert first.hold({})
        assert not second.hold({})
        timer.tick(HOLD_SECONDS - 1)
    assert first.is_held
    assert not second.is_held


def test_leases_of_other_names_are_other_leases(make: Make) -> None:
    assert make().hold({})
    assert make(name="another").hold({})


def test_others_learn_what_the_holder_tells(make: Make) -> None:
    first, second = make(), make()
    first.hold({"connected": False})
    first.hold({"connected": True})
    second.hold({})

    assert second.note_of_holder == {"connected": True}


def test_one_that_was_given_back_is_free_at_once(make: Make) -> None:
    first, second = make(), make()
    first.hold({"connected": True})
    first.release()

    assert not first.is_held
    assert second.hold({})
    assert not first.hold({})
    assert first.note_of_holder == {}


def test_a_holder_that_falls_silent_stops_before_another_begins(make: Make, timer: Clock) -> None:
    first, second = make(), make()
    first.hold({})
    second.hold({})
    held_together = []
    for _ in range(100):
        timer.tick(LEASE_SECONDS / 50)
        is_second = second.hold({})
        held_together.append(first.is_held and is_second)
        if is_second:
            break

    assert second.is_held
    assert not first.is_held
    assert not any(held_together)
    assert not first.hold({})


def test_one_that_comes_back_in_time_goes_on(make: Make, timer: Clock) -> None:
    """It has stopped, and nobody has begun: the lease is still its own row."""
    first = make()
    first.hold({})
    timer.tick(HOLD_SECONDS + 0.1)
    assert not first.is_held

    assert first.hold({})


def test_of_two_that_see_the_same_end_one_takes_it(
    make: Make, timer: Clock, other_database: Database
) -> None:
    first, *others = make(), make(), make(other_database), make()
    first.hold({})
    for other in others:
        other.hold({})
    timer.tick(LEASE_SECONDS + 0.1)

    assert sum(other.hold({}) for other in others) == 1


def test_a_dead_process_of_this_host_holds_nothing(
    make: Make, url: str, start_process: Callable[[str, str], SecondProcess]
) -> None:
    other = start_process("hold_connection", url)
    assert other.stdout.readline() == "True\n"
    lease = make()
    assert not lease.hold({})

    other.kill()
    other.wait()

    assert lease.hold({})
