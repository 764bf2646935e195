"""Answered once, in order, whatever happens; under gunicorn where processes matter."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from feishu_bot import __version__
from feishu_simulator import Script, failures
from feishu_simulator.encryption import encrypt_and_sign
from tests.polling import eventually
from tests.scenarios.bots import environment

BOTH = ["webhook", "long_connection"]


def whole(sim, question, ending="the end."):
    """The bot's one and only answer to a question, when it is whole."""
    answers = sim.feishu.answers_to(question)
    return len(answers) == 1 and ending in answers[0].text and not answers[0].streaming


def story(words: int = 60, between: float = 0.03) -> Script:
    return Script.chunks([f"w{n} " for n in range(words)] + ["the end."], between=between)


def told_on(body) -> Script:
    """The same story, from where the model is shown to have stopped."""
    said = [m["content"] for m in body["messages"] if m["role"] == "assistant"]
    begun = len("".join(said).split())
    words = [f"w{n} " for n in range(begun, 100)]
    return Script.chunks([*words, "the end."], between=0.05)


@pytest.mark.parametrize("way_in", BOTH)
def test_two_hundred_deliveries_of_fifty_events_give_fifty_answers(sim, talk, start_gunicorn):
    start_gunicorn(WEB_CONCURRENCY="2")
    # Feishu's three seconds are a matter of the machine.
    sim.feishu.deliveries.answer_seconds = 30
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    people = [sim.feishu.add_person(f"P{n}") for n in range(50)]
    questions = [sim.feishu.say(sim.feishu.private_chat(p), p, f"hello {p.name}") for p in people]
    again = [question for question in questions for _ in range(3)]

    with ThreadPoolExecutor(16) as clients:
        list(
            clients.map(
                lambda i: sim.feishu.push(
                    again[i], event_id=f"ev-{i}" if i % 2 else None, wait=True
                ),
                range(len(again)),
            )
        )

    sim.feishu.wait_for(lambda: all(whole(sim, q) for q in questions), timeout=40)
    assert sum(len(q.deliveries) for q in questions) == 200
    assert {d.status for q in questions for d in q.deliveries} == {200}
    assert [len(sim.feishu.answers_to(q)) for q in questions] == [1] * 50
    assert len(sim.gateway.requests) == 50


@pytest.mark.parametrize("way_in", BOTH)
def test_after_kill_9_every_answer_is_finished_once_in_its_own_card(sim, talk, start_gunicorn):
    bot = start_gunicorn(LEASE_SECONDS="5")
    sim.gateway.respond_with(told_on)
    people = [sim.feishu.add_person(f"P{n}") for n in range(20)]
    questions = [sim.feishu.say(sim.feishu.private_chat(p), p, "tell me") for p in people]
    sim.feishu.wait_for(
        lambda: all((a := sim.feishu.answers_to(q)) and "w10" in a[0].text for q in questions),
        timeout=20,
    )
    cards = {q.message_id: sim.feishu.answers_to(q)[0].message_id for q in questions}
    assert not any(whole(sim, q) for q in questions)

    bot.kill()
    start_gunicorn(bot.port)

    sim.feishu.wait_for(lambda: all(whole(sim, q) for q in questions), timeout=40)
    assert {q.message_id: sim.feishu.answers_to(q)[0].message_id for q in questions} == cards
    for question in questions:
        (answer,) = sim.feishu.answers_to(question)
        # Behind it stands the small print.
        told = [*(f"w{number}" for number in range(100)), "the", "end."]
        assert answer.text.split()[: len(told)] == told
    # What was there by then isn't asked for again.
    again = [request.body["messages"][-2]["role"] for request in sim.gateway.requests[20:]]
    assert again == ["assistant"] * 20


def test_after_the_death_of_a_worker_its_sibling_finishes_the_answer(sim, talk, start_gunicorn):
    bot = start_gunicorn(WEB_CONCURRENCY="2")
    sim.gateway.respond_with(lambda body: story())
    question = talk.say("tell me")
    sim.feishu.wait_for(lambda: (a := sim.feishu.answers_to(question)) and "w3" in a[0].text)

    for pid in bot.workers()[:1]:
        os.kill(pid, signal.SIGKILL)

    sim.feishu.wait_for(lambda: whole(sim, question), timeout=30)


