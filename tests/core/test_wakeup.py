"""The wake-up between processes."""

from __future__ import annotations

import os

import pytest

from feishu_bot.core.queue.wakeup import Wakeup
from tests.polling import eventually


@pytest.fixture
def wakeup():
    """Closed at the end."""
    wakeup = Wakeup()
    yield wakeup
    wakeup.close()


def test_a_notification_is_heard(wakeup):
    heard = []
    wakeup.listen(lambda: heard.append(1))

    wakeup.notify()
    wakeup.notify()

    eventually(lambda: len(heard) == 2)


def test_a_notification_before_anybody_listens_is_heard_later(wakeup):
    heard = []
    wakeup.notify()

    wakeup.listen(lambda: heard.append(1))

    eventually(lambda: heard)


def test_notifying_never_waits(wakeup):
    for _ in range(100_000):
        wakeup.notify()


def test_a_child_notifies_and_its_parent_hears(wakeup):
    heard = []
    wakeup.listen(lambda: heard.append(1))
    child = os.fork()
    if not child:
        wakeup.notify()
        os._exit(0)
    os.waitpid(child, 0)

    eventually(lambda: heard)
