"""Clicks: whose word counts, where, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.button_values import ButtonPlace
from feishu_bot.core.queue.enqueue import DOUBLE_CLICK
from feishu_bot.core.tasks import Regenerate
from tests.builders import ALICE, BOB, BOSS, KEY, BotWorld, turn
from tests.polling import Clock

GROUP_ONLY = AccessPolicy(allowed_chats=("oc_allowed",))


@pytest.fixture
def world():
    world = BotWorld()
    world.remember(turn(1))
    world.bind("om_card")
    return world


def kind(response):
    """What the toast says."""
    return response.toast.notice.kind


def test_what_is_filled_in_never_overrides_the_button(world):
    """A turn of somebody's private chat can't be named in a form."""
    elsewhere = replace(KEY, chat_id="oc_private")
    world.remember(turn(2), key=elsewhere)

    world.click("regenerate", on="om_a1", form={"card": "om_a2", "option": ""})

    (task,) = world.inbox.tasks
    assert task.task == Regenerate(answer_id="om_a1")


def test_what_an_action_does_not_take_is_not_read(world):
    world.people.meet("ou_bob", "oc_bob")

    response = world.click(
        "run", text="/help", form={"text": "/block ou_bob", "chat": "p2p", "of": "ou_bob"}
    )

    assert response.toast.notice.params == {"command": "/help"}


@pytest.mark.parametrize(
    "change",
    [{"text": "/block ou_bob"}, {"chat": "p2p"}, {"mac": "AAAAAAAAAAAAAAAAAAAAAA"}, {"of": "x"}],
    ids=str,
)
def test_a_button_that_was_changed_does_nothing(world, change):
    value = world.signer.sign({"act": "run", "text": "/help"}, ButtonPlace.of(KEY, "group"))

    assert kind(world.deliver_click(value | change)) == "button_outdated"
    assert not world.inbox.tasks


def test_a_button_of_another_conversation_does_nothing_here(world):
    elsewhere = replace(KEY, root="om_elsewhere")
    value = world.signer.sign({"act": "clear"}, ButtonPlace.of(elsewhere, None))

    assert kind(world.deliver_click(value)) == "button_outdated"
    assert not world.conversations.cleared


def test_the_buttons_under_an_answer_of_version_01_still_work(world):
    response = world.deliver_click({"act": "regenerate"}, on="om_a1", form={"option": "gpt-b"})

    assert kind(response) == "regenerate_started"
    (task,) = world.inbox.tasks
    assert task.task == Regenerate(answer_id="om_a1")


@pytest.mark.parametrize("value", [{"act": "clear"}, {"act": "run", "text": "/help"}], ids=str)
def test_other_cards_of_version_01_are_to_be_asked_for_again(world, value):
    assert kind(world.deliver_click(value)) == "button_outdated"


def test_a_click_is_done_once(world):
    policy = AccessPolicy(admins=("ou_boss",))
    world = BotWorld(policy=policy)
    world.bind("om_card")
    unblock = {"person": "ou_bob", "name": "Bob", "operator": BOSS, "event_id": "ev_same"}
    world.people.block("ou_bob", blocked=True)
    assert kind(world.click("unblock", **unblock)) == "unblock_done"
    world.people.block("ou_bob", blocked=True)

    again = world.click("unblock", **unblock)

    assert kind(again) == "click_known"
    assert again.card is None
    assert world.people.get("ou_bob").is_blocked


def test_a_click_that_was_refused_is_not_used_up(world):
    world.people.block("ou_alice", blocked=True)
    assert kind(world.click("clear", event_id="ev_1")) == "access_blocked"
    world.people.block("ou_alice", blocked=False)

    assert kind(world.click("clear", event_id="ev_1")) == "clear_done"


@pytest.mark.parametrize("private_chat", ["", "oc_alice"])
def test_a_group_that_is_allowed_no_more_is_refused_by_its_old_cards(private_chat):
    """Whether or not the private chat of who presses is known."""
    world = BotWorld(policy=GROUP_ONLY)
    world.remember(turn(1))
    world.people.meet("ou_alice", private_chat)

    assert kind(world.click("regenerate", on="om_a1", chat="group")) == "access_chat"
    assert kind(world.deliver_click({"act": "regenerate"}, on="om_a1")) == "access_chat"


@pytest.mark.parametrize(("private_chat", "chat"), [("", "p2p"), ("oc_1", None)])
def test_a_private_chat_is_on_no_list(private_chat, chat):
    world = BotWorld(policy=GROUP_ONLY)
    world.remember(turn(1))
    world.people.meet("ou_alice", private_chat)

    assert kind(world.click("regenerate", on="om_a1", chat=chat)) == "regenerate_started"


def test_a_group_that_is_taken_off_the_list_is_refused_when_its_click_is_done():
    world = BotWorld(policy=AccessPolicy(allowed_chats=("oc_1",)))
    world.remember(turn(1))
    world.click("regenerate", on="om_a1", chat="group")
    strict = replace(world.bot, policy=GROUP_ONLY)

    for job in world.inbox.claim(10):
        strict.work(job, object())

    assert world.messenger.notice_kinds == ["access_chat"]
    assert not world.messenger.answers


def test_the_kind_of_chat_is_what_the_bot_knew(world):
    """Reports are for admins in private: a group's button says `group`, whoever presses it."""
    world = BotWorld(policy=AccessPolicy(admins=("ou_boss",)))
    world.bind("om_card")

    in_group = world.click("usage_export", days="7", operator=BOSS, chat="group")
    in_private = world.click("usage_export", days="7", operator=BOSS, chat="p2p")

    assert kind(in_group) == "admins_only_short"
    assert kind(in_private) == "export_started"


def test_an_admin_does_nothing_by_an_old_callback_even_on_a_genuine_button():
    world = BotWorld(policy=AccessPolicy(admins=("ou_boss",)))
    world.bind("om_card")
    world.people.block("ou_bob", blocked=True)

    for act in world.bot.commands.actions:
        told = world.click(act, person="ou_bob", operator=BOSS, is_legacy=True)
        assert kind(told) == "legacy_admin"
    assert world.people.get("ou_bob").is_blocked
    assert not world.inbox.tasks


@pytest.mark.parametrize("act", ["unblock", "usage_days", "usage_export", "feedback_days"])
def test_what_is_for_admins_obeys_nobody_else(world, act):
    world = BotWorld(policy=AccessPolicy(admins=("ou_boss",)))
    world.bind("om_card")
    world.people.block("ou_carol", blocked=True)

    told = world.click(act, person="ou_carol", operator=BOB, chat="p2p", is_legacy=True)

    assert kind(told) == "admins_only_short"
    assert world.people.get("ou_carol").is_blocked


def test_who_is_blocked_may_still_be_forgotten(world):
    world.people.block("ou_alice", blocked=True)
    world.say("/forget")

    (yes, _) = world.messenger.last_card.blocks[-1].buttons
    world.click(**yes.value, on="om_card")

    assert [person for person, _ in world.people.forgotten] == [ALICE.open_id]


def test_a_button_pressed_twice_in_a_moment_was_meant_once():
    clock = Clock()
    world = BotWorld(clock=clock)
    world.bind("om_card")

    world.click("run", text="/help", on="om_card")
    world.click("run", text="/help", on="om_card")
    world.click("run", text="/usage", on="om_card")
    assert len(world.inbox.tasks) == 2

    world.click("run", text="/help", on="om_card", operator=BOB)
    clock.tick(2 * DOUBLE_CLICK)
    world.click("run", text="/help", on="om_card")
    assert len(world.inbox.tasks) == 4