@pytest.mark.parametrize("way_in", BOTH)
def test_on_sigterm_an_answer_is_handed_to_the_next_process(sim, talk, start_gunicorn):
    bot = start_gunicorn(SHUTDOWN_GRACE="0.3")
    sim.gateway.respond_with(lambda body: story(200, 0.02))
    question = talk.say("tell me")
    sim.feishu.wait_for(lambda: (a := sim.feishu.answers_to(question)) and "w3" in a[0].text)

    assert bot.terminate() == 0
    assert not whole(sim, question)
    start_gunicorn(bot.port)

    sim.feishu.wait_for(lambda: whole(sim, question), timeout=20)


def test_on_sigterm_an_answer_that_can_be_finished_is(sim, talk, start_gunicorn):
    bot = start_gunicorn(SHUTDOWN_GRACE="8")
    sim.gateway.respond_with(lambda body: story(30))
    question = talk.say("tell me")
    sim.feishu.wait_for(lambda: sim.feishu.answers_to(question))

    assert bot.terminate() == 0

    assert whole(sim, question)


@pytest.mark.parametrize(
    ("store", "way_in"),
    [("sqlite", "webhook"), ("postgresql", "webhook"), ("postgresql", "long_connection")],
)
def test_two_processes_keep_the_order_of_a_conversation(
    sim, talk, start_gunicorn, store, postgresql_url, database_url
):
    url = database_url if store == "sqlite" else postgresql_url
    first = start_gunicorn(DATABASE_URL=url)
    second = start_gunicorn(DATABASE_URL=url)
    sim.gateway.respond_with(lambda body: Script.text(f"{len(body['messages'])} the end."))
    group = sim.feishu.add_group("Topics", [talk.alice], topic=True)
    opening = sim.feishu.say(group, talk.alice, "0", mention_bot=True)
    sim.feishu.wait_for(lambda: whole(sim, opening))
    questions = []
    for number in range(1, 13):
        sim.feishu.bot_url = (first, second)[number % 2].url
        questions.append(
            sim.feishu.say(
                group, talk.alice, str(number), reply_to=opening, mention_bot=True, wait=True
            )
        )

    sim.feishu.wait_for(lambda: all(whole(sim, q) for q in questions), timeout=30)

    assert [len(r.body["messages"]) for r in sim.gateway.requests] == list(range(2, 28, 2))
    asked = [r.body["messages"][-1]["content"] for r in sim.gateway.requests]
    assert asked == [f"Alice: {n}" for n in range(13)]
    for before, after in zip(sim.gateway.requests, sim.gateway.requests[1:], strict=False):
        assert before.last_chunk_at < after.at


def test_conversations_run_side_by_side(sim, talk, start_bot):
    start_bot(P2P_CONTEXT="thread")
    sim.gateway.respond_with(lambda body: story(20, 0.05))
    questions = [talk.say(f"q{n}") for n in range(5)]

    sim.feishu.wait_for(lambda: all(whole(sim, q) for q in questions), timeout=10)

    starts = [r.at for r in sim.gateway.requests]
    assert max(starts) < min(r.last_chunk_at for r in sim.gateway.requests)


def test_the_final_text_is_whole_when_every_third_call_is_refused(sim, talk, bot):
    for api in ("card.create", "message.reply", "element.content", "card.update"):
        sim.feishu.faults.fail(
            api, every=3, status=429, code=99991400, headers={"x-ogw-ratelimit-reset": "1"}
        )
    sim.gateway.respond_with(lambda body: story())
    questions = [talk.say(f"q{n}") for n in range(4)]

    sim.feishu.wait_for(lambda: all(whole(sim, q) for q in questions), timeout=40)

    assert all(sim.feishu.answers_to(q)[0].text.count("w59") == 1 for q in questions)


def test_an_answer_of_feishu_that_makes_no_sense_loses_and_doubles_nothing(sim, talk, bot):
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    empty, too_deep = b'{"code":0,"data":null}', b'{"code":0,"data":' + b"[" * 100_000
    for body in (empty, b'{"code":0,"data":{"card_id":1}}', b'{"code":false}', too_deep):
        # So that another token is asked for.
        sim.feishu.faults.fail("card.create", code=99991663)
        for api in ("token", "card.create", "message.reply", "card.update"):
            sim.feishu.faults.garble(api, body)

        question = talk.say("hello")

        sim.feishu.wait_for(lambda question=question: whole(sim, question))
        assert len(sim.feishu.answers_to(question)) == 1, body


