"""The bot's own identity, learned while it runs."""

from __future__ import annotations

import pytest

from feishu_bot.core.messages import BotIdentity
from feishu_bot.feishu.identity import REFRESH_SECONDS, IdentityLookup
from feishu_bot.feishu.poller import LONGEST_RETRY_SECONDS
from tests.feishu.waits import Waits


@pytest.fixture
def lookup(sim, client):
    return IdentityLookup(client, BotIdentity(sim.credentials.app_id, name="Bot"))


def test_until_feishu_answers_the_bot_goes_by_its_name(sim, lookup):
    sim.feishu.faults.disconnect("bot.info", 1)

    lookup.poller.run(Waits([]))

    assert lookup.get() == BotIdentity(sim.credentials.app_id, name="Bot")


def test_a_single_lost_call_costs_a_second(sim, lookup):
    sim.feishu.faults.disconnect("bot.info", 1)
    wait = Waits([lambda: None])

    lookup.poller.run(wait)

    assert wait.made[0] == pytest.approx(1.0, rel=0.2)
    assert wait.made[1] == REFRESH_SECONDS
    assert lookup.get().open_id


def test_while_feishu_is_away_the_tries_get_rarer_up_to_a_minute(sim, lookup):
    sim.feishu.faults.disconnect("bot.info", 9)
    wait = Waits([lambda: None] * 8)

    lookup.poller.run(wait)

    expected = [1, 2, 4, 8, 16, 32, LONGEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS]
    assert wait.made[:8] == [pytest.approx(seconds, rel=0.2) for seconds in expected]


def test_after_an_answer_the_tries_begin_with_a_second_again(sim, lookup):
    faults = sim.feishu.faults
    faults.disconnect("bot.info", 3)
    steps = [lambda: None] * 3 + [lambda: faults.disconnect("bot.info", 1)]
    wait = Waits(steps)

    lookup.poller.run(wait)

    assert wait.made[3:] == [REFRESH_SECONDS, pytest.approx(1.0, rel=0.2)]


def test_it_is_learned_in_a_thread_that_ends_when_told_to(sim, lookup):
    lookup.poller.start()

    assert lookup.get(patience=10.0).open_id
    lookup.poller.stop()


def test_an_app_without_a_bot_is_told_once_with_where_to_add_it(sim, lookup, caplog):
    sim.feishu.app.has_bot = False

    lookup.poller.run(Waits([lambda: None] * 3))

    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "添加应用能力" in record.message
    assert "the app has no bot" in record.message


def test_that_feishu_is_away_is_left_to_others_to_tell(sim, lookup, caplog):
    caplog.set_level("INFO")
    sim.feishu.faults.disconnect("bot.info", 2)

    lookup.poller.run(Waits([lambda: None]))

    (record,) = caplog.records
    assert record.levelname == "INFO"
    assert "going by BOT_NAME meanwhile" in record.message
