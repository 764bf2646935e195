"""/stop and the Stop button."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import Job
from feishu_bot.core.messages import MenuClick
from feishu_bot.core.queue.running_jobs import JobControl
from tests.builders import ALICE, BOB, BOSS, KEY, BotWorld, job, message, turn


@pytest.fixture
def world():
    """A bot with an admin, that has answered once."""
    world = BotWorld(policy=AccessPolicy(admins=[BOSS.open_id]))
    world.remember(turn(1))
    return world


def run_here(world, **changes) -> JobControl:
    """An answer that runs in this process, in the conversation of the one before."""
    asked = message("Q", "om_q1", **changes)
    return run(world, job(asked, event_id="ev_running", key=KEY))


def run_elsewhere(world) -> JobControl:
    """An answer of Alice's that runs in another conversation of her chat."""
    return run(world, job(message("a question", "om_q")))


def run(world, one: Job) -> JobControl:
    world.inbox.doing[one.key] = one
    return world.running.add(one)


@pytest.mark.parametrize(
    ("operator", "of", "kind"),
    [
        (ALICE, "om_q1", "stop_done"),
        (BOSS, "om_q1", "stop_done"),
        (BOB, "om_q1", "stop_not_yours"),
        (ALICE, "om_another", "stop_nothing"),
    ],
)
def test_an_answer_is_stopped_by_who_asked_and_by_admins(world, operator, of, kind):
    control = run_here(world)

    response = world.click("stop", on="om_a1", of=of, operator=operator)

    assert response.toast.notice.kind == kind
    assert (world.inbox.stopped == ["ev_running"]) is (kind == "stop_done")
    assert control.stopped is (kind == "stop_done")


def test_stop_is_done_when_the_message_comes_in_and_told_later(world):
    run_here(world)

    world.receive("/stop", "om_say", parent_id="om_a1", root_id=KEY.root)

    assert world.inbox.stopped == ["ev_running"]
    world.work()
    assert world.messenger.notice_kinds == ["stop_done"]


def test_a_plain_stop_stops_what_runs_for_the_person_in_this_chat(world):
    run_here(world)

    world.say("停止", "om_s1", chat_id="oc_2")
    world.say("停止", "om_s2", sender=BOB)

    assert not world.inbox.stopped
    world.receive("停止", "om_s3")
    assert world.inbox.stopped == ["ev_running"]


def test_a_stop_that_is_delivered_again_stops_nothing_later(world):
    run_here(world, created_at=2_000.0)

    world.say("/stop", created_at=1_000.0)

    assert not world.inbox.stopped


def test_a_stop_that_is_clicked_stops_the_answer_and_not_itself(world):
    run_elsewhere(world)
    card = ConversationKey("oc_1", "om_card")
    world.bind("om_card", key=card)
    world.click("run", text="/stop")
    world.inbox.doing[card] = world.inbox.tasks[-1]

    world.work()

    assert world.inbox.stopped == ["ev_om_q"]
    assert world.messenger.notice_kinds == ["stop_done"]


def test_a_menu_that_is_delivered_again_stops_nothing_asked_since(world):
    world.people.meet("ou_alice", "oc_1")
    run_elsewhere(world)

    for created_at, stopped in ((999.0, []), (1_001.0, ["ev_om_q"])):
        world.bot.click_menu(
            MenuClick(
                event_id=f"ev_{created_at}", person=ALICE, entry="stop", created_at=created_at
            )
        )
        assert world.inbox.stopped == stopped


def test_who_may_not_ask_stops_nothing():
    world = BotWorld(policy=AccessPolicy(blocked_users={"ou_alice"}))
    run_elsewhere(world)

    world.say("/stop")

    assert not world.inbox.stopped
    assert world.messenger.notice_kinds == ["access_blocked"]
