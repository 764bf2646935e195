"""What administrators change: limits in force, tries of the password, and the list of changes."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.administration.audit import Change
from feishu_bot.core.administration.limits_in_force import (
    LIMIT_NAMES,
    LimitsInForce,
)
from feishu_bot.core.limits import Quota, Unit
from feishu_bot.core.messages import Mention
from feishu_bot.errors import CardRefused, ChangeRefused, ModelError
from tests.builders import BOSS, BotWorld
from tests.core.fakes import FakeOverrides
from tests.core.test_failures import refuse
from tests.polling import Clock

MOST: dict[Unit, float] = {"questions": 10**8, "tokens": 10**12, "cost": 10**6}


def change(overrides: FakeOverrides, **amounts: float | None) -> None:
    for setting, amount in amounts.items():
        by_boss = Change(actor="ou_boss", action="limit", subject=setting)
        overrides.put("limit", setting, amount, by_boss)


def test_limits_are_those_of_the_settings_until_one_is_put_in_their_place():
    overrides = FakeOverrides()
    limits = LimitsInForce(
        {"USER_DAILY_QUESTIONS": 20, "CHAT_MONTHLY_COST": 2.5}, overrides, most=MOST
    )
    quotas = {(one.whose, one.period): one.quota for one in limits.current}
    assert quotas == {("person", "day"): Quota(questions=20), ("chat", "month"): Quota(cost=2.5)}

    change(overrides, USER_DAILY_QUESTIONS=5, USER_DAILY_TOKENS=900, CHAT_MONTHLY_COST=0)
    quotas = {(one.whose, one.period): one.quota for one in limits.current}
    assert quotas == {("person", "day"): Quota(questions=5, tokens=900)}
    change(overrides, USER_DAILY_QUESTIONS=None, USER_DAILY_TOKENS=None, CHAT_MONTHLY_COST=None)
    assert len(limits.current) == 2


def test_each_limit_shows_where_it_is_from():
    overrides = FakeOverrides()
    limits = LimitsInForce({"USER_DAILY_QUESTIONS": 20}, overrides, most=MOST)
    change(overrides, COMPANY_DAILY_TOKENS=7)

    shown = {one.name.setting: (one.amount, one.source) for one in limits.shown()}
    assert shown["USER_DAILY_QUESTIONS"] == (20, "setting")
    assert shown["COMPANY_DAILY_TOKENS"] == (7, "stored")
    assert shown["CHAT_DAILY_COST"] == (0, "none")
    assert len(shown) == 18


def test_what_a_newer_version_has_stored_is_no_limit_of_this_one():
    overrides = FakeOverrides()
    limits = LimitsInForce({}, overrides, most=MOST)
    change(overrides, TEAM_WEEKLY_QUESTIONS=5, USER_DAILY_QUESTIONS="five")  # type: ignore[arg-type]

    assert limits.current == ()


@pytest.mark.parametrize(
    ("setting", "text", "amount"),
    [
        ("USER_DAILY_QUESTIONS", " 1,500 ", 1500),
        ("USER_DAILY_QUESTIONS", "0", 0),
        ("USER_DAILY_COST", "2.5", 2.5),
        ("USER_DAILY_TOKENS", "1000000000000", 10**12),
    ],
)
def test_amounts_are_read_as_people_write_them(setting, text, amount):
    limits = LimitsInForce({}, FakeOverrides(), most=MOST)

    assert limits.read(LIMIT_NAMES[setting], text) == amount


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "1e9", "100000001", "٣"])
def test_what_is_no_amount_is_refused(text):
    limits = LimitsInForce({}, FakeOverrides(), most=MOST)

    with pytest.raises(ChangeRefused):
        limits.read(LIMIT_NAMES["USER_DAILY_QUESTIONS"], text)


def test_what_admins_decide_in_the_chat_is_in_the_list_of_changes():
    world = BotWorld(policy=AccessPolicy(admins=["ou_boss"]))
    world.run("/block @Bob", sender=BOSS, mentions=(Mention("ou_bob", "Bob"),))
    world.run("/unblock ou_bob", sender=BOSS)

    assert [(one.actor, one.action, one.subject) for one in world.audit.changes] == [
        ("ou_boss", "block", "ou_bob"),
        ("ou_boss", "unblock", "ou_bob"),
    ]


def test_an_answer_tells_how_long_it_was_waited_for():
    world = BotWorld(clock=Clock(100.0))
    world.model.enqueue_text("hi")
    world.receive("hello", created_at=97.0)
    world.work()

    ((_, _, used),) = world.inbox.finished.values()
    assert (round(used.waited), used.chat_type, used.notice) == (3, "p2p", "")
    assert used.first_text is not None


def test_a_question_that_failed_has_its_notice_and_the_id_on_the_card():
    world = BotWorld(clock=Clock(100.0))
    world.model.enqueue(ModelError("gateway_failed", request_id="req-7"))
    world.receive("hello")
    world.work()

    ((_, _, used),) = world.inbox.finished.values()
    assert (used.notice, used.request_id) == ("gateway_failed", "req-7")


def test_a_command_that_failed_is_a_failure_too():
    world = BotWorld(clock=Clock(100.0))
    world.messenger.show = refuse(CardRefused("no"))
    world.receive("/help")
    world.work()

    ((_, _, used),) = world.inbox.finished.values()
    assert (used.notice, used.request_id) == ("command_failed", "ev_om_1")
