"""The rest of an answer that was shown in part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import MAX_ATTEMPTS, read_payload
from feishu_bot.core.tasks import ShowMore
from feishu_bot.errors import FeishuUnavailable
from tests.builders import BOB, KEY, BotWorld, queued, turn


@pytest.fixture
def world() -> BotWorld:
    world = BotWorld()
    world.remember(turn(1))
    return world


def press(world: BotWorld, **more):
    return world.click("more", on="om_a1", position="19500,19500", **more)


def test_the_answer_goes_on_from_where_its_cards_end(world) -> None:
    assert press(world).toast.notice.kind == "more_started"
    world.work()

    (answer,) = world.messenger.answers
    assert answer.position == "19500,19500"
    assert answer.ending.text == "A1"
    assert not answer.ending.can_continue
    assert world.model.prompts == []
    assert world.conversations.turn_of("om_answer").id == 1
    assert list(world.inbox.finished.values()) == [("answered", None, None)]


def test_anybody_may_press_and_it_comes_once(world) -> None:
    press(world)
    again = press(world, operator=BOB, event_id="ev_2")
    world.work()

    assert again.toast.notice.kind == "more_known"
    assert len(world.messenger.answers) == 1


def test_an_answer_that_the_model_left_unfinished_can_be_continued_at_its_end(world) -> None:
    world.remember(turn(1, finish_reason="length"))
    press(world)
    world.work()

    ending = world.messenger.answers[0].ending
    assert ending.can_continue
    assert ending.notice.kind == "length"


def test_what_was_forgotten_is_told(world) -> None:
    press(world)
    world.conversations.stored.clear()
    world.work()

    assert world.messenger.notice_kinds == ["more_unknown"]


def test_a_card_of_another_conversation_shows_nothing_here(world) -> None:
    elsewhere = ConversationKey("oc_2", "om_2")
    world.remember(turn(2, answer_ids=("om_a2",)), key=elsewhere)
    task = ShowMore(card_id="om_a2", position="19500")
    world.inbox.put(queued(task=task, key=KEY, dedupe_id="more:om_a2"))
    world.work()

    assert world.messenger.answers == []
    assert world.messenger.notice_kinds == ["more_unknown"]


def test_while_feishu_is_away_it_is_tried_again_and_given_up_at_last(world) -> None:
    press(world)
    world.messenger.failure = FeishuUnavailable("away")
    with pytest.raises(FeishuUnavailable):
        world.work()

    world.messenger.failure = None
    press(world, event_id="ev_3")
    world.inbox.put(
        queued(task=ShowMore(card_id="om_a1", position=""), key=KEY, dedupe_id="more:again")
    )
    world.work(attempt=MAX_ATTEMPTS + 1)
    assert "gave_up" in world.messenger.notice_kinds


def test_it_is_stored_like_other_tasks() -> None:
    task = queued(task=ShowMore(card_id="om_a1", position="19500c"))

    _, read, _ = read_payload(task.kind, task.payload())

    assert read == task.task
    assert replace(task).kind == "more"
