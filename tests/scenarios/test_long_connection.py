"""The whole bot behind a long connection: no address, no keys, one process that holds it."""

from __future__ import annotations

import json
import os
import signal
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from feishu_bot.feishu.long_connection import late_events
from feishu_bot.stores.schema import inbox
from feishu_simulator import Script
from feishu_simulator.long_connection.conditions import TOO_MANY
from tests.feishu.long_connections import Connected
from tests.polling import eventually


@pytest.fixture
def way_in():
    return "long_connection"


@pytest.fixture
def connections(sim):
    return sim.feishu.long_connections


def stored(bot) -> int:
    with bot.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(inbox))


def failing(bot) -> list[str]:
    """What /readyz says doesn't work."""
    try:
        with urllib.request.urlopen(f"{bot.url}/readyz", timeout=5) as response:
            return json.load(response)["failing"]
    except urllib.error.HTTPError as exc:
        return json.load(exc)["failing"]


def test_without_keys_there_are_no_addresses_to_push_to(talk, bot):
    client = bot.app.test_client()

    assert "hello" in talk.ask("hello").text
    assert client.post("/webhook/event", data=b"{}").status_code == 404
    assert client.get("/ping").status_code == 200


def test_an_event_is_acknowledged_when_it_is_stored_and_not_before(
    sim, talk, start_bot, connections
):
    bot = start_bot()
    real, put_in, go_on = bot.inbox.put_if_room, threading.Event(), threading.Event()

    def put(task, most):
        put_in.set()
        assert go_on.wait(30)
        return real(task, most)

    bot.inbox.put_if_room = put
    question = talk.say("hello")
    (client,) = connections.clients
    assert put_in.wait(30)
    assert client.acks == []
    assert stored(bot) == 0

    go_on.set()

    eventually(lambda: client.acks)
    assert stored(bot) == 1
    assert talk.answer(question)


def test_a_click_is_answered_through_the_connection(sim, talk, bot):
    answer = talk.ask("hello")

    result = sim.feishu.click(answer, {"act": "stop", "of": "nothing"}, talk.alice)

    assert result.error_code == 0
    assert result.toast


def test_questions_of_an_outage_are_answered_once_when_it_ends(sim, talk, bot, connections):
    sim.feishu.deliveries.retry_seconds = (30.0,)
    connections.conditions.is_cut = True
    connections.cut()
    sim.feishu.wait_for(lambda: not connections.clients)
    questions = [talk.say(f"q{number}") for number in range(3)]
    sim.feishu.wait_for(lambda: all(question.deliveries for question in questions))
    assert not any(sim.feishu.answers_to(question) for question in questions)

    connections.conditions.is_cut = False

    for question in questions:
        assert talk.answer(question)
    assert [len(sim.feishu.answers_to(question)) for question in questions] == [1, 1, 1]


def test_who_cannot_connect_is_not_ready_and_says_why(sim, talk, start_bot, connections, caplog):
    bot = start_bot()
    check = next(c for c in bot.runtime.readiness.checks if c.name == "long_connection")
    assert bot.runtime.readiness.look(check)
    connections.conditions.code = TOO_MANY
    connections.cut()
    eventually(lambda: not bot.runtime.receiving[0].state().connected)
    eventually(lambda: bot.runtime.receiving[0].state().refusal)
    check.run.__self__._seen_at -= 60

    assert not bot.runtime.readiness.look(check)
    assert "飞书长连接：这个应用的长连接太多" in caplog.text
    assert bot.runtime.readiness.failing() == ["long_connection"]


def test_a_second_program_that_swallows_events_is_noticed_and_nothing_is_lost(
    sim, talk, start_bot, connections, monkeypatch, caplog
):
    """Feishu gives it a part of the events, and us the same ones later."""
    monkeypatch.setattr(late_events, "LATE_SECONDS", 0.3)
    sim.feishu.deliveries.answer_seconds = 0.3
    sim.feishu.deliveries.retry_seconds = (0.1,) * 20
    start_bot()
    (ours,) = connections.clients
    other = Connected(sim).start()
    other.recorder.reply = lambda payload: None
    sim.feishu.wait_for(lambda: len(connections.clients) == 2)

    def is_noticed() -> bool:
        talk.ask("hello")
        return "Some events come late" in caplog.text

    try:
        eventually(is_noticed, timeout=30)
    finally:
        other.bot.stop()
    assert ours in connections.clients
    assert other.recorder.payloads


@pytest.fixture
def connected_pair(start_gunicorn, postgresql_url):
    """Two replicas on one database; the first holds the connection."""
    settings = {"DATABASE_URL": postgresql_url, "LOG_LEVEL": "DEBUG"}
    return start_gunicorn(**settings), start_gunicorn(**settings)


def test_when_the_holder_is_killed_another_replica_takes_over_and_nothing_is_lost(
    sim, talk, connected_pair, connections
):
    first, second = connected_pair
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    people = [sim.feishu.add_person(f"P{number}") for number in range(30)]
    (holder,) = connections.clients
    eventually(lambda: failing(second) == [], timeout=20)
    go_on = threading.Event()
    questions = []

    def ask(person):
        question = sim.feishu.say(sim.feishu.private_chat(person), person, "hello")
        questions.append(question)
        if len(questions) == 10:
            go_on.set()

    # What is on its way when the holder dies comes again soon here.
    sim.feishu.deliveries.retry_seconds = (1.0, 1.0, 1.0, 1.0)
    sim.feishu.deliveries.answer_seconds = 1.0
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, person) for person in people]
        go_on.wait(10)
        first.kill()
        for one in asking:
            one.result()

    sim.feishu.wait_for(
        lambda: all(
            len(a := sim.feishu.answers_to(q)) == 1 and "the end." in a[0].text for q in questions
        ),
        timeout=40,
    )
    assert connections.clients != [holder]
    assert len(connections.clients) == 1
    for question in questions:
        assert len(sim.feishu.answers_to(question)) == 1
    log = second.log.read_text()
    assert "this process holds the long connection" in log
    for word in (sim.credentials.app_secret, "access_key", "ticket="):
        assert word not in log + first.log.read_text()


def test_a_frozen_holder_gives_way_and_stays_away_when_it_thaws(
    sim, talk, connected_pair, connections
):
    first, second = connected_pair
    (holder,) = connections.clients
    pids = [first.process.pid, *first.workers()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        # The frozen one's socket stays open: the system keeps it.
        sim.feishu.wait_for(lambda: len(connections.clients) == 2, timeout=20)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    sim.feishu.wait_for(lambda: holder not in connections.clients, timeout=10)

    assert talk.ask("hello")
    assert len(connections.clients) == 1
    assert failing(first) == failing(second) == []
