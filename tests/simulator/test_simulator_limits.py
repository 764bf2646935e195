"""Limits, faults and latency of the platform."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing

import pytest
import requests

from feishu_simulator.limits import API_MINUTE, API_SECOND, Limit, Limits


@pytest.fixture
def question(sim):
    alice = sim.feishu.add_person("Alice")
    return sim.feishu.say(sim.feishu.private_chat(alice), alice, "hello")


@pytest.fixture
def card_id(writer):
    return writer.create(writer.card()).data.card_id


def test_a_window_slides():
    limits, limit = Limits(), Limit("x", 2, 1.0)

    def take(now):
        return limits.take([(limit, "s")], now, refuse=True)

    assert take(0.0) is None
    assert take(0.9) is None
    broken = take(0.95)
    assert broken is not None
    assert broken[1] == pytest.approx(0.05)
    assert take(1.01) is None
    assert take(1.02) is not None
    assert limits.peak(limit, "s") == 2


def test_broken_limits_are_counted_even_when_nothing_is_refused(sim, writer, card_id):
    codes = [writer.content(card_id, "x", n).code for n in range(1, 13)]

    assert codes == [0] * 12
    assert [call.limit for call in sim.feishu.over_limit] == ["card", "card"]
    assert sim.feishu.refused == []


def test_the_limit_of_an_api_answers_429_with_its_headers(sim, writer):
    sim.feishu.enforce_limits = True

    answers = [writer.create(writer.card()) for _ in range(51)]

    assert [answer.code for answer in answers[:50]] == [0] * 50
    assert answers[50].code == 99991400
    assert answers[50].raw.status_code == 429
    assert answers[50].raw.headers["x-ogw-ratelimit-limit"] == "50"
    assert int(answers[50].raw.headers["x-ogw-ratelimit-reset"]) >= 1
    assert sim.feishu.api.limits.peak(API_SECOND, "card.create") == 50


def test_the_minutes_limit_holds_as_well(sim, writer, clock):
    sim.feishu.enforce_limits = True
    # Calls at 40 a second break only the limit of the minute.
    window = sim.feishu.api.limits._window
    for number in range(1000):
        window(API_MINUTE, "card.create").add(clock.now + number / 40)
    clock.now += 26

    refused = writer.create(writer.card())
    clock.now += 35

    assert refused.code == 99991400
    assert refused.raw.headers["x-ogw-ratelimit-limit"] == "1000"
    assert writer.create(writer.card()).code == 0


def test_a_card_and_a_chat_have_limits_of_their_own(sim, writer, question, card_id, clock):
    sim.feishu.enforce_limits = True

    on_card = [writer.content(card_id, "x", n).code for n in range(1, 12)]
    to_chat = [writer.reply(question.message_id, "text", {"text": "x"}).code for _ in range(6)]
    clock.now += 1.1

    assert on_card == [0] * 10 + [230020]
    assert to_chat == [0] * 5 + [230020]
    assert writer.content(card_id, "x", 11).code == 0
    assert writer.reply(question.message_id, "text", {"text": "x"}).code == 0


def test_an_api_fails_as_often_as_told(sim, writer, question):
    headers = {"x-ogw-ratelimit-reset": "7"}
    sim.feishu.faults.fail("message.reply", 2, status=429, code=99991400, headers=headers)

    answers = [writer.reply(question.message_id, "text", {"text": "x"}) for _ in range(3)]

    assert [answer.code for answer in answers] == [99991400, 99991400, 0]
    assert answers[0].raw.headers["x-ogw-ratelimit-reset"] == "7"
    assert len(sim.feishu.answers_to(question)) == 1


def test_every_third_call_fails(sim, writer, question):
    sim.feishu.faults.fail("message.reply", every=3, code=230020)

    codes = [writer.reply(question.message_id, "text", {"text": "x"}).code for _ in range(6)]

    assert codes == [0, 0, 230020, 0, 0, 230020]


def test_a_connection_is_closed_before_or_after_the_work(sim, writer, question):
    sim.feishu.faults.disconnect("message.reply")
    sim.feishu.faults.disconnect("message.reply", after=True)

    for _ in range(2):
        with pytest.raises(requests.exceptions.ConnectionError):
            writer.reply(question.message_id, "text", {"text": "x"})

    assert len(sim.feishu.answers_to(question)) == 1
    assert [call.status for call in sim.feishu.calls][-2:] == [0, 0]


def test_calls_can_be_slow(sim, writer):
    writer.create(writer.card())
    sim.feishu.latency = 0.05
    sim.feishu.faults.delay("card.create", 0.05, times=1)

    began = time.monotonic()
    writer.create(writer.card())

    assert time.monotonic() - began >= 0.1


def test_calls_are_remembered(sim, writer, question):
    writer.reply(question.message_id, "text", {"text": "x"})

    call = sim.feishu.calls[-1]

    assert (call.api, call.method, call.status, call.code) == ("message.reply", "POST", 200, 0)
    assert json.loads(call.body["content"]) == {"text": "x"}
    assert call.path.endswith(f"/{question.message_id}/reply")


def test_kept_connections_serve_many_calls(sim):
    connection = http.client.HTTPConnection(sim.feishu.url.removeprefix("http://"))
    connection.connect()
    socket = connection.sock
    with closing(connection):
        for _ in range(3):
            connection.request("POST", "/open-apis/auth/v3/tenant_access_token/internal", b"{}")
            assert json.loads(connection.getresponse().read())["code"] == 10003

        assert connection.sock is socket
