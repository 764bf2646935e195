"""Names of people, and the scope that brings all messages of groups."""

from __future__ import annotations

import pytest

from feishu_bot.feishu.scope_monitor import RECHECK_SECONDS, RETRY_SECONDS, GroupScopeMonitor
from feishu_bot.feishu.user_names import (
    KNOWN_SECONDS,
    SCOPE_SECONDS,
    TROUBLE_SECONDS,
    UNKNOWN_SECONDS,
    FeishuUserDirectory,
)
from tests.polling import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def names(client, clock):
    return FeishuUserDirectory(client, timer=clock)


@pytest.fixture
def alice(sim):
    return sim.feishu.add_person("Alice").open_id


def lookups(sim) -> int:
    return sum(call.api == "user.get" for call in sim.feishu.calls)


def test_a_name_comes_from_the_contacts_and_is_kept(sim, names, alice, clock):
    assert [names.of(alice), names.of(alice)] == ["Alice", "Alice"]
    assert lookups(sim) == 1

    clock.tick(KNOWN_SECONDS + 1)
    assert names.of(alice) == "Alice"
    assert lookups(sim) == 2


def test_somebody_out_of_range_is_asked_for_again_only_later(sim, names, alice, clock):
    assert [names.of("ou_nobody"), names.of("ou_nobody")] == ["", ""]
    assert lookups(sim) == 1
    assert names.of(alice) == "Alice"

    clock.tick(UNKNOWN_SECONDS + 1)
    names.of("ou_nobody")
    assert lookups(sim) == 3


def test_a_missing_scope_makes_a_pause_for_everybody(sim, names, alice, clock):
    sim.feishu.withdraw("contact:contact.base:readonly")
    names.learn(alice, "Alice of the mention")

    assert names.of(alice) == "Alice of the mention"
    assert names.of("ou_other") == ""
    assert lookups(sim) == 1

    sim.feishu.grant("contact:contact.base:readonly")
    clock.tick(SCOPE_SECONDS + 1)
    assert names.of(alice) == "Alice"


def test_without_the_scope_for_names_they_are_empty(sim, names, alice):
    sim.feishu.withdraw("contact:user.base:readonly")

    assert [names.of(alice), names.of(alice)] == ["", ""]
    assert lookups(sim) == 1


def test_a_silent_feishu_is_not_waited_for_again_and_again(sim, names, alice, clock):
    names.of(alice)
    clock.tick(KNOWN_SECONDS + 1)
    sim.feishu.latency = 2.0

    assert names.of(alice) == ""
    assert names.of(alice) == ""

    sim.feishu.latency = 0.0
    clock.tick(TROUBLE_SECONDS + 1)
    assert names.of(alice) == "Alice"


def test_nobody_has_no_name(sim, names):
    names.learn("", "x")

    assert names.of("") == ""
    assert not lookups(sim)


# The scope


def waits(*, then=()):
    """A wait that does these things in turn and says at last that it is time to end."""
    made: list[float] = []
    steps = iter(then)

    def wait(seconds: float) -> bool:
        made.append(seconds)
        step = next(steps, None)
        if step:
            step()
        return step is None

    wait.made = made
    return wait


def test_a_missing_scope_is_said_once_in_both_languages_until_it_is_granted(sim, client, caplog):
    caplog.set_level("INFO", logger="feishu_bot")
    scope = GroupScopeMonitor(client)
    wait = waits(then=[lambda: None, lambda: sim.feishu.grant("im:message.group_msg")])

    scope.look(wait)

    assert wait.made == [RECHECK_SECONDS, RECHECK_SECONDS]
    assert not scope.is_missing()
    texts = [record.message for record in caplog.records if "group_msg" in record.message]
    assert "需要权限" in texts[0]
    assert "needs the scope" in texts[0]
    assert texts[1:] == ["scope im:message.group_msg granted"]


def test_a_scope_that_is_there_is_not_mentioned(sim, client, caplog):
    caplog.set_level("INFO", logger="feishu_bot")
    sim.feishu.grant("im:message.group_msg:readonly")

    GroupScopeMonitor(client).look(waits())

    assert "group_msg" not in caplog.text


def test_scopes_that_cannot_be_read_are_asked_for_again(sim, client):
    sim.feishu.faults.disconnect("scopes", 9)
    scope = GroupScopeMonitor(client)
    wait = waits()

    scope.look(wait)

    assert wait.made == [RETRY_SECONDS]
    assert not scope.is_missing()
