"""Noticing that another program takes a part of the events."""

from __future__ import annotations

import pytest

from feishu_bot.feishu.long_connection.late_events import LateEvents
from tests.polling import Clock


class Watched:
    """A connection that is open since the time 0; what comes is late by so much."""

    def __init__(self, clock_is_ahead: float = 0.0) -> None:
        self.clock, self.timer = Clock(), Clock(0.0)
        self.ahead = clock_is_ahead
        self.late_events = LateEvents(clock=self.clock, timer=self.timer)
        self.late_events.connected()
        self.number = 0

    def event(self, delay: float, event_id: str = "") -> None:
        self.number += 1
        created_at = self.clock.now - delay - self.ahead
        self.late_events.note(event_id or f"ev_{self.number}", created_at)

    def wait(self, seconds: float) -> None:
        self.clock.tick(seconds)
        self.timer.tick(seconds)


@pytest.fixture
def watched() -> Watched:
    watched = Watched()
    watched.wait(60)
    watched.event(0.2)
    return watched


def test_an_event_that_comes_at_its_first_repetition_was_somebody_elses(watched, caplog):
    watched.event(15.3)

    assert watched.late_events.count == 1
    assert "another program is probably connected to this app" in caplog.text


def test_it_is_told_once_an_hour(watched, caplog):
    for _ in range(5):
        watched.event(15.3)
    assert len(caplog.records) == 1
    watched.wait(3601)
    watched.event(15.3)

    assert watched.late_events.count == 6
    assert len(caplog.records) == 2


def test_what_we_have_not_acknowledged_ourselves_is_ours(watched):
    watched.event(0.2, "ev_ours")
    watched.event(15.3, "ev_ours")

    assert watched.late_events.count == 0


def test_what_was_made_before_the_connection_waited_for_it(watched):
    watched.wait(30)
    watched.late_events.connected()
    watched.event(20)

    assert watched.late_events.count == 0


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
def test_a_wrong_clock_makes_no_event_late(ahead, caplog):
    watched = Watched(clock_is_ahead=ahead)
    watched.wait(7200)
    for _ in range(20):
        watched.event(0.3)
    assert watched.late_events.count == 0

    watched.event(15.3)

    assert watched.late_events.count == 1


def test_an_event_without_a_time_says_nothing(watched):
    watched.late_events.note("ev_x", 0.0)

    assert watched.late_events.count == 0
