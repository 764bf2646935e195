"""A simulated Feishu, and our client of it."""

from __future__ import annotations

import pytest
from lark_oapi.core.http import Transport

from feishu_bot.feishu.api import transport
from feishu_bot.feishu.api.client import FeishuClient
from feishu_simulator import Simulator


@pytest.fixture
def sim():
    """A simulated Feishu of the test's own."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def pooled(monkeypatch):
    """Our transport in place of the SDK's, which is put back after the test."""
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    pooled = transport.PooledTransport()
    pooled.start()
    yield pooled
    pooled.stop()


@pytest.fixture
def client(sim, pooled):
    """Our client, with our transport."""
    credentials = sim.credentials
    return FeishuClient(
        app_id=credentials.app_id, app_secret=credentials.app_secret, domain=sim.feishu.url
    )


@pytest.fixture
def question(sim):
    """A message of a person in a private chat; no bot listens."""
    alice = sim.feishu.add_person("Alice")
    return sim.feishu.say(sim.feishu.private_chat(alice), alice, "hello")
