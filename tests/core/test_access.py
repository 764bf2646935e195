"""Which messages are for the bot, who may ask, and what admins decide about it."""

from __future__ import annotations

import pytest

from feishu_bot.core import days
from feishu_bot.core.access import (
    REFUSAL_SECONDS,
    AccessPolicy,
    Decision,
    RefusalThrottle,
    should_answer,
)
from feishu_bot.core.card_actions import CardAction, CardClick
from feishu_bot.core.cards import Buttons, Field, Text
from feishu_bot.core.commands.admin import AdminCommands
from feishu_bot.core.commands.forget import ForgetCommands
from feishu_bot.core.commands.registry import CommandCall, CommandContext, Commands, Question
from feishu_bot.core.conversations import Conversation, ConversationKey
from feishu_bot.core.messages import BotIdentity, Mention, Sender, SentMessages
from feishu_bot.core.people import ErasureReport
from feishu_bot.core.quotas import QuotaChecker
from tests.core.fakes import FakeConversations, FakeLedger, FakePeople, message
from tests.polling import Clock

NOON = 1_795_323_600.0
BOT = BotIdentity("cli_1", "ou_bot", "Bot")


@pytest.fixture
def conversations():
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


def test_a_flood_is_refused_once_a_minute_and_person(conversations):
    clock = Clock()
    refusals = RefusalThrottle(timer=clock)

    def is_due(message_id, person="ou_alice"):
        asked = message(message_id=message_id, sender=Sender(person))
        return refusals.is_due(asked, conversations, asked.message_id)

    assert [is_due("om_1"), is_due("om_2"), is_due("om_1")] == [True, False, True]
    assert is_due("om_3", "ou_bob")
    clock.tick(REFUSAL_SECONDS)
    assert [is_due("om_4"), is_due("om_5")] == [True, False]


def test_who_has_not_spoken_to_the_bot_is_not_told_anything(conversations):
    refusals = RefusalThrottle(timer=Clock())
    conversations.bind(ConversationKey("oc_1", "om_0"), SentMessages(("om_answer",)))

    def is_due(person, **changes):
        asked = message(chat_type="group", sender=Sender(person), **changes)
        return refusals.is_due(asked, conversations, asked.message_id)

    assert not is_due("ou_1")
    assert not is_due("ou_1", parent_id="om_other")
    assert is_due("ou_1", mentions_bot=True)
    assert is_due("ou_2", parent_id="om_answer")


# Blocking in the chat


class Names:
    def of(self, open_id):
        return {"ou_alice": "Alice"}.get(open_id, "")


@pytest.fixture
def admin(people):
    policy = AccessPolicy(admins=["ou_boss"], blocked_users=["ou_listed"])
    return AdminCommands(FakeLedger(), people, QuotaChecker(), policy, Names())


def request(argument, mentions=()):
    asked = message(argument, sender=Sender("ou_boss"), mentions=mentions)
    key = ConversationKey("oc_1", "om_1")
    return CommandContext(message=asked, key=key, argument=argument, language="zh", is_admin=True)


def click(value, *, is_admin=True):
    action = CardAction(
        event_id="ev", message_id="om_c", chat_id="oc_1", operator=ALICE, value=value
    )
    return CardClick(
        action=action, key=ConversationKey("oc_1", "om_1"), language="zh", is_admin=is_admin
    )


def first(view):
    return view.blocks[0].words


def test_a_person_is_blocked_by_mention_or_id_and_unblocked(admin, people):
    blocked = admin.block(request("@Alice", (Mention("ou_alice", "Alice"),)))
    admin.block(request("ou_bob please"))
    assert first(blocked) == Text("block_done", {"name": "Alice"})
    assert people.get("ou_alice").is_blocked
    assert people.get("ou_bob").is_blocked

    unblocked = admin.unblock(request("ou_alice"))

    assert first(unblocked) == Text("unblock_done", {"name": "Alice"})
    assert not people.get("ou_alice").is_blocked


def test_the_card_has_a_button_that_takes_it_back_for_admins_only(admin, people):
    (button,) = admin.block(request("ou_alice")).blocks[-1].buttons

    refused = admin.actions["unblock"](click(button.value, is_admin=False))
    assert refused.toast.notice.kind == "admins_only"
    assert people.get("ou_alice").is_blocked

    done = [admin.actions["unblock"](click(button.value)) for _ in range(2)]
    assert [clicked.view.colour for clicked in done] == ["green", "green"]
    assert not people.get("ou_alice").is_blocked


def test_an_admin_cannot_be_blocked(admin, people):
    assert admin.block(request("ou_boss")).kind == "block_admin"
    assert not people.get("ou_boss").is_blocked


@pytest.mark.parametrize("text", ["", "Alice", "ou_alice ou_bob"])
def test_one_person_must_be_named(admin, people, text):
    assert admin.block(request(text)).kind == "block_how"
    assert admin.unblock(request(text)).kind == "unblock_how"
    assert not people.stored


def test_who_is_blocked_by_the_settings_stays_so_and_the_card_says_it(admin):
    assert admin.unblock(request("ou_listed")).blocks[-1].words == Text("unblock_listed")


def test_questions_that_begin_like_admin_words_stay_questions(admin):
    commands = Commands([admin])

    assert commands.read("恢复 出厂设置怎么做") == Question("恢复 出厂设置怎么做")
    assert isinstance(commands.read("/恢复 ou_alice"), CommandCall)


# Forgetting


@pytest.fixture
def privacy(people):
    return ForgetCommands(people, clock=Clock(NOON))


def test_who_asks_to_be_forgotten_is_asked_back_and_told_what_went(privacy, people):
    yes, no = privacy.ask(request("")).blocks[-1].buttons
    assert not people.forgotten

    clicked = privacy.forget(click({**yes.value, "of": "ou_alice"}))

    assert people.forgotten == [("ou_alice", days.day_start(NOON))]
    assert clicked.toast.kind == "success"
    rows = [(b.name.kind, b.value) for b in clicked.view.blocks if isinstance(b, Field)]
    assert rows == [
        ("forget_turns", "2"),
        ("forget_usage", "3"),
        ("forget_feedback", "1"),
        ("forget_settings", "0"),
    ]
    assert not [b for b in clicked.view.blocks if isinstance(b, Buttons)]
    assert privacy.remember(click({**no.value, "of": "ou_alice"})).view.colour == "green"


def test_nobody_forgets_for_somebody_else(privacy, people):
    for act in (privacy.forget, privacy.remember):
        clicked = act(click({"of": "ou_bob"}))
        assert clicked.toast.notice.kind == "forget_not_yours"
        assert clicked.view is None

    assert not people.forgotten


def test_a_second_click_leaves_the_card_of_the_first(privacy, people):
    people.forget = lambda open_id, keep_usage_since: ErasureReport()

    clicked = privacy.forget(click({"of": "ou_alice"}))

    assert clicked.toast.notice.kind == "forget_nothing"
    assert clicked.view is None
