"""The budget of calls, against a sliding window of the test's own."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

import pytest

from feishu_bot.feishu.streaming.api_budget import Budget, Window


def spend(budget: Budget, seconds: float, *, urgent: bool, start: float = 0.0) -> list[float]:
    """The times of as many calls as the budget allows, made as soon as it does."""
    now, times = start, []
    while now < start + seconds:
        wait = budget.wait(now, urgent=urgent)
        if wait > 0:
            now += wait + 1e-6
            continue
        budget.take(now, urgent=urgent)
        times.append(now)
    return times


def peak(times: list[float], seconds: float) -> int:
    return max(i - bisect_left(times, t - seconds) + 1 for i, t in enumerate(times))


@pytest.mark.parametrize("urgent", [True, False])
def test_no_second_and_no_minute_exceeds_feishus_limits(urgent):
    times = spend(Budget(), 150, urgent=urgent)

    assert peak(times, 1.0) <= 50
    assert peak(times, 60.0) <= 1000


def test_calls_that_arrive_bunched_by_a_tenth_of_a_second_stay_below_the_limit():
    times = spend(Budget(), 20, urgent=True)
    late = sorted(t + (0.1 if i % 2 else 0.0) for i, t in enumerate(times))

    assert peak(late, 1.0) <= 50


def test_urgent_calls_may_come_at_once():
    assert len(spend(Budget(), 0.01, urgent=True)) >= 40


def test_frames_are_spread_evenly():
    times = spend(Budget(), 5, urgent=False)
    gaps = [b - a for a, b in pairwise(times)]

    assert max(gaps) < 0.15
    assert len(times) > 100


def test_frames_leave_room_for_urgent_calls():
    budget = Budget()
    frames = spend(budget, 60, urgent=False)

    assert len(frames) > 500
    assert len(spend(budget, 1, urgent=True, start=60.0)) >= 40


def test_a_refusal_halves_the_rate_and_it_grows_back():
    budget = Budget()
    budget.refused(0.0, retry_after=2.0)

    assert budget.wait(1.0, urgent=True) == pytest.approx(1.0)
    assert budget.factor(2.0) == 0.5
    assert budget.factor(12.0) == 1.0


def test_refusals_of_calls_under_way_together_count_once():
    budget = Budget()
    for moment in (0.0, 0.1, 0.2):
        budget.refused(moment, retry_after=1.0)

    assert budget.factor(1.0) == 0.5


def test_even_after_many_refusals_a_call_gets_through():
    budget = Budget()
    now = 0.0
    for _ in range(20):
        budget.refused(now, retry_after=1.0)
        now += 1.0

    assert budget.wait(now, urgent=True) <= 0.0


def test_a_window_forgets_what_has_passed():
    window = Window(1.0)
    window.take(0.0)
    window.take(0.5)

    assert window.wait(0.6, 2) == pytest.approx(0.4)
    assert window.wait(1.01, 2) == 0.0
