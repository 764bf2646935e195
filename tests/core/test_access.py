"""Which messages are for the bot."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import Verdict, decide
from feishu_bot.core.models import BotIdentity, Conversation, Mention, Sender, Sent, ThreadKey
from tests.core.fakes import FakeConversations, message

BOT = BotIdentity("cli_1", "ou_bot", "Bot")


@pytest.fixture
def conversations():
    return FakeConversations()


def test_a_private_message_is_for_the_bot(conversations):
    assert decide(message(), BOT, conversations) is Verdict.ANSWER


def test_a_group_message_is_not_for_the_bot_unless_it_is_named(conversations):
    plain = message(chat_type="group")
    named = message(chat_type="group", mentions_bot=True, mentions=(Mention("ou_bob", "Bob"),))

    assert decide(plain, BOT, conversations) is Verdict.NOT_ADDRESSED
    assert decide(named, BOT, conversations) is Verdict.ANSWER


@pytest.mark.parametrize("sender", [Sender("ou_bot"), Sender("ou_other_bot", is_bot=True)])
def test_the_bot_does_not_answer_itself_or_other_bots(conversations, sender):
    assert decide(message(sender=sender), BOT, conversations) is Verdict.FROM_A_BOT


def test_a_reply_to_one_of_the_bots_messages_goes_on(conversations):
    conversations.bind(ThreadKey("oc_1", "om_0"), Sent(("om_answer",)))
    reply = message(chat_type="group", root_id="om_9", parent_id="om_answer")

    assert decide(reply, BOT, conversations) is Verdict.ANSWER


def test_a_message_in_a_thread_the_bot_has_answered_in_goes_on(conversations):
    key = ThreadKey("oc_1", "om_0")
    conversations.stored[key] = Conversation(key=key)
    inside = message(chat_type="group", root_id="om_0", parent_id="om_0", thread_id="omt_1")

    assert decide(inside, BOT, conversations) is Verdict.ANSWER


def test_a_message_in_such_a_thread_that_names_somebody_else_is_for_them(conversations):
    key = ThreadKey("oc_1", "om_0")
    conversations.stored[key] = Conversation(key=key)
    inside = message(chat_type="group", root_id="om_0", mentions=(Mention("ou_bob", "Bob"),))

    assert decide(inside, BOT, conversations) is Verdict.FOR_OTHERS


def test_a_reply_among_people_is_not_for_the_bot(conversations):
    reply = message(chat_type="group", root_id="om_8", parent_id="om_9")

    assert decide(reply, BOT, conversations) is Verdict.NOT_ADDRESSED
