"""The scope that brings all messages of groups."""

from __future__ import annotations

from feishu_bot.feishu.scope_monitor import RECHECK_SECONDS, GroupScopeMonitor
from tests.feishu.waits import Waits


def test_a_missing_scope_is_said_once_in_both_languages_until_it_is_granted(sim, client, caplog):
    caplog.set_level("INFO", logger="feishu_bot")
    scope = GroupScopeMonitor(client)
    wait = Waits([lambda: None, lambda: sim.feishu.grant("im:message.group_msg")])

    scope.poller.run(wait)

    assert wait.made == [RECHECK_SECONDS, RECHECK_SECONDS]
    assert not scope.is_missing()
    texts = [record.message for record in caplog.records if "group_msg" in record.message]
    assert "需要权限" in texts[0]
    assert "needs the scope" in texts[0]
    assert texts[1:] == ["scope im:message.group_msg granted"]


def test_a_scope_that_is_there_is_not_mentioned(sim, client, caplog):
    caplog.set_level("INFO", logger="feishu_bot")
    sim.feishu.grant("im:message.group_msg:readonly")

    GroupScopeMonitor(client).poller.run(Waits([]))

    assert "group_msg" not in caplog.text


def test_scopes_that_cannot_be_read_are_asked_for_again_soon_and_then_less_often(sim, client):
    sim.feishu.faults.disconnect("scopes", 4)
    scope = GroupScopeMonitor(client)
    known_missing: list[bool] = []
    wait = Waits([lambda: known_missing.append(scope.is_missing())] * 4)

    scope.poller.run(wait)

    assert known_missing == [False] * 4
    assert [round(seconds / 2**n) for n, seconds in enumerate(wait.made[:4])] == [1, 1, 1, 1]
    assert wait.made[4] == RECHECK_SECONDS
    assert scope.is_missing()
