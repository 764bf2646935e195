"""The thread that renews a process's share, and what it does between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feishu_bot.core.call_budget.renewal import CallBudget, Decide
from feishu_bot.core.call_budget.shares import FLOOR, Calls, Holding, Share, Whole
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.errors import StoreUnavailable
from tests.builders import job
from tests.polling import eventually

WHOLE = Whole(second=47, minute=950, second_window=1.2, minute_window=61.0)
NOW = 1_700_000_000.0


class Table:
    """Remembers what was stored; away when told so."""

    process = "ours"

    def __init__(self) -> None:
        self.others: list[Holding] = []
        self.stored: list[Holding] = []
        self.is_away = False

    def exchange(self, decide: Decide) -> None:
        if self.is_away:
            raise StoreUnavailable("away")
        self.stored.append(decide(NOW, self.others))


class Limiter:
    """Has made so many calls; remembers what it may."""

    def __init__(self) -> None:
        self.calls = Calls(0, 0)
        self.most: list[Share] = []
        self.allowed: list[Share] = []

    def spent(self) -> Calls:
        return self.calls

    def shrink(self, most: Share) -> Calls:
        self.most.append(most)
        return self.calls

    def take(self, share: Share) -> None:
        self.allowed.append(share)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def limiter() -> Limiter:
    return Limiter()


@pytest.fixture
def running() -> RunningJobs:
    return RunningJobs()


@pytest.fixture
def budget(table: Table, limiter: Limiter, running: RunningJobs) -> Iterator[CallBudget]:
    budget = CallBudget(WHOLE, table, limiter, running)
    yield budget
    budget.stop()


def other(**more: float) -> Holding:
    values = {
        "second": 45, "minute": 500, "spent": 100, "demand": 5, "floor": 2,
        "ends_at": NOW + 5, "gone_at": NOW + 305,
    }  # fmt: skip
    return Holding(process="other", **(values | more))


def test_a_process_at_rest_says_what_it_keeps_and_then_nothing(budget, table) -> None:
    budget.start()
    eventually(budget.may_begin)

    assert [row.second for row in table.stored] == [FLOOR]
    assert budget._is_settled


def test_the_first_job_gets_all_that_is_free_without_waiting(budget, table, running) -> None:
    budget.start()
    eventually(budget.may_begin)
    running.add(job())

    # Far sooner than the next renewal would come.
    eventually(lambda: len(table.stored) == 2, timeout=1.0)
    assert table.stored[1].second == WHOLE.second


def test_nothing_begins_while_another_process_has_everything(budget, table) -> None:
    table.others = [other(second=47)]
    budget.renew()
    assert not budget.may_begin()

    table.others = [other(second=23)]
    budget.renew()

    assert budget.may_begin()


def test_jobs_that_waited_for_a_share_are_told(budget, table, running) -> None:
    with running.changed:
        budget.start()
        assert running.changed.wait(10)

    assert budget.may_begin()


def test_what_was_called_a_moment_ago_is_still_held(budget, table, limiter) -> None:
    limiter.calls = Calls(30, 700)
    table.others = [other(second=10, minute=100)]
    budget.renew()
    (row,) = table.stored

    assert (row.second, row.spent) == (30, 700)
    assert row.minute >= 700
    assert not budget._is_settled


def test_a_share_shrinks_before_it_is_stored_and_grows_afterwards(budget, table, limiter) -> None:
    def fail() -> None:
        raise StoreUnavailable("cut off")

    kept = table.exchange
    table.exchange = lambda decide: (kept(decide), fail())
    with pytest.raises(StoreUnavailable):
        budget.renew()

    # Only less was allowed: nobody knows whether it was stored.
    assert [(most.second, most.minute) for most in limiter.most] == [(FLOOR, WHOLE.floor.minute)]
    assert not limiter.allowed


def test_a_process_that_ends_keeps_a_floor_for_its_last_cards(budget, table, limiter) -> None:
    budget.start()
    eventually(budget.may_begin)
    budget.stop()
    row, share = table.stored[-1], limiter.allowed[-1]

    assert (row.second, row.floor, row.ends_at) == (FLOOR, FLOOR, NOW)
    assert NOW < row.gone_at < NOW + 60
    assert share.floor_until > share.until


def test_without_a_database_it_says_so_once_and_tries_again(budget, table, caplog) -> None:
    table.is_away = True
    for _ in range(3):
        budget._safely(budget.renew)
    assert len(caplog.records) == 1

    table.is_away = False
    budget._safely(budget.renew)

    assert budget.may_begin()
