"""How often the admin page's password may be tried, over all processes of a database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from feishu_bot.core.administration.login_throttle import (
    OVERALL,
    PER_ADDRESS,
    PER_DEVICE,
    WINDOW_SECONDS,
    LoginThrottle,
)
from feishu_bot.stores import Database
from feishu_bot.stores.login_tries import SqlLoginTries
from feishu_bot.stores.schema import login_tries
from tests.polling import Clock


@pytest.fixture
def throttle(database: Database, clock: Clock) -> LoginThrottle:
    return LoginThrottle(SqlLoginTries(database), clock=clock)


@pytest.fixture
def elsewhere(other_database: Database, clock: Clock) -> LoginThrottle:
    """That of another process."""
    return LoginThrottle(SqlLoginTries(other_database), clock=clock)


def rows(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(sa.select(login_tries.c.by_whom)))


def test_an_address_has_a_few_tries_in_all_processes_together_and_then_waits(
    throttle: LoginThrottle, elsewhere: LoginThrottle, clock: Clock
) -> None:
    for number in range(PER_ADDRESS):
        assert (throttle, elsewhere)[number % 2].begin("a") == 0.0

    clock.tick(60.0)
    assert throttle.begin("a") == elsewhere.begin("a") == WINDOW_SECONDS - 60
    assert throttle.begin("b") == 0.0
    clock.tick(WINDOW_SECONDS - 60)
    assert elsewhere.begin("a") == 0.0


def test_all_together_have_a_budget_and_a_known_browser_its_own(
    throttle: LoginThrottle, elsewhere: LoginThrottle, database: Database
) -> None:
    tries = [throttle.begin(f"a{number}") for number in range(OVERALL + 5)]
    assert [wait > 0 for wait in tries] == [False] * OVERALL + [True] * 5
    assert len(rows(database)) == OVERALL

    known = [elsewhere.begin("a", device="known") for _ in range(PER_DEVICE + 1)]
    assert [wait > 0 for wait in known] == [False] * PER_DEVICE + [True]


def test_a_login_takes_back_the_tries_before_it_and_those_of_nobody_else(
    throttle: LoginThrottle, elsewhere: LoginThrottle, database: Database
) -> None:
    throttle.begin("b")
    for _ in range(3):
        for _ in range(PER_ADDRESS):
            assert throttle.begin("a") == 0.0
        elsewhere.succeeded("a")

    assert len(rows(database)) == 1


def test_those_who_try_at_the_same_moment_have_no_more(
    throttle: LoginThrottle, elsewhere: LoginThrottle
) -> None:
    with ThreadPoolExecutor(4) as pool:
        both = [throttle, elsewhere] * PER_ADDRESS
        waits = list(pool.map(lambda one: one.begin("a"), both))

    assert waits.count(0.0) == PER_ADDRESS


def test_addresses_are_not_kept_and_old_tries_go(
    throttle: LoginThrottle, database: Database, clock: Clock
) -> None:
    throttle.begin("198.51.100.7")
    assert len(rows(database)[0]) == 64
    clock.tick(WINDOW_SECONDS)
    throttle.begin("b")
    assert len(rows(database)) == 1

    clock.tick(WINDOW_SECONDS)
    SqlLoginTries(database).sweep(clock())
    assert rows(database) == []


def test_a_clock_that_was_set_back_keeps_nobody_out_for_longer(
    throttle: LoginThrottle, clock: Clock
) -> None:
    for _ in range(PER_ADDRESS):
        throttle.begin("a")

    clock.tick(-60.0)
    assert throttle.begin("a") == WINDOW_SECONDS
    clock.tick(-WINDOW_SECONDS)
    assert throttle.begin("a") == 0.0
