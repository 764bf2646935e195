"""Connections are opened before a question needs them, and only then."""

from __future__ import annotations

import pytest

from feishu_bot import connection_warmer
from feishu_bot.connection_warmer import IDLE_SECONDS, KEPT_SECONDS, ConnectionWarmer
from feishu_bot.errors import FeishuUnavailable
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
        if self.failure:
            raise self.failure


@pytest.fixture
def upstream():
    return Upstream()


@pytest.fixture
def start(upstream, monkeypatch):
    monkeypatch.setattr(connection_warmer, "PAUSE_SECONDS", 0.05)
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
    warmer.expect()
    assert not warmer._wanted.is_set()
    assert upstream.opened == 1


def test_through_a_quiet_hour_one_is_kept_open(upstream, start):
    start(seconds=0.01)

    eventually(lambda: upstream.opened >= 2)


def test_at_night_none_is_kept_until_somebody_opens_their_chat(upstream, start):
    upstream.seconds = KEPT_SECONDS
    warmer = start(seconds=0.01)
    looks = []
    upstream.idle = lambda: looks.append(1) or KEPT_SECONDS
    warmer._idle = upstream.idle
    eventually(lambda: len(looks) > 9)
    assert upstream.opened == 0

    warmer.expect()

    assert eventually(lambda: upstream.opened) == 1


def test_a_question_that_has_opened_its_own_needs_no_other(upstream, start):
    upstream.seconds = KEPT_SECONDS
    warmer = start()

    warmer.expect()
    upstream.seconds = 0.0

    eventually(lambda: not warmer._wanted.is_set())
    warmer.stop()
    assert upstream.opened == 0


def test_a_failure_is_silent_and_the_next_question_tries_again(upstream, start, caplog):
    upstream.failure = FeishuUnavailable("refused")
    warmer = start(seconds=0.01)
    eventually(lambda: upstream.opened)

    warmer.expect()

    eventually(lambda: upstream.opened >= 2)
    assert not caplog.records


def test_it_ends_at_once(start):
    warmer = start()

    warmer.stop()

    assert not warmer._thread.is_alive()
