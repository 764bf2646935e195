"""/forget."""

from __future__ import annotations

import math

import pytest

from feishu_bot.core import days
from feishu_bot.core.cards import Buttons, Field
from feishu_bot.core.limits import Quota
from feishu_bot.core.people import ErasureReport
from tests.builders import BotWorld, daily
from tests.polling import Clock

NOON = 1_795_323_600.0


@pytest.fixture
def world():
    """A bot at noon, with a limit, and with a card to click on."""
    world = BotWorld(clock=Clock(NOON), limits=daily(person=Quota(questions=5)))
    world.bind("om_card")
    return world


def test_who_asks_to_be_forgotten_is_asked_back_and_told_what_went(world):
    yes, no = world.run("/forget").blocks[-1].buttons
    assert not world.people.forgotten

    response = world.click(**{**yes.value, "of": "ou_alice"})

    assert world.people.forgotten == [("ou_alice", days.day_start(NOON))]
    assert response.toast.severity == "success"
    rows = [(b.name.key, b.value) for b in response.card.blocks if isinstance(b, Field)]
    assert rows == [
        ("forget_turns", "2"),
        ("forget_usage", "3"),
        ("forget_feedback", "1"),
        ("forget_settings", "0"),
    ]
    assert not [b for b in response.card.blocks if isinstance(b, Buttons)]
    assert world.click(**{**no.value, "of": "ou_alice"}).card.colour == "green"


def test_nobody_forgets_for_somebody_else(world):
    for act in ("forget", "remember"):
        response = world.click(act, of="ou_bob")
        assert response.toast.notice.kind == "forget_not_yours"
        assert response.card is None

    assert not world.people.forgotten


def test_a_second_click_leaves_the_card_of_the_first(world):
    world.people.forget = lambda open_id, keep_usage_since: ErasureReport()

    response = world.click("forget", of="ou_alice")

    assert response.toast.notice.kind == "forget_nothing"
    assert response.card is None


def test_without_limits_todays_usage_goes_too():
    world = BotWorld()
    world.bind("om_card")

    world.click("forget", of="ou_alice")

    assert world.people.forgotten == [("ou_alice", math.inf)]


def test_a_private_chat_that_was_not_noted_yet_is_forgotten_with_the_person(world):
    chats = []
    world.people.forget = lambda open_id, keep_usage_since: (
        chats.append(world.people.get(open_id).private_chat) or ErasureReport(turns=1)
    )

    world.click("forget", of="ou_alice", chat="p2p")

    assert chats == ["oc_1"]
