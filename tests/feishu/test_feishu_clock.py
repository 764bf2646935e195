from __future__ import annotations

import pytest

from feishu_bot.feishu.api.feishu_clock import FRESH_SECONDS, FeishuClock
from tests.polling import Clock

NOON = "Sun, 29 Nov 2026 12:00:00 GMT"
AT_NOON = 1795953600.0


@pytest.fixture
def timer():
    return Clock(50.0)


@pytest.fixture
def clock(timer):
    return FeishuClock(clock=lambda: 17.0, timer=timer)


def test_until_feishu_has_answered_it_is_our_own(clock):
    assert clock.now() == 17.0


def test_then_it_is_feishus_however_wrong_ours_is(clock, timer):
    clock.note(NOON)
    assert clock.now() == AT_NOON
    timer.tick(3.5)

    assert clock.now() == AT_NOON + 3.5


def test_it_is_looked_at_again_after_a_minute(clock, timer):
    clock.note(NOON)
    timer.tick(FRESH_SECONDS / 2)
    clock.note("Sun, 29 Nov 2026 12:05:00 GMT")
    assert clock.now() == AT_NOON + FRESH_SECONDS / 2
    timer.tick(FRESH_SECONDS)
    clock.note("Sun, 29 Nov 2026 12:05:00 GMT")

    assert clock.now() == AT_NOON + 300


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT"])
def test_what_is_no_date_is_left_out(clock, date):
    clock.note(date)

    assert clock.now() == 17.0
