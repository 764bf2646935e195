"""Our end of a long connection, against a platform that does what the real one may do."""

from __future__ import annotations

import base64
import json
import logging
import shutil
import threading
import time

import pytest
from lark_oapi.core.http import Transport

from feishu_bot.feishu.api.transport import PooledTransport
from feishu_bot.feishu.long_connection import client, connection, frame_workers, frames, websocket
from feishu_bot.feishu.long_connection.delivery import ACCEPTED
from feishu_bot.feishu.long_connection.frames import Frame
from feishu_bot.stores import Database, WorkerId
from feishu_bot.stores.exclusive_lease import SqlExclusiveLease
from feishu_simulator import Simulator
from feishu_simulator.long_connection.conditions import (
    AUTH_FAILED,
    BUSY,
    FORBIDDEN,
    INTERNAL_ERROR,
    NO_CREDENTIAL,
    TOO_MANY,
)
from tests.feishu.long_connections import Connected
from tests.polling import eventually


@pytest.fixture
def sim(monkeypatch):
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    transport = PooledTransport()
    transport.start()
    with Simulator() as simulator:
        yield simulator
    transport.stop()


@pytest.fixture
def connect(sim):
    """Make a connection; `started` ones are stopped at the end."""
    made = []

    def connect(**options):
        made.append(Connected(sim, **options).start())
        return made[-1]

    yield connect
    for one in made:
        one.lease.stuck.set()
        one.bot.stop()


def test_an_event_is_answered_with_its_own_frame_and_the_time_it_took(connect):
    one = connect()

    response = one.send({"n": 7})

    assert (response.status, response.body) == (200, "")
    assert one.recorder.payloads == [{"n": 7}]
    (ack,) = one.client().acks
    assert [key for key, _ in ack.headers] == [
        "type", "message_id", "sum", "seq", "trace_id", "biz_rt"
    ]  # fmt: skip
    assert 0 <= int(ack.named["biz_rt"]) < 3000
    assert json.loads(ack.payload) == {"code": 200}


def test_an_answer_with_a_body_comes_back_whole(connect):
    one = connect()
    body = base64.b64encode('{"toast":"好"}'.encode()).decode()
    one.recorder.reply = lambda payload: json.dumps({"code": 200, "data": body}).encode()

    assert one.send().body == '{"toast":"好"}'


def test_what_is_not_taken_in_is_not_acknowledged(connect):
    one = connect()
    one.recorder.reply = lambda payload: None

    assert one.send(seconds=0.2).error == "timeout"
    assert one.client().acks == []


def test_an_event_in_many_frames_is_whole_and_answered_once(connect):
    one = connect()
    one.platform.conditions.chunk_bytes = 5
    one.platform.conditions.chunks_reversed = True

    assert one.send({"text": "long " * 20}).status == 200

    assert one.recorder.payloads == [{"text": "long " * 20}]
    assert len(one.client().acks) == 1


def test_a_slow_event_delays_no_other(connect):
    one = connect()
    go_on = threading.Event()
    one.recorder.reply = lambda payload: ACCEPTED if b"fast" in payload or go_on.wait(9) else None
    one.client()
    slow = threading.Thread(target=one.send, args=({"slow": 1}, 5.0))
    slow.start()
    eventually(lambda: one.recorder.payloads)

    assert one.send({"fast": 1}, seconds=5.0).status == 200
    go_on.set()
    slow.join()


