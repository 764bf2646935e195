"""Connections are opened before a question needs them, and only then."""

from __future__ import annotations

import pytest

from feishu_bot.connection_warmer import IDLE_SECONDS, ConnectionWarmer
from tests.polling import eventually


class Upstream:
    """Something that is connected to: how long nothing was asked of it, and how often it was."""

    def __init__(self) -> None:
        self.seconds = IDLE_SECONDS
        self.opened = 0
        self.failure: Exception | None = None

    def idle(self) -> float:
        return self.seconds

    def warm(self) -> None:
        self.opened += 1
        self.seconds = 0.0
        if self.failure:
            raise self.failure


@pytest.fixture
def upstream():
    return Upstream()


@pytest.fixture
def start(upstream):
    started = []

    def start(**options) -> ConnectionWarmer:
        warmer = ConnectionWarmer("upstream", upstream.warm, upstream.idle, **options)
        warmer.start()
        started.append(warmer)
        return warmer

    yield start
    for warmer in started:
        warmer.stop()


def test_one_is_opened_when_a_question_comes_after_a_quiet_while(upstream, start):
    warmer = start()

    warmer.expect()

    assert eventually(lambda: upstream.opened) == 1


def test_in_a_busy_minute_nothing_is_done(upstream, start):
    warmer = start()
    upstream.seconds = IDLE_SECONDS - 1

    for _ in range(50):
        warmer.expect()

    assert not warmer._wanted.is_set()
    assert upstream.opened == 0


def test_many_questions_at_once_open_one(upstream, start):
    warmer = start()

    for _ in range(50):
        warmer.expect()

    eventually(lambda: upstream.opened)
    eventually(lambda: not warmer._wanted.is_set())
    assert upstream.opened == 1


def test_one_that_is_kept_is_opened_again_and_again(upstream, start):
    start(is_kept=True, seconds=0.01)

    def opened_thrice() -> bool:
        upstream.seconds = IDLE_SECONDS
        return upstream.opened >= 3

    eventually(opened_thrice)


def test_a_failure_is_silent_and_the_next_question_tries_again(upstream, start, caplog):
    upstream.failure = OSError("refused")
    warmer = start()
    warmer.expect()
    eventually(lambda: upstream.opened == 1)

    upstream.seconds = IDLE_SECONDS
    warmer.expect()

    eventually(lambda: upstream.opened == 2)
    assert not caplog.records


def test_it_ends_at_once(start):
    warmer = start(is_kept=True)

    warmer.stop()

    assert not warmer._thread.is_alive()
