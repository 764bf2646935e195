"""/system and /roles."""

from __future__ import annotations

import pytest

from feishu_bot.core.cards import Collapsible, Field, Form, Select
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import AskQuestion
from tests.builders import KEY, BotWorld
from tests.core.card_parts import all_buttons, first, paragraphs

ONE_CHAT = ConversationKey("oc_1", "chat")


@pytest.fixture
def world():
    """A bot with a card to click on."""
    world = BotWorld()
    world.bind("om_card")
    return world


def test_a_role_begins_the_conversation_afresh_and_keeps_model_and_mode(world):
    world.conversations.save_settings(KEY, model="gpt-b", mode="warm")

    card = world.run("/system You are a pirate.")

    assert world.conversations.cleared == [KEY]
    stored = world.conversation()
    assert (stored.role, stored.model, stored.mode) == ("You are a pirate.", "gpt-b", "warm")
    assert card.colour == "indigo"
    assert "You are a pirate." in paragraphs(card)


def test_where_the_chat_is_one_conversation_no_reply_is_asked_for(world):
    assert "role_afresh_for_chat" in paragraphs(world.run("/system x", key=ONE_CHAT))
    assert "role_afresh_for_conversation" in paragraphs(world.run("/system x"))


def test_a_long_prompt_is_folded(world):
    card = world.run("/system " + "word " * 60)

    assert first(card, Collapsible).blocks[0].words.startswith("word word")


@pytest.mark.parametrize("prompt", ["多" * 500, "a" * 8_001])
def test_a_prompt_that_leaves_no_room_is_refused_and_nothing_changes(world, prompt):
    refused = world.run(f"角色扮演 {prompt}")

    assert isinstance(refused, Notice)
    assert refused.params["characters"] == str(len(prompt))
    assert not world.conversations.cleared
    toast = world.click("role_write", form={"prompt": prompt}).toast
    assert toast.notice.kind == "role_too_long"


def test_without_a_prompt_the_present_role_is_shown_with_a_form(world):
    world.run("/system You are a pirate.")

    card = world.run("/system")

    assert "You are a pirate." in paragraphs(card)
    assert first(card, Form).fields[0].is_long
    assert {"act": "role_reset"} in [button.value for button in all_buttons(card)]


def test_a_role_of_the_list_is_shown_by_its_title_in_the_readers_language(world):
    world.click("role_choose", form={"option": "poet"})
    world.people.set_language("ou_alice", "en")

    assert first(world.run("/roles"), Field).value == "poet-en"


def test_the_role_of_the_chat_is_shown_and_cannot_be_given_up_here(world):
    world.chats.save("oc_1", role="You are a clerk.")

    card = world.run("/system")

    assert "You are a clerk." in paragraphs(card)
    assert {"act": "role_reset"} not in [button.value for button in all_buttons(card)]


def test_a_written_role_is_set_and_an_empty_one_is_not(world):
    world.click("role_write", form={"prompt": "  You are a judge. "})
    assert world.conversation().role == "You are a judge."

    response = world.click("role_write", form={"prompt": " "})

    assert response.toast.notice.kind == "role_empty"
    assert world.conversation().role == "You are a judge."


def test_giving_the_role_up_begins_afresh_too(world):
    world.run("/system You are a pirate.")

    card = world.click("role_reset").card

    assert world.conversation().role == ""
    assert len(world.conversations.cleared) == 2
    assert "role_off" in paragraphs(card)


def test_the_way_from_category_to_role_to_example(world):
    categories = first(world.run("/roles"), Select)
    assert [option.value for option in categories.options] == ["写作", "生活"]

    roles = first(world.choose(categories, "写作").card, Select)
    assert [option.value for option in roles.options] == ["poet", "critic"]

    card = world.choose(roles, "poet", event_id="ev_chosen").card
    assert world.conversation().role == "You are a poet, in zh."
    example, *_ = all_buttons(card)
    assert example.label == "Example for a poet"

    responses = [world.click(**example.value, event_id=f"ev_{n}") for n in range(2)]

    assert [task.task for task in world.inbox.tasks] == [AskQuestion(text="Example for a poet")]
    kinds = [response.toast.notice.kind for response in responses]
    assert kinds == ["role_asked", "asked_before"]


def test_a_card_of_the_other_language_works(world):
    world.people.set_language("ou_alice", "en")

    roles = world.click("role_category", form={"option": "写作"}).card

    assert [option.label for option in first(roles, Select).options] == ["poet-en", "critic-en"]


def test_the_buttons_lead_back(world):
    card = world.click("role_choose", form={"option": "cook"}).card
    values = {button.value["act"]: button.value for button in all_buttons(card)}

    assert "role_example" not in values
    assert first(world.click(**values["role_category"]).card, Select).options[0].value == "cook"
    assert first(world.click(**values["role_categories"]).card, Select).options[0].value == "写作"


def test_a_role_that_is_gone_says_so(world):
    world.roles.gone.add("poet")
    responses = [
        world.click("role_choose", form={"option": "poet"}),
        world.click("role_example", role="poet", once="1"),
        world.click("role_category", form={"option": "nowhere"}),
    ]

    assert {response.toast.notice.kind for response in responses} == {"role_gone"}
    assert not world.conversation().role


def test_a_role_of_the_list_that_is_too_long_is_refused(world):
    world.roles.long = "多" * 600

    response = world.click("role_choose", form={"option": "critic"})

    assert response.toast.notice.kind == "role_too_long"