def test_when_all_threads_are_held_memory_has_a_bound_and_the_connection_lives(
    connect, sim, monkeypatch
):
    monkeypatch.setattr(frame_workers, "ROOM_SECONDS", 0.01)
    sim.feishu.long_connections.conditions.pong_config = {"PingInterval": 1}
    one = connect()
    go_on = threading.Event()
    one.recorder.reply = lambda payload: ACCEPTED if go_on.wait(9) else None
    client = one.client()
    most = frame_workers.THREADS + frame_workers.MOST_WAITING
    headers = (("type", "event"), ("message_id", "m"), ("sum", "1"), ("seq", "0"))
    event = frames.encode(
        Frame(method=frames.DATA, headers=(*headers, ("trace_id", "t")), payload=b"1")
    )
    for _ in range(most + 20):
        client.send(event)
    eventually(lambda: len(one.recorder.payloads) == frame_workers.THREADS)
    pings = client.pings
    # What is read after them is read, and signs of life go both ways.
    eventually(lambda: client.pings >= pings + 2)

    go_on.set()

    # How many of the threads had begun when the room was full is a matter of chance.
    eventually(lambda: len(client.acks) >= frame_workers.MOST_WAITING)
    eventually(lambda: len(client.acks) == len(one.recorder.payloads) <= most)
    assert one.platform.clients == [client]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("a text frame", id="text"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff" * 100, id="garbage"),
        pytest.param(frames.encode(Frame(method=5)), id="another method"),
        pytest.param(frames.encode(Frame(method=-1)), id="a negative method"),
        pytest.param(frames.encode(Frame(method=1)), id="no headers"),
        pytest.param(
            frames.encode(Frame(method=1, headers=(("type", "event"), ("sum", "x")))), id="sum"
        ),
        pytest.param(
            frames.encode(
                Frame(method=1, headers=(("type", "event"), ("sum", "-3"), ("seq", "9")))
            ),
            id="negative sum",
        ),
        pytest.param(
            frames.encode(Frame(headers=(("type", "pong"),), payload=b"{no json")), id="pong"
        ),
        pytest.param(
            frames.encode(Frame(headers=(("type", "pong"),), payload=b'{"PingInterval":-1e999}')),
            id="an interval that is none",
        ),
    ],
)
def test_hostile_messages_do_no_harm(connect, message):
    one = connect()
    client = one.client()

    client.send(message)

    assert one.send().status == 200
    assert one.platform.clients == [client]


def test_a_message_that_is_too_large_costs_the_connection_and_nothing_else(connect):
    one = connect()
    first = one.client()

    first.send(bytes(websocket.MOST_FRAME_BYTES + 1))

    eventually(lambda: one.platform.clients not in ([], [first]))
    assert one.send().status == 200


def test_a_killed_connection_is_opened_again(connect):
    one = connect()
    first = one.client()

    first.kill()

    eventually(lambda: one.platform.clients not in ([], [first]))
    assert one.send().status == 200


def test_the_first_ping_comes_at_once_and_the_pause_is_what_a_pong_says(connect, sim):
    sim.feishu.long_connections.conditions.pong_config = {"PingInterval": 1}
    one = connect()
    client = one.client()

    eventually(lambda: client.pings)
    # By the endpoint's word the next one would come after two minutes.
    eventually(lambda: client.pings >= 2)


def test_a_silent_connection_is_given_up(connect, sim, monkeypatch, caplog):
    monkeypatch.setattr(connection, "SILENT_PINGS", 0.5)
    conditions = sim.feishu.long_connections.conditions
    conditions.config = {"PingInterval": 1}
    conditions.is_silent = True
    one = connect()
    first = one.client()

    eventually(lambda: one.platform.clients not in ([], [first]))
    assert "long connection silent" in caplog.text


@pytest.mark.parametrize("code", [BUSY, INTERNAL_ERROR])
def test_while_feishu_is_busy_it_is_asked_again_soon(connect, sim, code):
    conditions = sim.feishu.long_connections.conditions
    conditions.code = code
    one = connect()
    eventually(lambda: one.platform.asked >= 3)

    conditions.code = 0

    assert one.send().status == 200


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (FORBIDDEN, "Feishu doesn't allow this app a long connection"),
        (AUTH_FAILED, "Feishu doesn't accept APP_ID or APP_SECRET"),
        (NO_CREDENTIAL, "Feishu doesn't accept APP_ID or APP_SECRET"),
        (TOO_MANY, "This app has too many long connections"),
    ],
)
@pytest.mark.parametrize("where", ["endpoint", "handshake"])
def test_a_refusal_is_told_in_plain_words_and_tried_again_slowly(
    connect, sim, caplog, code, words, where
):
    conditions = sim.feishu.long_connections.conditions
    setattr(conditions, "code" if where == "endpoint" else "handshake", code)
    one = connect()

    eventually(lambda: words in caplog.text)
    assert one.bot.state().refusal == code
    asked = one.platform.asked
    threading.Event().wait(0.15)
    assert one.platform.asked == asked
    conditions.code = conditions.handshake = 0

    assert one.send().status == 200
    assert one.bot.state().refusal == 0


def test_a_wrong_secret_is_told_as_such(connect, caplog):
    connect(secret="another")

    eventually(lambda: "飞书不认 APP_ID 或 APP_SECRET" in caplog.text)


