"""Messages that come long after they were written."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Buttons, Card
from feishu_bot.core.messages import Attachment, MenuClick
from feishu_bot.core.missed_messages import LATE_SECONDS, MissedMessages
from feishu_bot.core.tasks import AskQuestion
from tests.builders import ALICE, BOB, BOSS, BotWorld

NOW = 100_000.0
LATE = NOW - LATE_SECONDS - 1


@pytest.fixture
def world():
    """A bot that Feishu tells the time."""
    return BotWorld(platform_clock=lambda: NOW, policy=AccessPolicy(admins=[BOSS.open_id]))


def shown(world: BotWorld) -> Card:
    ((_, card, _),) = world.messenger.cards
    return card


def button_of(card: Card):
    return next((b.buttons[0] for b in card.blocks if isinstance(b, Buttons)), None)


def press(world: BotWorld, **more):
    return world.click(**button_of(shown(world)).value, **more)


def test_what_is_ten_minutes_old_is_answered():
    missed = MissedMessages(lambda: NOW)

    assert not missed.is_late(NOW - LATE_SECONDS)
    assert missed.is_late(LATE)


@pytest.mark.parametrize("created_at", [0.0, NOW + 500.0])
def test_a_message_without_a_time_or_from_ahead_of_us_is_not_late(created_at):
    assert not MissedMessages(lambda: NOW).is_late(created_at)


def test_a_late_question_is_offered_to_be_answered_and_costs_nothing(world):
    world.say("What about lunch?", created_at=LATE)

    assert shown(world).title.key == "missed_title"
    assert world.messenger.answers == []
    assert world.model.prompts == []


def test_pressed_it_is_asked_as_it_was_written(world):
    picture = Attachment("image", "img_1")
    world.say("What is this?", created_at=LATE, attachments=(picture,), parent_id="om_0")

    assert press(world).toast.notice.kind == "missed_started"

    task = world.inbox.tasks[-1]
    assert isinstance(task.task, AskQuestion)
    assert task.task.text == "What is this?"
    assert (task.message.attachments, task.message.parent_id) == ((picture,), "om_0")
    assert task.target.message_id == "om_say"


def test_it_is_answered_once_however_often_it_is_pressed(world):
    world.model.enqueue_text("Yes")
    world.say("Lunch?", created_at=LATE)
    press(world)

    assert press(world).toast.notice.kind == "asked_before"
    world.work()
    assert [answer.ending.text for answer in world.messenger.answers] == ["Yes"]


@pytest.mark.parametrize(
    ("operator", "kind"),
    [(ALICE, "missed_started"), (BOSS, "missed_started"), (BOB, "missed_not_yours")],
)
def test_only_who_wrote_it_and_admins_have_it_answered(world, operator, kind):
    world.say("Lunch?", created_at=LATE)

    assert press(world, operator=operator).toast.notice.kind == kind


def test_a_repeat_of_what_was_taken_in_in_time_is_known(world):
    world.model.enqueue_text("Yes")
    world.say("Lunch?", created_at=NOW - 5)
    world.say("Lunch?", created_at=LATE)

    assert len(world.messenger.answers) == 1
    assert world.messenger.cards == []


def test_a_late_command_does_nothing_and_has_no_button(world):
    world.say("/clear", created_at=LATE)

    assert button_of(shown(world)) is None
    assert world.messenger.notices == []


def test_a_late_choice_of_the_menu_does_nothing(world):
    world.people.meet(ALICE.open_id)
    world.bot.click_menu(MenuClick(event_id="ev_m", person=ALICE, entry="help", created_at=LATE))
    world.work()

    assert button_of(shown(world)) is None


@pytest.mark.parametrize("text", ["x" * 21_000, "字" * 7_000, '"' * 6_000])
def test_a_question_that_is_too_long_for_a_button_is_asked_to_be_sent_again(world, text):
    world.say(text, created_at=LATE)

    assert button_of(shown(world)) is None


def test_what_was_not_for_the_bot_is_not_mentioned():
    world = BotWorld(platform_clock=lambda: NOW, answers_all=True)

    world.say("Who is in?", created_at=LATE, chat_type="group")

    assert world.messenger.cards == []


@pytest.mark.parametrize("text", ["", "{}", "null", '{"message_id": 1}'])
def test_a_button_that_holds_no_message_does_nothing(world, text):
    world.bind("om_card")

    response = world.click("answer_missed", message=text)

    assert response.toast.notice.kind == "action_unknown"
    assert world.inbox.tasks == []
