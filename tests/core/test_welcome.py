"""Greetings, to a group and to a person."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Buttons
from feishu_bot.core.commands.help import HelpCommands
from feishu_bot.core.commands.registry import Commands
from feishu_bot.core.commands.reset import ResetCommands
from feishu_bot.core.commands.welcome import Welcome
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.messages import ChatJoined
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import AskQuestion
from tests.builders import ALICE, BOB, TEXTS, BotWorld, message
from tests.core.card_parts import paragraphs
from tests.core.fakes import FakeConversations, FakeInbox, FakePeople


def join(world, event_id="ev_1", person=ALICE, chat_type="p2p", chat_id="oc_1"):
    """The bot is added to a group, or a person opens their chat with it."""
    world.bot.join(
        ChatJoined(event_id=event_id, chat_id=chat_id, chat_type=chat_type, person=person)
    )


def test_a_person_is_greeted_once_and_remembered():
    world = BotWorld()
    join(world)
    join(world, "ev_2")

    world.work()

    assert [card.title.key for _, card, _ in world.messenger.cards] == ["welcome_title"]
    assert world.people.get("ou_alice").private_chat == "oc_1"


def test_who_has_written_needs_no_greeting():
    world = BotWorld()
    world.model.enqueue_text("Hi")
    world.say()

    join(world, "ev_2")

    assert len(world.inbox.tasks) == 1


def test_a_group_message_tells_nothing_about_a_private_chat():
    world = BotWorld()
    world.model.enqueue_text("Hi")
    world.say(chat_type="group", mentions_bot=True)

    assert world.people.get("ou_alice").private_chat == ""


def test_a_group_is_greeted_at_each_event():
    world = BotWorld()
    for event_id in ("ev_1", "ev_2", "ev_2"):
        join(world, event_id, chat_type="group")

    world.work()

    assert len(world.messenger.cards) == 2


def test_a_blocked_person_gets_no_greeting():
    world = BotWorld(policy=AccessPolicy(blocked_users={"ou_alice"}))
    join(world)

    world.work()

    assert not world.messenger.cards
    assert world.messenger.notice_kinds == ["access_blocked"]


def test_a_greeting_opens_a_conversation_of_its_own():
    world = BotWorld(p2p_context="thread")
    join(world)

    world.work()

    assert world.conversations.key_of("om_card") == ConversationKey("oc_1", "om_card")


def test_in_a_running_private_chat_a_greeting_is_part_of_it():
    world = BotWorld()
    join(world)

    world.work()

    assert world.conversations.key_of("om_card") == ConversationKey("oc_1", "chat")


def kinds_of(card) -> list[str]:
    kinds = []
    for block in card.blocks:
        said_here = (
            [b.label for b in block.buttons] if isinstance(block, Buttons) else [block.words]
        )
        kinds += [words.key for words in said_here]
    return kinds


def test_the_welcome_says_how_to_ask_and_how_to_go_on_here():
    def card(all_messages: bool, chat_type: str = "group", missing: bool = False, **options):
        world = BotWorld(answers_all=all_messages, misses_messages=lambda: missing, **options)
        join(world, chat_type=chat_type)
        world.work()
        return kinds_of(world.messenger.last_card)

    rest = ["welcome_try", "welcome_example", "welcome_roles", "welcome_help"]
    group = ["go_on_in_group", *rest]
    assert card(all_messages=False) == ["welcome_group", *group]
    assert card(all_messages=True) == ["welcome_group_all", "go_on_without_mention", *rest]
    missing = ["welcome_group", *group, "welcome_scope_missing"]
    assert card(all_messages=True, missing=True) == missing
    # One reader has one language, and has to find the other one.
    private = [*rest, "button_lang"]
    assert card(True, "p2p") == ["welcome_private", "go_on_running", *private]
    by_reply = card(True, "p2p", p2p_context="thread")
    assert by_reply == ["welcome_private", "go_on_by_reply", *private]


@pytest.mark.parametrize(
    ("context", "chat_type", "words"),
    [
        ("chat", "p2p", "go_on_running"),
        ("thread", "p2p", "go_on_by_reply"),
        ("chat", "group", "go_on_in_group"),
        ("thread", "group", "go_on_in_group"),
    ],
)
def test_help_says_it_in_the_same_words(context, chat_type, words):
    world = BotWorld(p2p_context=context)

    assert words in paragraphs(world.run("/help", chat_type=chat_type))


def test_only_commands_that_are_there_are_offered():
    welcome = Welcome(
        Enqueuer(FakeInbox(), lambda: None),
        FakePeople(),
        example={"zh": "写", "en": "write"},
        is_running=True,
        answers_all=False,
    )
    commands = Commands([ResetCommands(FakeConversations()), HelpCommands(is_running=True)])

    card = welcome.card(ReplyTarget.of(message()), commands)

    assert kinds_of(card)[-2:] == ["welcome_example", "welcome_help"]


def test_the_example_is_asked_in_the_language_of_who_clicks_on_it():
    world = BotWorld()
    world.bind("om_card")
    world.people.set_language("ou_bob", "en")

    for operator, language in ((ALICE, "zh"), (BOB, "en")):
        response = world.click("example", operator=operator, event_id=f"ev_{language}")
        question = TEXTS[language]("welcome_example")
        assert response.toast.notice.params == {"command": question}
        assert world.inbox.tasks[-1].task == AskQuestion(text=question)
