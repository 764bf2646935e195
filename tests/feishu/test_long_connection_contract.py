"""The simulated platform and our client, each against the SDK's own long connection.

So the double takes what the SDK's client sends, and ours sends the same to the same frames.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from feishu_bot.feishu.long_connection import frames
from feishu_simulator import Simulator
from feishu_simulator.events import Event, envelope, new_event_id
from feishu_simulator.long_connection.frames import CONTROL
from tests.feishu.long_connections import Connected

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def platform():
    """A simulated platform that the SDK's client is connected to."""
    with Simulator() as sim:
        sim.feishu.subscription.mode = "long_connection"
        conditions = sim.feishu.long_connections.conditions
        conditions.config = conditions.client_config | {"PingInterval": 1}
        conditions.pong_config = conditions.config
        credentials = sim.credentials
        process = subprocess.Popen(
            [
                sys.executable, "-W", "ignore", "-m", "tests.feishu.lark_ws",
                sim.feishu.url, credentials.app_id, credentials.app_secret,
            ],
            cwd=ROOT,
        )  # fmt: skip
        try:
            sim.feishu.wait_for(lambda: sim.feishu.long_connections.clients, timeout=60)
            yield sim
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def sdk(platform):
    platform.feishu.long_connections.conditions.chunk_bytes = 0
    return platform.feishu.long_connections.clients[0]


def event_of(sim, event_type: str, body) -> bytes:
    event = Event(event_type, new_event_id(), body)
    return json.dumps(envelope(sim.credentials, event), ensure_ascii=False).encode()


def message_event(sim) -> bytes:
    person = sim.feishu.add_person("Alice")
    sim.feishu.subscription.events.discard("im.message.receive_v1")
    message = sim.feishu.say(sim.feishu.private_chat(person), person, "你好")
    return event_of(sim, "im.message.receive_v1", message.event.body)


def test_the_double_understands_the_sdk(platform, sdk):
    response = sdk.request(message_event(platform), message_id="m1", seconds=30)

    assert (response.status, response.body, response.error) == (200, "", "")
    assert sdk.odd_messages == []


def test_the_sdk_puts_together_what_the_double_splits(platform, sdk):
    conditions = platform.feishu.long_connections.conditions
    conditions.chunk_bytes, conditions.chunks_reversed = 100, True

    assert sdk.request(message_event(platform), message_id="m2", seconds=30).status == 200


def test_the_double_reads_the_sdks_answer_to_a_click(platform, sdk):
    body = {"operator": {}, "token": "c", "action": {"tag": "button", "value": {}}, "context": {}}
    click = event_of(platform, "card.action.trigger", body)

    response = sdk.request(click, message_id="m3", seconds=30)

    assert json.loads(response.body) == {"toast": {"type": "info", "content": "好"}}


def test_the_sdk_refuses_what_it_does_not_know_and_the_double_repeats_that(platform, sdk):
    response = sdk.request(event_of(platform, "nobody.knows_v1", {}), message_id="m4", seconds=30)

    assert response.status == 500


def test_the_sdk_takes_the_doubles_pause_between_pings(platform, sdk):
    before = sdk.pings

    # The SDK's own pause is two minutes.
    platform.feishu.wait_for(lambda: sdk.pings > before, timeout=30)


def test_ours_answers_the_same_frame_as_the_sdk_does(platform, sdk, monkeypatch):
    from lark_oapi.core.http import Transport

    from feishu_bot.feishu.api.transport import PooledTransport

    monkeypatch.setattr(Transport, "execute", Transport.execute)
    transport = PooledTransport()
    transport.start()
    event = message_event(platform)
    sdk.request(event, message_id="m5", seconds=30)
    clients = platform.feishu.long_connections.clients
    ours = Connected(platform).start()
    try:
        platform.feishu.wait_for(lambda: len(clients) == 2)
        client = next(client for client in clients if client is not sdk)
        client.request(event, message_id="m5", seconds=30)
        theirs, own = sdk.acks[-1], client.acks[-1]
    finally:
        ours.bot.stop()
        transport.stop()

    assert [key for key, _ in own.headers] == [key for key, _ in theirs.headers]
    assert own.named | {"biz_rt": ""} == theirs.named | {"biz_rt": ""}
    assert theirs.named["biz_rt"].isdigit()
    assert own.named["biz_rt"].isdigit()
    assert (own.method, own.service, own.seq_id, own.log_id) == (
        theirs.method, theirs.service, theirs.seq_id, theirs.log_id
    )  # fmt: skip
    said = {key: value for key, value in json.loads(theirs.payload).items() if value is not None}
    assert json.loads(own.payload) == said
    assert frames.CONTROL == CONTROL
