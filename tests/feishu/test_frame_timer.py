"""When frames are due."""

from __future__ import annotations

import pytest

from feishu_bot.feishu.streaming.frame_timer import LONGEST_PAUSE, NEVER, FrameTimer
from tests.polling import Clock


@pytest.fixture
def clock():
    """The time of the frames."""
    return Clock()


@pytest.fixture
def frames(clock):
    """The frames of a new card."""
    return FrameTimer(timer=clock)


def test_the_first_frame_of_a_card_is_due_at_once(frames, clock):
    assert frames.due(0.5) < clock.now
    assert frames.is_first

    assert frames.last_shown == NEVER

    frames.note_shown()
    assert not frames.is_first


def test_after_a_frame_the_next_is_due_an_interval_later(frames, clock):
    frames.note_shown()

    assert frames.due(0.5) == clock.now + 0.5
    assert frames.last_shown == clock.now


def test_a_frame_that_feishu_refuses_was_not_shown_and_costs_no_pause(frames, clock):
    frames.note_refused()

    assert frames.due(0.5) == clock.now + 0.5
    assert frames.last_shown == NEVER


def test_frames_that_do_not_get_through_come_less_often_until_one_does(frames, clock):
    pauses = []
    for _ in range(8):
        frames.note_missed()
        pauses.append(frames.due(0.0) - clock.now)

    assert pauses[0] == pytest.approx(0.1, rel=0.25)
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE, rel=0.25)

    frames.note_shown()
    assert frames.due(0.0) == clock.now
