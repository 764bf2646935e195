"""A simulated Feishu, and our client of it."""

from __future__ import annotations

import pytest
from lark_oapi.core.http import Transport

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.messages import BotIdentity
from feishu_bot.feishu.api import transport
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.messenger import FeishuMessenger
from feishu_bot.feishu.streaming.cardkit_card import CardKitCard
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.streaming.reply_sender import ReplySender
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


@pytest.fixture
def pacer():
    """One that allows all that Feishu does."""
    return Pacer()


@pytest.fixture
def messenger(sim, client, pacer):
    """A messenger at work."""
    messenger = FeishuMessenger(
        client=client,
        pacer=pacer,
        texts={"en": Catalog.load("en")},
        language_of=lambda *_: "en",
        identity=BotIdentity(sim.credentials.app_id, name="Bot"),
        signer=ButtonSigner("secret"),
        threads=2,
        streaming=True,
        frame_interval=0.1,
        most_cards=0,
        reply_in_thread="auto",
    )
    messenger.start()
    yield messenger
    messenger.stop()


@pytest.fixture
def cardkit_card(client, question):
    """The answer to the question as a process with this clock draws it.

    `state` is of the process that drew it before, if there was one.
    """

    def make(clock, state):
        caller = PacedCaller(Pacer(), patience=2.0)
        replies = ReplySender(
            client=client,
            caller=caller,
            message_id=question.message_id,
            chat_id=question.chat.chat_id,
            open_id=question.sender.open_id,
            in_thread=False,
            reference="ev",
        )
        return CardKitCard(
            client,
            caller,
            replies,
            part=0,
            interval=0.1,
            save=lambda: None,
            state=state,
            clock=clock,
        )

    return make
