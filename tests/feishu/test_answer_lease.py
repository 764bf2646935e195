"""What is called while the lease on an answer is good, behind, and over."""

from __future__ import annotations

import pytest

from feishu_bot.core.queue.running_jobs import Lease
from feishu_bot.errors import FeishuUnavailable
from feishu_bot.feishu.streaming.paced_calls import Abandoned, PacedCaller
from feishu_bot.feishu.streaming.pacer import Pacer
from tests.polling import Clock

FRAME = {"since": float("-inf"), "urgent": False}


@pytest.fixture
def timer():
    """The time of the lease."""
    return Clock()


@pytest.fixture
def caller(timer):
    """Calls under a lease of 30 seconds that was renewed just now."""
    lease = Lease(timer)
    lease.note_renewed(timer(), 30.0)
    return PacedCaller(Pacer(), lease=lease, patience=5.0)


def test_under_a_good_lease_frames_are_shown(caller):
    calls = []

    assert caller.try_call("element.content", lambda: calls.append(1), **FRAME)
    assert calls == [1]


def test_what_may_not_be_kept_is_not_shown(caller, timer):
    calls = []
    timer.tick(10.0)

    assert not caller.try_call("element.content", lambda: calls.append(1), **FRAME)
    caller.call("card.update", lambda: calls.append("end"))

    assert calls == ["end"]


def test_after_its_lease_a_process_calls_nothing(caller, timer):
    calls = []
    timer.tick(27.5)

    with pytest.raises(Abandoned):
        caller.try_call("element.content", lambda: calls.append(1), **FRAME)
    with pytest.raises(Abandoned):
        caller.call("card.update", lambda: calls.append("end"))
    assert calls == []


def test_a_call_is_not_repeated_after_the_lease(caller, timer):
    calls = []

    def fail():
        calls.append(1)
        timer.tick(28.0)
        raise FeishuUnavailable("away")

    with pytest.raises(Abandoned):
        caller.call("card.update", fail)
    assert calls == [1]
