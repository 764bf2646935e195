"""A simulator, and bots that talk to it."""

from __future__ import annotations

import shutil

import pytest
from lark_oapi.core.http import Transport

from feishu_simulator import Simulator
from tests.scenarios.bots import GunicornBot, LocalBot, environment
from tests.scenarios.gunicorn_forks import GunicornForks


@pytest.fixture
def sim():
    with Simulator() as simulator:
        simulator.gateway.first, simulator.gateway.between = 0.005, 0.0
        yield simulator


@pytest.fixture
def database_url(tmp_path, migrated_file):
    """The address of a database with empty tables."""
    shutil.copy(migrated_file, tmp_path / "feishu_bot.db")
    return f"sqlite:///{tmp_path}/feishu_bot.db"


@pytest.fixture
def way_in():
    """How events come to the bot; a test may be parametrized with the other one."""
    return "webhook"


@pytest.fixture
def transport_settings(sim, way_in):
    """The variables of a bot that events come to that way. A long connection needs no keys."""
    sim.feishu.subscription.mode = way_in
    if way_in == "webhook":
        return {}
    return {"TRANSPORT": way_in, "APP_ENCRYPT_KEY": "", "APP_VERIFICATION_TOKEN": ""}


def wait_until_reached(sim):
    """Wait until events have a way to some bot."""
    if sim.feishu.subscription.is_long_connection:
        sim.feishu.wait_for(lambda: sim.feishu.long_connections.clients, timeout=20)


@pytest.fixture
def start_bot(sim, database_url, monkeypatch, transport_settings):
    """Start the bot in this process; settings as variables, by keyword."""
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    bots = []

    def start(**settings: str) -> LocalBot:
        settings = {"SHUTDOWN_GRACE": "2"} | transport_settings | settings
        bot = LocalBot(environment(sim, database_url, **settings)).start()
        bots.append(bot)
        sim.feishu.bot_url = bot.url
        wait_until_reached(sim)
        return bot

    yield start
    for bot in bots:
        bot.stop()


@pytest.fixture
def bot(start_bot):
    return start_bot()


@pytest.fixture(scope="session")
def gunicorn_forks():
    forks = GunicornForks()
    yield forks
    forks.close()


@pytest.fixture
def start_gunicorn(sim, database_url, tmp_path, gunicorn_forks, transport_settings):
    """Start the bot under gunicorn; settings as variables, by keyword."""
    bots = []

    def start(port: int | None = None, **settings: str) -> GunicornBot:
        log = tmp_path / f"bot-{len(bots)}.log"
        environ = environment(sim, database_url, **transport_settings | settings)
        bot = GunicornBot(gunicorn_forks, environ, log, port).start()
        bots.append(bot)
        sim.feishu.bot_url = bot.url
        wait_until_reached(sim)
        return bot

    yield start
    for bot in bots:
        bot.stop()


class Talk:
    """What a person does in Feishu, in a word."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.alice = sim.feishu.add_person("Alice")
        self.bob = sim.feishu.add_person("Bob")
        self.chat = sim.feishu.private_chat(self.alice)

    def say(self, text: str, **more):
        return self.sim.feishu.say(self.chat, self.alice, text, **more)

    def answer(self, question, *, timeout: float = 20):
        """The first answer to a question, once it is whole."""

        def whole():
            answers = self.sim.feishu.answers_to(question)
            return answers and not answers[0].streaming and answers[0]

        return self.sim.feishu.wait_for(whole, timeout=timeout)

    def ask(self, text: str, **more):
        return self.answer(self.say(text, **more))


@pytest.fixture
def talk(sim):
    return Talk(sim)


@pytest.fixture
def postgresql_url(postgres):
    with postgres.schema(tables=False) as url:
        yield url
