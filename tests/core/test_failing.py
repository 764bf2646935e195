"""Commands, clicks and cards that come to nothing at first: none is silent, none is doubled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Card, Text
from feishu_bot.core.chat_model import StreamEnd
from feishu_bot.core.commands.registry import Command, CommandCall, Commands
from feishu_bot.core.conversations import Conversation, ConversationKey, Turn
from feishu_bot.core.messages import MenuClick, SentMessages
from feishu_bot.core.queue.job_control import JobControl
from feishu_bot.core.quotas import Quota, QuotaChecker
from feishu_bot.core.replier import MAX_ATTEMPTS, MAX_SEND_ATTEMPTS
from feishu_bot.core.usage import Usage
from feishu_bot.errors import CardRefused, FeishuUnavailable, TargetGone
from tests.core.fakes import ALICE, FakeLedger, message
from tests.core.test_bot import World

KEY = ConversationKey("oc_1", "om_0")


@pytest.fixture
def world():
    return World()


class Failing:
    """A family with one command that fails."""

    actions = {}

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    @property
    def commands(self):
        return (Command(name="fail", words=("/fail",), run=self.run),)

    def run(self, request):
        if self.failure:
            raise self.failure
        return Card(title=Text("help_title"), blocks=())


def work(world, text="/fail", *, attempt=1, checkpoint=None):
    world.bot.receive("ev_1", message(text))
    (job,) = world.inbox.claim(1)
    world.bot.work(replace(job, attempt=attempt, checkpoint=checkpoint or {}), JobControl())


def remember(world, **changes):
    values = {"id": 1, "question": "q", "answer": "a", "question_id": "om_0", "asker": "ou_alice"}
    turn = Turn(**values | {"answer_ids": ("om_answer",)} | changes)
    world.conversations.bind(KEY, SentMessages(("om_answer",)))
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=(turn,))


def test_a_command_that_fails_is_tried_again_and_then_ends_in_words(world):
    world.commands.add(Failing(OSError("database away")))

    with pytest.raises(OSError, match="away"):
        work(world, attempt=MAX_ATTEMPTS)
    world.inbox.events.clear()
    work(world, attempt=MAX_ATTEMPTS + 1)

    assert [notice.kind for _, notice, _ in world.messenger.notices] == ["command_failed"]
    assert len(world.inbox.finished) == 1


def test_an_answer_that_cannot_even_be_given_up_ends_in_words(world):
    def open_answer(message, **more):
        raise KeyError("an unreadable checkpoint")

    world.messenger.open_answer = open_answer
    with pytest.raises(KeyError):
        work(world, "hello", attempt=2 * MAX_ATTEMPTS)
    world.inbox.events.clear()
    work(world, "hello", attempt=2 * MAX_ATTEMPTS + 1)

    assert [notice.kind for _, notice, _ in world.messenger.notices] == ["gave_up"]


def test_a_card_that_feishu_refuses_is_said_in_words(world):
    world.commands.add(Failing())

    def show(message, view, *, reference):
        raise CardRefused("no")

    world.messenger.show = show
    work(world)

    assert [notice.kind for _, notice, _ in world.messenger.notices] == ["command_failed"]


def test_a_card_that_cannot_be_built_is_said_in_words_in_the_end(world):
    world.commands.add(Failing())

    def show(message, view, *, reference):
        raise KeyError("no such text")

    world.messenger.show = show
    with pytest.raises(KeyError):
        work(world, attempt=MAX_ATTEMPTS)
    world.inbox.events.clear()
    work(world, attempt=MAX_ATTEMPTS + 1)

    assert [notice.kind for _, notice, _ in world.messenger.notices] == ["command_failed"]


def test_a_reply_waits_for_feishu_for_more_than_an_hour(world):
    world.messenger.failure = FeishuUnavailable("away")

    with pytest.raises(FeishuUnavailable):
        work(world, "/new", attempt=MAX_SEND_ATTEMPTS)
    world.inbox.events.clear()
    work(world, "/new", attempt=MAX_SEND_ATTEMPTS + 1)

    assert world.inbox.finished[1][0] == "failed"


def test_a_reply_to_a_recalled_message_is_over(world):
    world.messenger.failure = TargetGone("recalled")

    work(world, "/new")

    assert world.inbox.finished[1][0] == "stopped"


def test_an_open_card_is_ended_when_there_is_nothing_to_go_on_from_any_more(world):
    world.conversations.bind(KEY, SentMessages(("om_answer",)))
    world.click()
    (job,) = world.inbox.claim(1)

    world.bot.work(replace(job, attempt=2, checkpoint={"card": {"cards": []}}), JobControl())

    assert world.messenger.answers[0].ending.notice.kind == "continue_unknown"
    assert not world.messenger.notices
    outcome, turn, _ = world.inbox.finished[1]
    assert (outcome, turn) == ("noticed", None)


def test_an_open_card_whose_turn_was_forgotten_is_ended(world):
    remember(world)
    world.click(value={"act": "regenerate"})
    (job,) = world.inbox.claim(1)
    world.conversations.stored.clear()

    world.bot.work(replace(job, attempt=2, checkpoint={"card": {"cards": []}}), JobControl())

    assert world.messenger.answers[0].ending.notice.kind == "conversation_unknown"


def used():
    return Usage(
        open_id="ou_alice",
        chat_id="oc_1",
        model="m",
        outcome="answered",
        seconds=1.0,
        prompt_tokens=5,
        completion_tokens=5,
        created_at=1.0,
    )


@pytest.mark.parametrize("act", ["continue", "regenerate"])
def test_what_came_to_no_answer_can_be_pressed_again(act):
    ledger = FakeLedger()
    world = World(quotas=QuotaChecker(ledger, person=Quota(questions=1), clock=lambda: 2.0))
    remember(world)
    ledger.used.append(used())

    assert world.click(value={"act": act}).toast.notice.kind == f"{act}_started"
    assert world.click(event_id="ev_2", value={"act": act}).toast.notice.kind == f"{act}_known"
    world.work()
    assert world.messenger.notices[0][1].kind == "limit_person_questions"

    # The next day.
    ledger.used.clear()
    world.model.enqueue_text("More")
    assert world.click(event_id="ev_3", value={"act": act}).toast.notice.kind == f"{act}_started"
    assert world.click(event_id="ev_4", value={"act": act}).toast.notice.kind == f"{act}_known"
    world.work()
    assert world.click(event_id="ev_5", value={"act": act}).toast.notice.kind == f"{act}_known"
    assert [answer.text for answer in world.messenger.answers] == ["More"]


def test_a_model_that_was_away_can_be_asked_again_by_the_same_button(world):
    remember(world)
    world.model.enqueue(StreamEnd("stop"))
    world.click(value={"act": "regenerate"})
    world.work()

    world.model.enqueue_text("Better")
    world.click(event_id="ev_2", value={"act": "regenerate"})
    world.work()

    assert [answer.text for answer in world.messenger.answers] == ["", "Better"]


def run_elsewhere(world, text="a question"):
    """Something of Alice's that runs in another conversation of her chat."""
    world.bot.receive("ev_q", message(text, "om_q"))
    (job,) = world.inbox.claim(1)
    world.inbox.doing[job.event.key] = job.event


