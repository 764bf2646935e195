"""What /readyz tells is found out in the background."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from feishu_bot import readiness
from feishu_bot.core.languages import Words
from feishu_bot.errors import BotError
from feishu_bot.readiness import Check, Readiness
from feishu_bot.web import health
from tests.polling import Clock, eventually
from tests.samples import sample


class Part:
    """A part of the bot that works or doesn't; it counts how often it was looked at."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure: Exception | None = None
        self.answer: object = None
        self.looks = 0
        self.held = threading.Event()
        self.held.set()

    def look(self) -> object:
        self.held.wait(10)
        self.looks += 1
        if self.failure:
            raise self.failure
        return self.answer

    def check(self, seconds: float = 60.0, explain=lambda exc: Words("等一等", "wait")) -> Check:
        return Check(
            name=self.name,
            run=self.look,
            seconds=seconds,
            title=Words("飞书", "Feishu"),
            explain=explain,
        )


@pytest.fixture
def running():
    """Start the checks; they end with the test."""
    started = []

    def start(*checks: Check) -> Readiness:
        found = Readiness(checks)
        found.start()
        started.append(found)
        return found

    yield start
    for one in started:
        one.stop()


def test_nothing_is_ready_before_everything_was_looked_at(running):
    slow, quick = Part("database"), Part("feishu")
    slow.held.clear()
    found = running(slow.check(), quick.check())
    eventually(lambda: quick.looks)

    assert found.failing() == ["starting"]

    slow.held.set()
    assert eventually(lambda: found.failing() == [])


def test_a_check_that_hangs_delays_no_other(running):
    slow, quick = Part("gateway"), Part("database")
    slow.held.clear()
    running(slow.check(), quick.check(seconds=0.0))

    eventually(lambda: quick.looks > 3)
    slow.held.set()


@pytest.mark.parametrize(
    ("failure", "answer"), [(BotError("away"), None), (None, False), (RuntimeError("a bug"), None)]
)
def test_what_fails_is_named_and_looked_at_again_soon(running, monkeypatch, failure, answer):
    monkeypatch.setattr(readiness, "RETRY_SECONDS", 0.01)
    part = Part("feishu")
    part.failure, part.answer = failure, answer
    found = running(Part("database").check(), part.check())

    eventually(lambda: part.looks > 2)
    assert found.failing() == ["feishu"]
    assert sample("feishu_bot_ready", part="feishu") == 0

    part.failure = part.answer = None
    assert eventually(lambda: found.failing() == [])
    assert sample("feishu_bot_ready", part="feishu") == 1


def test_only_a_change_is_logged(caplog):
    caplog.set_level("INFO")
    part = Part("feishu")
    part.failure = part.failed = BotError("away")
    clock = Clock(1000.0)
    found = Readiness((part.check(),), timer=clock)

    for _ in range(3):
        found.look(part.check())
        clock.now += 20
    part.failure = None
    for _ in range(3):
        found.look(part.check())

    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert [(record.message, record.fields) for record in caplog.records] == [
        ("飞书：等一等 / Feishu: wait", {"part": "feishu", "ready": False, "error": part.failed}),
        ("飞书恢复正常 / Feishu: it works again", {"part": "feishu", "ready": True, "seconds": 60}),
    ]


def test_another_cause_of_the_same_failure_is_told_once_too(caplog):
    part = Part("feishu")
    found = Readiness((part.check(),))

    for words in ("away", "refused", "away", "refused"):
        part.failure = BotError(words)
        found.look(part.check(explain=lambda exc: Words(str(exc), str(exc))))

    assert [record.message.rpartition(" ")[2] for record in caplog.records] == ["away", "refused"]


def test_who_asks_for_readiness_makes_the_bot_do_nothing(running):
    part = Part("gateway")
    found = running(part.check())
    eventually(lambda: found.failing() == [])
    app = Flask(__name__)
    app.register_blueprint(health.blueprint("1.2.3", found.failing, None))
    client = app.test_client()

    for _ in range(50):
        assert client.get("/readyz").json == {"version": "1.2.3", "ready": True, "failing": []}

    assert part.looks == 1


TOKEN = "a-token-of-sixteen-or-more"
DETAILS = {"version": "1.2.3", "ready": True, "failing": []}


def client_of(token=""):
    app = Flask(__name__)
    app.register_blueprint(health.blueprint("1.2.3", list, lambda: (b"m 1", "text/plain"), token))
    return app.test_client()


@pytest.mark.parametrize(
    ("token", "address", "headers", "is_told"),
    [
        ("", "127.0.0.1", {}, True),
        ("", "::1", {}, True),
        ("", "10.0.0.7", {}, False),
        # A proxy on the same machine: everybody has its address.
        ("", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, False),
        ("", "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, False),
        ("", "127.0.0.1", {"Via": "1.1 caddy"}, False),
        (TOKEN, "127.0.0.1", {}, False),
        (TOKEN, "10.0.0.7", {"Authorization": f"Bearer {TOKEN}"}, True),
        (TOKEN, "10.0.0.7", {"Authorization": f"Bearer {TOKEN}x"}, False),
        (TOKEN, "10.0.0.7", {"Authorization": "Bearer \u00e4"}, False),
    ],
)
def test_strangers_are_told_whether_it_is_ready_and_no_more(token, address, headers, is_told):
    client, base = client_of(token), {"REMOTE_ADDR": address}

    ready = client.get("/readyz", environ_base=base, headers=headers)
    metrics = client.get("/metrics", environ_base=base, headers=headers)

    assert (ready.status_code, ready.json) == (200, DETAILS if is_told else {"ready": True})
    assert (metrics.status_code, metrics.data == b"m 1") == ((200 if is_told else 401), is_told)
