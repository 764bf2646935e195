"""Which messages are for the bot, and who may ask."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import (
    REFUSAL_SECONDS,
    AccessPolicy,
    Decision,
    RefusalThrottle,
    should_answer,
)
from feishu_bot.core.conversations import Conversation, ConversationKey
from feishu_bot.core.messages import BotIdentity, Mention, Sender, SentMessages
from tests.builders import BotWorld, message
from tests.core.fakes import FakeConversations, FakePeople
from tests.polling import Clock

BOT = BotIdentity("cli_1", "ou_bot", "Bot")


@pytest.fixture
def conversations():
    """None, to begin with."""
    return FakeConversations()


def test_a_private_message_is_for_the_bot(conversations):
    assert should_answer(message(), BOT, conversations) is Decision.ANSWER


def test_a_group_message_is_not_for_the_bot_unless_it_is_named(conversations):
    plain = message(chat_type="group")
    named = message(chat_type="group", mentions_bot=True, mentions=(Mention("ou_bob", "Bob"),))

    assert should_answer(plain, BOT, conversations) is Decision.NOT_ADDRESSED
    assert should_answer(named, BOT, conversations) is Decision.ANSWER


@pytest.mark.parametrize("sender", [Sender("ou_bot"), Sender("ou_other_bot", is_bot=True)])
def test_the_bot_does_not_answer_itself_or_other_bots(conversations, sender):
    assert should_answer(message(sender=sender), BOT, conversations) is Decision.FROM_A_BOT


def test_a_reply_to_one_of_the_bots_messages_goes_on(conversations):
    conversations.bind(ConversationKey("oc_1", "om_0"), SentMessages(("om_answer",)))
    reply = message(chat_type="group", root_id="om_9", parent_id="om_answer")

    assert should_answer(reply, BOT, conversations) is Decision.ANSWER


def test_a_message_in_a_thread_the_bot_has_answered_in_goes_on(conversations):
    key = ConversationKey("oc_1", "om_0")
    conversations.stored[key] = Conversation(key=key)
    inside = message(chat_type="group", root_id="om_0", parent_id="om_0", thread_id="omt_1")

    assert should_answer(inside, BOT, conversations) is Decision.ANSWER


def test_a_message_in_such_a_thread_that_names_somebody_else_is_for_them(conversations):
    key = ConversationKey("oc_1", "om_0")
    conversations.stored[key] = Conversation(key=key)
    inside = message(chat_type="group", root_id="om_0", mentions=(Mention("ou_bob", "Bob"),))

    assert should_answer(inside, BOT, conversations) is Decision.FOR_OTHERS


def test_with_all_messages_those_that_name_others_or_everyone_are_theirs(conversations):
    def verdict(**changes):
        heard = message(chat_type="group", **changes)
        return should_answer(heard, BOT, conversations, answers_all=True)

    assert verdict() is Decision.ANSWER
    assert verdict(mentions=(Mention("ou_bob", "Bob"),)) is Decision.FOR_OTHERS
    assert verdict(mentions_all=True) is Decision.FOR_OTHERS
    assert verdict(mentions_all=True, mentions_bot=True) is Decision.ANSWER


def test_a_reply_among_people_is_not_for_the_bot(conversations):
    reply = message(chat_type="group", root_id="om_8", parent_id="om_9")

    assert should_answer(reply, BOT, conversations) is Decision.NOT_ADDRESSED


# Who may ask

ALICE, BOB = Sender("ou_alice", "u_alice", "on_alice"), Sender("ou_bob", "u_bob", "on_bob")


@pytest.fixture
def people():
    """Nobody that is known."""
    return FakePeople()


def refused(policy, people, sender=ALICE, group=""):
    refusal = policy.refusal(sender, people, group=group)
    return refusal.kind if refusal else ""


@pytest.mark.parametrize("name", ["ou_alice", "u_alice", "on_alice"])
def test_people_are_known_by_each_of_their_ids(people, name):
    assert refused(AccessPolicy(allowed_users=[name]), people) == ""
    assert refused(AccessPolicy(allowed_users=[name]), people, BOB) == "access_person"
    assert refused(AccessPolicy(blocked_users=[name]), people) == "access_blocked"
    assert refused(AccessPolicy(blocked_users=[name]), people, BOB) == ""


def test_an_id_that_is_not_known_is_on_no_list(people):
    assert refused(AccessPolicy(blocked_users=["ou_alice"]), people, Sender("ou_bob")) == ""
    assert (
        refused(AccessPolicy(allowed_users=["u_bob"]), people, Sender("ou_bob")) == "access_person"
    )


def test_a_list_of_groups_does_not_concern_private_chats(people):
    policy = AccessPolicy(allowed_chats=["oc_1"])

    assert refused(policy, people, group="oc_1") == ""
    assert refused(policy, people, group="oc_2") == "access_chat"
    assert refused(policy, people) == ""


def test_whoever_is_blocked_in_the_chat_may_not_ask(people):
    people.block("ou_alice", blocked=True)

    assert refused(AccessPolicy(), people) == "access_blocked"


def test_admins_may_always_ask(people):
    people.block("ou_alice", blocked=True)
    policy = AccessPolicy(
        admins=["on_alice"],
        allowed_users=["ou_bob"],
        blocked_users=["ou_alice"],
        allowed_chats=["oc_1"],
    )

    assert refused(policy, people, group="oc_2") == ""


def test_a_flood_is_refused_once_a_minute_and_person():
    clock = Clock()
    throttle = RefusalThrottle(timer=clock)

    def is_due(message_id, person="ou_alice"):
        return throttle.is_due(person, message_id)

    assert [is_due("om_1"), is_due("om_2"), is_due("om_1")] == [True, False, True]
    assert is_due("om_3", "ou_bob")
    clock.tick(REFUSAL_SECONDS)
    assert [is_due("om_4"), is_due("om_5")] == [True, False]


def test_who_has_not_spoken_to_the_bot_is_not_told_anything():
    world = BotWorld(policy=AccessPolicy(allowed_users=["ou_boss"]), answers_all=True)
    world.bind("om_answer", key=ConversationKey("oc_1", "om_0"))

    def is_told(person, message_id, **changes):
        told = len(world.messenger.notices)
        world.say("hi", message_id, chat_type="group", sender=Sender(person), **changes)
        return len(world.messenger.notices) > told

    assert not is_told("ou_1", "om_1")
    assert not is_told("ou_1", "om_2", parent_id="om_other")
    assert is_told("ou_1", "om_3", mentions_bot=True)
    assert is_told("ou_2", "om_4", parent_id="om_answer")
