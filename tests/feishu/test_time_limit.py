"""Calls are given up after a while, whatever they wait for."""

from __future__ import annotations

import threading
import time

import pytest

from feishu_bot.feishu.events.time_limit import TimeLimit, TookTooLong
from tests.polling import eventually


@pytest.fixture
def stuck():
    """An event that calls wait for; it is set at the end."""
    event = threading.Event()
    yield event
    event.set()


def test_a_call_gives_what_it_returns_and_raises_what_it_raises():
    limit = TimeLimit(5, threads=2)

    assert limit.run(lambda: 7) == 7
    with pytest.raises(KeyError):
        limit.run(lambda: {}["a"])
    limit.close()


def test_a_call_that_takes_too_long_is_given_up_and_ends_by_itself(stuck):
    limit, ended = TimeLimit(0.05, threads=2), []

    with pytest.raises(TookTooLong):
        limit.run(lambda: ended.append(stuck.wait(5)))

    assert limit.run(lambda: "another") == "another"
    stuck.set()
    eventually(lambda: ended)
    limit.close()


def test_where_all_threads_are_stuck_nobody_waits_and_all_is_well_again_afterwards(stuck):
    limit = TimeLimit(0.05, threads=2)
    for _ in range(2):
        with pytest.raises(TookTooLong):
            limit.run(lambda: stuck.wait(5))

    started = time.monotonic()
    for _ in range(400):
        with pytest.raises(TookTooLong):
            limit.run(lambda: 1)
    # One after the other they would be waited for for twenty seconds.
    assert time.monotonic() - started < 10

    stuck.set()
    eventually(lambda: not limit._given_up)
    assert limit.run(lambda: 1) == 1
    limit.close()
