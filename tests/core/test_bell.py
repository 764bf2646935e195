"""The bell between processes."""

from __future__ import annotations

import os

import pytest

from feishu_bot.core.bell import Bell
from tests.polling import eventually


@pytest.fixture
def bell():
    bell = Bell()
    yield bell
    bell.close()


def test_a_ring_is_heard(bell):
    heard = []
    bell.listen(lambda: heard.append(1))

    bell.ring()
    bell.ring()

    eventually(lambda: len(heard) == 2)


def test_a_ring_before_anybody_listens_is_heard_later(bell):
    heard = []
    bell.ring()

    bell.listen(lambda: heard.append(1))

    eventually(lambda: heard)


def test_ringing_never_waits(bell):
    for _ in range(100_000):
        bell.ring()


def test_a_child_rings_and_its_parent_hears(bell):
    heard = []
    bell.listen(lambda: heard.append(1))
    child = os.fork()
    if not child:
        bell.ring()
        os._exit(0)
    os.waitpid(child, 0)

    eventually(lambda: heard)
