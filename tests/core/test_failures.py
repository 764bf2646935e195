"""Commands, clicks and cards that come to nothing at first: none is silent, none is doubled."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Card, Text
from feishu_bot.core.chat_model import StreamEnd
from feishu_bot.core.commands.registry import CommandGroup, command
from feishu_bot.core.jobs import MAX_ATTEMPTS
from feishu_bot.core.limits import Quota
from feishu_bot.core.messages import MenuClick
from feishu_bot.core.replier import MAX_SEND_ATTEMPTS
from feishu_bot.errors import CardRefused, FeishuUnavailable, TargetGone
from tests.builders import ALICE, BotWorld, daily, turn, usage
from tests.core.fakes import refuse


class FailingCommands(CommandGroup):
    """A group with one command, which raises `failure`."""

    def __init__(self) -> None:
        self.failure: Exception | None = None

    @command("fail", "/fail")
    def run(self, context):
        if self.failure:
            raise self.failure
        return Card(title=Text("help_title"), blocks=())


@pytest.fixture
def failing():
    """What /fail calls."""
    return FailingCommands()


@pytest.fixture
def world(failing):
    """A bot with one more command."""
    return BotWorld(extra=(failing,))


def try_again(world, text="/fail", *, attempt=1, checkpoint=None):
    """Do the task of this message as if it had failed before."""
    world.inbox.tasks.clear()
    world.receive(text)
    world.work(attempt=attempt, checkpoint=checkpoint or {})


def remember(world):
    """There was one question, and its answer is in the card om_answer."""
    world.people.meet("ou_alice", "oc_1")
    world.remember(turn(1, answer_ids=("om_answer",)))


def click(world, act, **more):
    return world.click(act, on="om_answer", **more)


def test_a_command_that_fails_is_tried_again_and_then_ends_in_words(world, failing):
    failing.failure = OSError("database away")

    with pytest.raises(OSError, match="away"):
        try_again(world, attempt=MAX_ATTEMPTS)
    try_again(world, attempt=MAX_ATTEMPTS + 1)

    assert world.messenger.notice_kinds == ["command_failed"]
    assert len(world.inbox.finished) == 1


@pytest.mark.parametrize("checkpoint", [{}, {"card": {"cards": []}}])
def test_an_answer_that_cannot_even_be_given_up_ends_in_words(world, checkpoint):
    world.messenger.open_answer = refuse(KeyError("an unreadable checkpoint"))

    with pytest.raises(KeyError):
        try_again(world, "hello", attempt=2 * MAX_ATTEMPTS, checkpoint=checkpoint)
    try_again(world, "hello", attempt=2 * MAX_ATTEMPTS + 1, checkpoint=checkpoint)

    assert world.messenger.notice_kinds == ["gave_up"]


def test_a_card_that_feishu_refuses_is_said_in_words(world):
    world.messenger.show = refuse(CardRefused("no"))

    try_again(world)

    assert world.messenger.notice_kinds == ["command_failed"]


def test_a_card_that_cannot_be_built_is_said_in_words_in_the_end(world):
    world.messenger.show = refuse(KeyError("no such text"))

    with pytest.raises(KeyError):
        try_again(world, attempt=MAX_ATTEMPTS)
    try_again(world, attempt=MAX_ATTEMPTS + 1)

    assert world.messenger.notice_kinds == ["command_failed"]


def test_a_reply_waits_for_feishu_for_more_than_an_hour(world):
    world.messenger.failure = FeishuUnavailable("away")

    with pytest.raises(FeishuUnavailable):
        try_again(world, "/new", attempt=MAX_SEND_ATTEMPTS)
    try_again(world, "/new", attempt=MAX_SEND_ATTEMPTS + 1)

    assert world.inbox.finished[1][0] == "failed"


def test_a_reply_to_a_recalled_message_is_over(world):
    world.messenger.failure = TargetGone("recalled")

    try_again(world, "/new")

    assert world.inbox.finished[1][0] == "stopped"


def test_an_open_card_is_ended_when_there_is_nothing_to_go_on_from_any_more(world):
    world.bind("om_answer")
    click(world, "continue")

    world.work(attempt=2, checkpoint={"card": {"cards": []}})

    assert world.messenger.answers[0].ending.notice.kind == "continue_unknown"
    assert not world.messenger.notices
    outcome, stored, _ = world.inbox.finished[1]
    assert (outcome, stored) == ("noticed", None)


def test_an_open_card_whose_turn_was_forgotten_is_ended(world):
    remember(world)
    click(world, "regenerate")
    world.conversations.stored.clear()

    world.work(attempt=2, checkpoint={"card": {"cards": []}})

    assert world.messenger.answers[0].ending.notice.kind == "conversation_unknown"


@pytest.mark.parametrize("act", ["continue", "regenerate"])
def test_what_came_to_no_answer_can_be_clicked_again(act):
    world = BotWorld(limits=daily(person=Quota(questions=1)), clock=lambda: 2.0)
    remember(world)
    world.usage.used.append(usage(created_at=1.0))

    def kind(event_id):
        return click(world, act, event_id=event_id).toast.notice.kind

    assert kind("ev_1") == f"{act}_started"
    assert kind("ev_2") == f"{act}_known"
    world.work()
    assert world.messenger.notice_kinds == ["limit_person_questions"]

    # The next day.
    world.usage.used.clear()
    world.model.enqueue_text("More")
    assert kind("ev_3") == f"{act}_started"
    assert kind("ev_4") == f"{act}_known"
    world.work()
    assert kind("ev_5") == f"{act}_known"
    assert [answer.text for answer in world.messenger.answers] == ["More"]


def test_a_model_that_was_away_can_be_asked_again_by_the_same_button(world):
    remember(world)
    world.model.enqueue(StreamEnd("stop"))
    click(world, "regenerate")
    world.work()

    world.model.enqueue_text("Better")
    click(world, "regenerate", event_id="ev_2")
    world.work()

    assert [answer.text for answer in world.messenger.answers] == ["", "Better"]


def test_who_may_not_ask_is_told_so_once_for_many_clicks():
    world = BotWorld(policy=AccessPolicy(blocked_users={"ou_alice"}))

    for number in range(3):
        world.bot.click_menu(MenuClick(event_id=f"ev_{number}", person=ALICE, entry="help"))
    world.work()

    assert len(world.messenger.notices) == 1


def test_a_suggested_command_is_about_what_the_command_itself_would_be():
    world = BotWorld(p2p_context="thread")
    remember(world)
    world.say("/retyr", "om_typo")
    world.model.enqueue_text("Again")

    world.click("run", on="om_card", text="/retry")
    world.work()

    assert world.messenger.answers[0].text == "Again"