def test_a_page_in_place_of_the_address_is_no_answer(connect, sim, caplog):
    conditions = sim.feishu.long_connections.conditions
    conditions.is_html = True
    one = connect()
    eventually(lambda: "can't be reached" in caplog.text)

    conditions.is_html = False

    assert one.send().status == 200


def test_an_endpoint_that_never_ends_its_answer_is_given_up(connect, sim):
    conditions = sim.feishu.long_connections.conditions
    conditions.endpoint_seconds = 60.0
    one = connect(seconds=0.2)
    eventually(lambda: one.platform.asked >= 2, timeout=5)

    conditions.endpoint_seconds = 0.0

    assert one.send().status == 200


def test_the_51st_client_is_refused_and_comes_in_when_another_has_gone(connect, sim, caplog):
    sim.feishu.long_connections.conditions.most = 1
    first, second = connect(), None
    first.client()
    second = connect()
    eventually(lambda: second.bot.state().refusal == TOO_MANY)

    first.bot.stop()

    eventually(lambda: second.bot.state().connected)


def test_a_process_without_the_lease_connects_nowhere_and_knows_how_the_other_does(connect, sim):
    one = Connected(sim)
    one.lease.taken = True
    one.start()
    eventually(lambda: one.bot.state().frame_seconds == 3.0)

    assert one.platform.asked == 0
    assert one.bot.state().connected
    one.bot.stop()


def test_a_lost_lease_ends_the_connection(connect, monkeypatch):
    monkeypatch.setattr(client, "RENEW_SECONDS", 0.1)
    one = connect()
    one.client()

    one.lease.taken = True

    eventually(lambda: not one.platform.clients)


def test_a_lease_that_can_not_be_renewed_ends_the_connection_in_time(connect, monkeypatch):
    """The database hangs: others may hold the lease soon, so this one gives up before."""
    monkeypatch.setattr(client, "RENEW_SECONDS", 0.1)
    one = connect(hold_seconds=1.0)
    one.client()
    one.lease.stuck.clear()
    stuck_at = time.monotonic()

    eventually(lambda: not one.platform.clients)

    # A second, and what a busy machine adds to it.
    assert time.monotonic() - stuck_at < 6.0


def test_who_cannot_connect_lets_another_process_try(connect, monkeypatch, migrated_file, tmp_path):
    """The network of one machine is cut, that of the other isn't."""
    monkeypatch.setattr(client, "RENEW_SECONDS", 0.05)
    monkeypatch.setattr(client, "REST_SECONDS", 0.3)
    shutil.copy(migrated_file, tmp_path / "bot.db")
    database = Database(f"sqlite:///{tmp_path}/bot.db")

    def lease() -> SqlExclusiveLease:
        return SqlExclusiveLease(database, "connection", worker=WorkerId())

    cut = connect(lease=lease(), domain="http://127.0.0.1:1")
    eventually(lambda: cut.bot._lease.is_held)
    other = connect(lease=lease())

    eventually(lambda: other.bot.state().connected)
    eventually(lambda: cut.bot.state().connected)
    assert other.send().status == 200
    for one in (cut, other):
        one.bot.stop()
    database.close()


def test_a_stop_answers_what_has_come_closes_and_lets_others_have_it(connect):
    one = connect()
    client = one.client()
    started, go_on = threading.Event(), threading.Event()

    def slow(payload: bytes) -> bytes:
        started.set()
        go_on.wait(5)
        return ACCEPTED

    one.recorder.reply = slow
    asking = threading.Thread(target=one.send)
    asking.start()
    started.wait(5)
    stopping = threading.Thread(target=one.bot.stop)
    stopping.start()

    go_on.set()
    stopping.join(5)
    asking.join(5)

    assert len(client.acks) == 1
    eventually(lambda: not one.platform.clients)
    assert one.lease.released == 1


def test_tickets_and_secrets_never_reach_the_log(connect, sim, caplog):
    caplog.set_level(logging.DEBUG)
    conditions = sim.feishu.long_connections.conditions
    conditions.handshake = AUTH_FAILED
    one = connect()
    eventually(lambda: one.bot.state().refusal)
    conditions.handshake = 0
    conditions.is_cut = True
    eventually(lambda: "can't be reached" in caplog.text)
    conditions.is_cut = False
    one.send({"text": "confidential"})

    for word in ("ticket", "access_key", sim.credentials.app_secret, "confidential"):
        assert word not in caplog.text
