"""The bell between processes."""

from __future__ import annotations

import os

import pytest

from feishu_bot.core.queue.wakeup import Wakeup
from tests.polling import eventually


@pytest.fixture
def wakeup():
    wakeup = Wakeup()
    yield wakeup
    wakeup.close()


def test_a_ring_is_heard(wakeup):
    heard = []
    wakeup.listen(lambda: heard.append(1))

    wakeup.ring()
    wakeup.ring()

    eventually(lambda: len(heard) == 2)


def test_a_ring_before_anybody_listens_is_heard_later(wakeup):
    heard = []
    wakeup.ring()

    wakeup.listen(lambda: heard.append(1))

    eventually(lambda: heard)


def test_ringing_never_waits(wakeup):
    for _ in range(100_000):
        wakeup.ring()


def test_a_child_rings_and_its_parent_hears(wakeup):
    heard = []
    wakeup.listen(lambda: heard.append(1))
    child = os.fork()
    if not child:
        wakeup.ring()
        os._exit(0)
    os.waitpid(child, 0)

    eventually(lambda: heard)
