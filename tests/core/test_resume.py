"""A conversation that ended by itself: what is said of it, and how it is taken up again."""

from __future__ import annotations

import pytest

from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.expiry import resumable
from feishu_bot.core.card_actions import ClickResponse
from feishu_bot.core.conversations import Conversation
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import Regenerate
from tests.builders import ALICE, BOB, KEY, BotWorld, job, message, turn

DAY = 86_400.0


def world_after_a_rest() -> BotWorld:
    """Fourteen hours after the first turn, with a fresh question answered since."""
    world = BotWorld(clock=lambda: DAY)
    world.people.meet(ALICE.open_id, "oc_1")
    world.remember(turn(1), turn(2))
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=(turn(2),))
    world.conversations.reachable.add(1)
    return world


def click(world: BotWorld, chosen: str = "1", **more) -> ClickResponse:
    return world.click("resume", on="om_a2", turn=chosen, **more)


@pytest.mark.parametrize(
    ("seconds", "kind", "count"),
    [
        (0.0, "expired_minutes", "1"),
        (59 * 60.0, "expired_minutes", "59"),
        (3_600.0, "expired_hours", "1"),
        (13.9 * 3_600, "expired_hours", "13"),
        (47.9 * 3_600, "expired_hours", "47"),
        (2 * DAY, "expired_days", "2"),
        (29.9 * DAY, "expired_days", "29"),
    ],
)
def test_how_long_it_was_is_said_in_the_unit_that_people_would_use(seconds, kind, count):
    notice = resumable("7", seconds).notice

    assert (notice.kind, notice.params) == (kind, {"count": count})


def test_an_answer_after_a_rest_names_the_turn_to_take_up():
    world = BotWorld(clock=lambda: DAY)
    expired_turn = turn(7, created_at=DAY - 14 * 3_600)
    world.conversations.stored[KEY] = Conversation(key=KEY, expired_turn=expired_turn)
    world.model.enqueue_text("Hi")

    world.bot.work(job(message("Hello?")), JobControl())

    offered = world.messenger.answers[-1].ending.resumable
    assert offered == resumable("7", 14 * 3_600)


def test_it_is_named_as_well_by_the_process_that_ends_the_answer_after_a_crash():
    world = BotWorld(clock=lambda: DAY)
    saved = Draft(text="Hi", resumable_turn="7", idle_seconds=3_600.0).as_json()

    world.bot.work(job(message("Hello?"), checkpoint={"draft": saved}), JobControl())

    assert world.messenger.answers[-1].ending.resumable == resumable("7", 3_600.0)


def test_a_notice_in_place_of_an_answer_says_nothing_of_it():
    assert Draft(notice="gateway_busy").final_answer(frozenset(), 1.0, "ev").resumable is None


def test_pressing_asks_the_question_once_more_as_part_of_the_earlier_conversation():
    world = world_after_a_rest()

    assert click(world).toast.notice.kind == "resume_again"
    assert click(world).toast.notice.kind == "resume_again"

    assert world.conversations.heads == {KEY: 1}
    (task,) = world.inbox.tasks
    assert task.task == Regenerate(answer_id="om_a2", at_head=True)
    assert task.target.message_id == "om_q2"


def test_where_the_path_leads_through_it_already_nothing_is_done():
    world = world_after_a_rest()
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=(turn(1), turn(2, 1)))

    assert click(world).toast.notice.kind == "resume_known"
    assert not world.inbox.tasks
    assert not world.conversations.heads


def test_who_did_not_ask_takes_it_up_for_what_follows_only():
    world = world_after_a_rest()

    assert click(world, operator=BOB).toast.notice.kind == "resumed"
    assert world.conversations.heads == {KEY: 1}
    assert not world.inbox.tasks


@pytest.mark.parametrize("chosen", ["", "x", "-1", "99", "9" * 19, "9" * 5_000, "1.0"])
def test_what_is_no_turn_of_the_conversation_is_not_taken_up(chosen):
    world = world_after_a_rest()

    assert click(world, chosen).toast.notice.kind == "resume_gone"
    assert not world.inbox.tasks


def test_a_card_whose_turn_is_forgotten_says_so():
    world = world_after_a_rest()
    world.conversations.stored.clear()

    assert click(world).toast.notice.kind == "conversation_unknown"


@pytest.mark.parametrize("is_resumed", [True, False])
def test_a_question_about_an_earlier_conversation_takes_that_up(is_resumed):
    world = BotWorld()
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=(turn(1),), is_resumed=is_resumed)
    world.conversations.reachable.add(1)
    world.model.enqueue_text("Hi")

    world.bot.work(job(message("And?", parent_id="om_a1")), JobControl())

    assert world.conversations.heads == ({KEY: 1} if is_resumed else {})
    assert [line.content for line in world.model.last_messages] == ["Q1", "A1", "And?"]


def test_a_question_asked_again_where_the_conversation_goes_on_now_keeps_whose_it_is():
    world = world_after_a_rest()
    click(world)
    # What stands at the head now, with the fresh turn beside it.
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=(turn(1), turn(2)))
    world.model.enqueue_text("better")
    world.work()

    assert [line.content for line in world.model.last_messages] == ["Q1", "A1", "Q2"]
    stored = world.inbox.finished[1][1]
    assert (stored.parent, stored.question_id, stored.asker) == (1, "om_q2", ALICE.open_id)
