"""What comes in, and what is done about it."""

from __future__ import annotations

import pytest

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import MAX_ATTEMPTS
from feishu_bot.core.messages import MenuClick
from feishu_bot.errors import FeishuUnavailable
from tests.builders import ALICE, KEY, TEXTS, BotWorld, job, message, turn


@pytest.fixture
def world():
    """A bot that has not been asked anything."""
    return BotWorld()


def test_a_message_is_stored_once_and_work_is_announced(world):
    world.bot.receive("ev_1", message())
    world.bot.receive("ev_2", message())

    assert [task.event_id for task in world.inbox.tasks] == ["ev_1"]
    assert len(world.notified) == 1


def test_a_message_for_others_is_not_stored(world):
    world.receive(chat_type="group")

    assert not world.inbox.tasks


def test_a_question_is_answered(world):
    world.model.enqueue_text("Hi")

    world.say()

    assert world.messenger.answers[0].ending.text == "Hi"


@pytest.mark.parametrize(
    ("kind", "text", "notice"),
    [("folder", "", "unsupported_message"), ("text", "  ", "empty_question")],
)
def test_what_cannot_be_answered_gets_a_friendly_sentence(world, kind, text, notice):
    world.say(text, kind=kind)

    assert world.messenger.notice_kinds == [notice]
    assert world.inbox.finished[1][0] == "noticed"


def test_a_notice_that_does_not_get_through_is_tried_again(world):
    world.receive(kind="sticker")
    world.messenger.failure = FeishuUnavailable("down")

    with pytest.raises(FeishuUnavailable):
        world.work()

    assert not world.inbox.finished


def test_a_recall_stops_the_answer_here_and_elsewhere(world):
    recalled = world.running.add(job())
    other = world.running.add(job(message(message_id="om_2"), id=2))

    world.bot.recall("om_1")

    assert world.inbox.stopped == ["om_1"]
    assert (recalled.stopped, other.stopped) == (True, False)


def test_continue_asks_the_model_to_go_on_in_the_same_conversation(world):
    world.people.meet("ou_alice", "oc_1")
    world.bind("om_answer")
    world.remember(turn(1))
    world.model.enqueue_text("More")

    response = world.click("continue", on="om_answer")
    world.work()

    assert response.toast.notice.kind == "continue_started"
    assert world.inbox.tasks[0].key == KEY
    assert world.model.last_messages[-1].content == TEXTS["zh"]("continue_prompt")


def test_two_clicks_on_continue_are_one(world):
    world.bind("om_answer")

    world.click("continue", on="om_answer")
    world.click("continue", on="om_answer", event_id="ev_other")

    assert len(world.inbox.tasks) == 1


def test_going_on_after_a_fresh_start_says_that_there_is_nothing(world):
    world.bind("om_answer")

    world.click("continue", on="om_answer")
    world.work()

    assert world.messenger.notice_kinds == ["continue_unknown"]


def test_a_click_on_a_forgotten_conversation_says_so(world):
    assert world.click("continue").toast.notice.kind == "conversation_unknown"


def test_a_click_that_means_nothing_says_so(world):
    world.bind("om_card")

    assert world.click("fly").toast.notice.kind == "action_unknown"
    assert world.deliver_click({}).toast.notice.kind == "button_outdated"


def test_a_private_chat_is_one_running_conversation(world):
    world.receive(message_id="om_1")
    world.receive(message_id="om_2")
    world.receive(message_id="om_3", chat_type="group", mentions_bot=True)

    assert [task.key.root for task in world.inbox.tasks] == ["chat", "chat", "om_3"]


def test_a_private_chat_can_be_one_conversation_for_each_that_is_begun():
    world = BotWorld(p2p_context="thread")

    world.receive(message_id="om_1")
    world.receive(message_id="om_2")

    assert [task.key.root for task in world.inbox.tasks] == ["om_1", "om_2"]


def test_a_reply_to_an_answer_from_before_the_chat_was_a_running_one_goes_on_from_there(world):
    world.bind("om_old", key=ConversationKey("oc_1", "om_first"))
    world.bind("om_elsewhere", key=ConversationKey("oc_2", "om_first"))

    for parent in ("om_old", "om_elsewhere", "om_unknown"):
        world.receive(message_id=f"{parent}?", parent_id=parent, root_id="om_first")

    assert [task.key.root for task in world.inbox.tasks] == ["om_first", "chat", "chat"]


@pytest.mark.parametrize("word", ["/new", "新话题"])
def test_a_new_topic_is_begun_by_name(world, word):
    world.say(word, "om_1")

    assert world.conversations.cleared == [ConversationKey("oc_1", "chat")]
    assert world.messenger.notice_kinds == ["new_topic"]


def test_a_job_that_failed_too_often_is_given_up_in_words(world):
    world.receive()

    world.work(attempt=MAX_ATTEMPTS + 1)

    assert world.messenger.answers[0].ending.notice.kind == "gave_up"


# The menu


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("new", "new"),
        ("/New", "new"),
        ("新话题", "new"),
        ("clear ", "clear"),
        ("help", "help"),
        ("unknown", "help"),
        ("", "help"),
    ],
)
def test_a_menu_entry_names_a_command_or_means_help(world, entry, name):
    assert world.bot.commands.of_menu(entry) == name


def test_a_menu_click_runs_once_in_the_chat_that_is_known(world):
    world.people.meet("ou_alice", "oc_private")
    for _ in range(2):
        world.bot.click_menu(MenuClick(event_id="ev_1", person=ALICE, entry="help"))

    world.work()

    assert len(world.messenger.cards) == 1
    assert world.inbox.tasks[0].target.chat_id == "oc_private"
    assert world.conversations.key_of("om_card") == ConversationKey("oc_private", "chat")


# What is heard because all messages of a group are


@pytest.mark.parametrize("changes", [{"text": "/deploy"}, {"kind": "sticker", "text": ""}])
def test_what_is_not_understood_among_people_is_left_alone(changes):
    world = BotWorld(answers_all=True)

    world.say(chat_type="group", **changes)

    assert not world.messenger.cards
    assert not world.messenger.notices
    assert world.inbox.finished[1][0] == "noticed"


def test_what_is_not_understood_is_said_to_who_named_the_bot():
    world = BotWorld(answers_all=True)

    world.say("/deploy", chat_type="group", mentions_bot=True)

    assert world.messenger.last_card.title.key == "misspelt_title"


# Clicks


@pytest.mark.parametrize(("chat_id", "chat_type"), [("oc_1", "p2p"), ("oc_2", None)])
def test_a_click_is_private_where_the_person_has_their_chat_with_the_bot(world, chat_id, chat_type):
    world.people.meet("ou_alice", "oc_1")
    world.bind("om_card", key=ConversationKey(chat_id, "om_0"))

    response = world.click("run", text="/help")

    assert response.for_many is (chat_type is None)
    assert world.inbox.tasks[0].target.chat_type == chat_type


def test_what_a_button_tells_of_its_chat_counts_where_that_is_not_known(world):
    world.bind("om_card")

    for number, chat in enumerate(("p2p", "group", "", "anything", 7)):
        world.click("run", text="/help", chat=chat, event_id=f"ev_{number}")

    told = [task.target.chat_type for task in world.inbox.tasks]
    assert told == ["p2p", "group", None, None, None]
