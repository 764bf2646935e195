"""Names of people."""

from __future__ import annotations

import pytest

from feishu_bot.feishu.paced_reads import PacedReads
from feishu_bot.feishu.streaming.pacer import Pacer
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
    return FeishuUserDirectory(client, PacedReads(Pacer()), timer=clock)


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
