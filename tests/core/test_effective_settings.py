"""Which of several settings is in force."""

from __future__ import annotations

import pytest

from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.modes import temperature
from tests.builders import KEY, BotWorld, turn
from tests.core.fakes import FakeChats, FakeConversations, FakePeople


@pytest.fixture
def stores():
    """Where settings are stored: of conversations, chats and people."""
    return FakeConversations(), FakeChats(), FakePeople()


@pytest.fixture
def settings(stores):
    """The settings of a bot that speaks Chinese."""
    conversations, chats, people = stores
    return EffectiveSettings("zh", conversations=conversations, chats=chats, people=people)


@pytest.mark.parametrize("name", ["role", "model", "mode"])
@pytest.mark.parametrize(
    ("own", "chats", "in_force"),
    [
        ("", "", ""),
        ("", "the chat's", "the chat's"),
        ("its own", "", "its own"),
        ("its own", "the chat's", "its own"),
    ],
)
def test_a_conversations_setting_beats_its_chats(name, own, chats, in_force):
    conversations, chat_store = FakeConversations(), FakeChats()
    settings = EffectiveSettings(
        "zh", conversations=conversations, chats=chat_store, people=FakePeople()
    )
    conversations.save_settings(KEY, **{name: own})
    chat_store.save(KEY.chat_id, **{name: chats})

    assert getattr(settings.of(KEY), name) == in_force
    assert getattr(settings.load(KEY), name) == in_force
    # Each as it is stored, too.
    assert getattr(settings.of(KEY).conversation, name) == own
    assert getattr(settings.of(KEY).chat, name) == chats


def test_the_settings_of_another_chat_do_not_count(stores, settings):
    _, chats, _ = stores
    chats.save("oc_other", role="x", model="x", mode="x", language="en")

    layers = settings.of(KEY)

    assert (layers.role, layers.model, layers.mode) == ("", "", "")
    assert settings.language("ou_alice", KEY.chat_id) == "zh"


@pytest.mark.parametrize(
    ("persons", "chats", "in_force"),
    [("", "", "zh"), ("", "en", "en"), ("en", "", "en"), ("zh", "en", "zh"), ("en", "zh", "en")],
)
def test_a_persons_language_beats_the_chats_and_that_the_bots(
    stores, settings, persons, chats, in_force
):
    _, chat_store, people = stores
    people.set_language("ou_alice", persons)
    chat_store.save("oc_1", language=chats)

    assert settings.language("ou_alice", "oc_1") == in_force


def test_without_a_person_or_a_chat_the_other_counts(stores, settings):
    _, chats, people = stores
    people.set_language("ou_alice", "en")
    chats.save("oc_1", language="en")

    assert settings.language("", "oc_1") == "en"
    assert settings.language("ou_alice", "") == "en"
    assert settings.language("", "") == "zh"


@pytest.mark.parametrize("layer", ["conversation", "chat", "bot"])
def test_a_question_is_asked_with_the_settings_in_force(layer):
    world = BotWorld(system_prompt="the bot's")
    world.remember(turn(1))
    if layer != "bot":
        world.chats.save("oc_1", role="the chat's", model="gpt-chat", mode="warm")
    if layer == "conversation":
        world.conversations.save_settings(KEY, role="its own", model="gpt-own", mode="divergent")
    world.model.enqueue_text("Hi")

    world.say(root_id=KEY.root, parent_id="om_a1")

    prompt = world.model.prompts[0]
    role, model, mode = {
        "conversation": ("its own", "gpt-own", "divergent"),
        "chat": ("the chat's", "gpt-chat", "warm"),
        "bot": ("the bot's", "", ""),
    }[layer]
    assert prompt.messages[0].content == role
    assert (prompt.model, prompt.temperature) == (model, temperature(mode))