@pytest.mark.parametrize("api", ["card.create", "message.reply", "card.update"])
def test_an_answer_of_feishu_that_is_lost_doubles_nothing(sim, talk, bot, api):
    sim.feishu.faults.disconnect(api, 1, after=True)
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    question = talk.say("hello")

    sim.feishu.wait_for(lambda: whole(sim, question))

    assert len(sim.feishu.answers_to(question)) == 1


@pytest.mark.parametrize(("way_in", "refused"), [("webhook", 500), ("long_connection", 0)])
def test_a_message_that_could_not_be_taken_in_comes_again(sim, talk, start_bot, refused):
    bot = start_bot()
    sim.feishu.deliveries.retry_seconds = (0.1, 0.1, 0.1)
    # A long connection says nothing, and Feishu waits for it.
    sim.feishu.deliveries.answer_seconds = 0.5
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    real = bot.inbox.put_if_room
    failures = iter([True, True, False, False])

    def put(task, most):
        if next(failures):
            raise OSError("disk full")
        return real(task, most)

    bot.inbox.put_if_room = put
    question = talk.say("hello")

    sim.feishu.wait_for(lambda: whole(sim, question))

    assert [d.status for d in question.deliveries] == [refused, refused, 200]


def test_a_recalled_question_stops_its_answer_and_leaves_the_history(sim, talk, bot):
    sim.gateway.enqueue(Script.text("A1"), story(400), Script.text("A3"))
    first = talk.ask("Q1")
    question = talk.say("Q2", reply_to=first)
    sim.feishu.wait_for(lambda: (a := sim.feishu.answers_to(question)) and "w3" in a[0].text)

    sim.feishu.recall(question)

    (answer,) = sim.feishu.answers_to(question)
    sim.feishu.wait_for(lambda: not answer.streaming)
    assert "w399" not in answer.text
    talk.ask("Q3", reply_to=first)
    contents = [m["content"] for m in sim.gateway.requests[-1].body["messages"]]
    assert contents == ["Q1", "A1", "Q3"]


def test_readiness_names_what_fails(sim, talk, bot):
    client = bot.app.test_client()
    eventually(lambda: client.get("/readyz").status_code == 200)
    assert client.get("/readyz").json == {"version": __version__, "ready": True, "failing": []}

    sim.stop()
    bot.check_again()

    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["failing"] == ["feishu", "gateway"]


def test_ping_answers_to_the_byte_what_the_original_does(bot):
    answer = bot.app.test_client().get("/ping")

    assert (answer.status_code, answer.data) == (200, b'{"message":"pong"}')
    assert answer.content_type == "application/json"


def test_the_console_can_check_both_addresses(sim, bot):
    for path in ("/webhook/event", "/webhook/card"):
        assert sim.feishu.verify_url(path).ok
        # In plain, the console has no Encrypt Key: what would come then is refused.
        assert not sim.feishu.verify_url(path, encrypted=False).ok


def test_the_addresses_are_checked_while_the_database_is_locked(sim, bot):
    with bot.database.write():
        assert sim.feishu.verify_url("/webhook/event").ok


def test_the_door_waits_two_seconds_for_a_locked_database_and_ping_not_at_all(
    sim, bot, database_url, monkeypatch
):
    """Another program holds SQLite's lock: Feishu is asked to repeat, and nothing is lost."""
    chat = sim.feishu.private_chat(sim.feishu.add_person("Alice"))
    event = {
        "schema": "2.0",
        "header": {
            "event_id": "ev_locked",
            "event_type": "im.message.recalled_v1",
            "token": sim.credentials.verification_token,
            "app_id": sim.credentials.app_id,
        },
        "event": {"message_id": "om_locked", "chat_id": chat.chat_id},
    }
    body, headers = encrypt_and_sign(event, sim.credentials)
    path = database_url.removeprefix("sqlite:///")
    client = bot.app.test_client()

    def deliver():
        return client.post("/webhook/event", data=body, headers=headers).status_code

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        with ThreadPoolExecutor(40) as pool:
            waiting = [pool.submit(deliver) for _ in range(40)]
            pinged = time.monotonic()
            assert client.get("/ping").status_code == 200
            assert time.monotonic() - pinged < 0.5
            assert {done.result() for done in waiting} == {500}
        assert time.monotonic() - started < 5
        other.execute("ROLLBACK")

    eventually(lambda: deliver() == 200)