def test_a_stop_that_is_pressed_stops_the_answer_and_not_itself(world):
    run_elsewhere(world)
    card = ConversationKey("oc_1", "om_card")
    world.conversations.bind(card, SentMessages(("om_answer",)))
    world.click(value={"act": "run", "text": "/stop"})
    world.inbox.doing[card] = world.inbox.events[-1]

    world.work()

    assert world.inbox.stopped == ["ev_q"]
    assert world.messenger.notices[0][1].kind == "stop_done"


def test_a_menu_that_is_delivered_again_stops_nothing_asked_since(world):
    world.people.meet("ou_alice", "oc_1")
    run_elsewhere(world)

    world.bot.press(MenuClick(event_id="ev_m", person=ALICE, entry="stop", created_at=999.0))
    assert not world.inbox.stopped

    world.bot.press(MenuClick(event_id="ev_n", person=ALICE, entry="stop", created_at=1_001.0))
    assert world.inbox.stopped == ["ev_q"]


def test_who_may_not_ask_stops_nothing():
    world = World(policy=AccessPolicy(blocked_users={"ou_alice"}))
    run_elsewhere(world)

    world.bot.receive("ev_s", message("/stop", "om_s"))
    world.work()

    assert not world.inbox.stopped
    assert world.messenger.notices[0][1].kind == "access_blocked"


def test_who_may_not_ask_is_told_so_once_for_many_presses():
    world = World(policy=AccessPolicy(blocked_users={"ou_alice"}))

    for number in range(3):
        world.bot.press(MenuClick(event_id=f"ev_{number}", person=ALICE, entry="help"))
    world.work()

    assert len(world.messenger.notices) == 1


def test_a_suggested_command_is_about_what_the_command_itself_would_be(world):
    remember(world)
    world.bot.receive("ev_1", message("/retyr", "om_typo"))
    world.work()
    world.model.enqueue_text("Again")

    world.conversations.bound.insert(
        0, (world.conversations.bound[-1][0], SentMessages(("om_view",)))
    )
    world.click(message_id="om_view", value={"act": "run", "text": "/retry"})
    world.work()

    assert world.messenger.answers[0].text == "Again"


@pytest.mark.parametrize("text", ["/fail\u3000now", "/fail\tnow", "/fail \n now", "/fail  now "])
def test_a_command_ends_at_any_blank(text):
    called = Commands([Failing()]).read(text)

    assert isinstance(called, CommandCall)
    assert called.argument == "now"