def test_log_lines_hold_no_secrets_and_no_texts(sim, talk, start_gunicorn):
    bot = start_gunicorn(LOG_LEVEL="DEBUG")
    sim.gateway.respond_with(lambda body: Script.text("a confidential answer, the end."))
    question = talk.say("a confidential question")
    sim.feishu.wait_for(lambda: whole(sim, question))

    log = eventually(lambda: '"outcome": "answered"' in (text := bot.log.read_text()) and text)

    credentials = sim.credentials
    secrets = [credentials.app_secret, credentials.encrypt_key, credentials.verification_token]
    for secret in [*secrets, *sim.gateway.keys, "confidential"]:
        assert secret not in log


def test_a_database_that_was_away_costs_no_message(sim, talk, start_bot):
    """Longer than a lease: the job is lost, let go, and taken up again."""
    bot = start_bot(LEASE_SECONDS="5")
    sim.gateway.respond_with(lambda body: story(60, 0.05))
    question = talk.say("hello")
    sim.feishu.wait_for(lambda: (a := sim.feishu.answers_to(question)) and "w3" in a[0].text)
    database = bot.database
    write = database.write

    def away():
        raise OSError("no database")

    database.write = away
    eventually(lambda: bot.is_idle, timeout=20)
    database.write = write

    sim.feishu.wait_for(lambda: whole(sim, question), timeout=30)


def test_a_process_stops_in_time_though_its_model_is_silent(sim, talk, start_gunicorn):
    bot = start_gunicorn(SHUTDOWN_GRACE="0.5")
    sim.gateway.respond_with(lambda body: failures.silent_after("Half an"))
    question = talk.say("hello")
    sim.feishu.wait_for(lambda: (a := sim.feishu.answers_to(question)) and "Half" in a[0].text)

    assert bot.terminate(timeout=8) == 0


def test_a_database_that_cannot_be_opened_is_told_in_one_sentence(sim, tmp_path, gunicorn_forks):
    (tmp_path / "bot.db").write_text("not a database, but long enough to be taken for one" * 40)
    environ = environment(sim, f"sqlite:///{tmp_path}/bot.db")
    log = tmp_path / "log"

    process = gunicorn_forks.start({"PATH": os.environ["PATH"]} | environ, log)

    assert process.wait() != 0
    told = log.read_text()
    assert "数据库无法打开 / The database can't be opened" in told
    assert "Traceback" not in told


def test_figures_are_counted_over_all_processes(sim, talk, start_gunicorn):
    bot = start_gunicorn(METRICS="true")
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    question = talk.say("hello")
    sim.feishu.wait_for(lambda: whole(sim, question))

    def metrics() -> str:
        with urllib.request.urlopen(f"{bot.url}/metrics", timeout=5) as response:
            return response.read().decode()

    answered = 'feishu_bot_answers_total{outcome="answered"} 1.0'
    text = eventually(lambda: answered in (text := metrics()) and text)
    assert 'feishu_bot_events_total{verdict="answer"} 1.0' in text


@pytest.mark.parametrize("way_in", BOTH)
def test_a_question_from_hours_ago_is_answered_when_that_is_still_wanted(sim, talk, start_bot):
    question = talk.say("early question")
    sim.feishu.backdate(question, 3 * 3600)
    # What was pushed to nobody comes again.
    question.deliveries.clear()
    start_bot()
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    sim.feishu.push(question)
    card = talk.answer(question)
    assert "来晚了" in card.title
    assert sim.gateway.requests == []

    (button,) = card.buttons
    assert sim.feishu.click(card, button, talk.alice).toast
    sim.feishu.wait_for(lambda: len(sim.feishu.answers_to(question)) == 2)
    assert sim.feishu.click(card, button, talk.alice).error_code == 0

    answered = sim.feishu.wait_for(
        lambda: [a for a in sim.feishu.answers_to(question) if "the end." in a.text]
    )
    assert len(answered) == 1
    assert len(sim.gateway.requests) == 1
