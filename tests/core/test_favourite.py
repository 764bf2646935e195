"""A person's favourite model: where it answers, and how it is chosen."""

from __future__ import annotations

import pytest

from feishu_bot.core.cards import Button
from feishu_bot.core.messages import SentMessages
from feishu_bot.errors import ModelError
from tests.builders import ALICE, BOB, KEY, BotWorld, turn
from tests.core.card_parts import all_buttons, field_rows, kind_of


@pytest.fixture
def world():
    """A bot in Alice's private chat."""
    world = BotWorld(p2p_context="thread")
    world.people.meet(ALICE.open_id, "oc_1")
    world.bind("om_card")
    return world


def asked_with(world: BotWorld, **asked) -> str:
    """The model that a question goes to."""
    number = len(world.model.prompts)
    world.model.enqueue_text("yes")
    world.say("hello", f"om_say{number}", **asked)
    return world.model.prompts[-1].model


def button(card, label: str) -> Button:
    return next(one for one in all_buttons(card) if kind_of(one.label) == label)


@pytest.mark.parametrize(
    "text", ["/model 常用 gpt-b", "/model favourite GPT-B", "模型 mine gpt-b", "/模型 常用  gpt-b"]
)
def test_it_is_named_with_the_command(world, text):
    if text.startswith("模型"):
        text = f"/{text}"

    card = world.run(text)

    assert world.people.get(ALICE.open_id).favourite == "gpt-b"
    assert not world.conversation().model
    assert ("favourite_now", "gpt-b", {}) in field_rows(card)


def test_it_answers_wherever_its_person_asks(world):
    world.people.set_favourite(ALICE.open_id, "gpt-b")

    assert asked_with(world) == "gpt-b"
    assert asked_with(world, chat_id="oc_2", chat_type="group", mentions_bot=True) == "gpt-b"
    others = {"sender": BOB, "chat_id": "oc_2", "chat_type": "group", "mentions_bot": True}
    assert asked_with(world, **others) == ""


def test_what_the_chat_or_the_conversation_has_chosen_comes_first(world):
    world.people.set_favourite(ALICE.open_id, "gpt-b")
    world.chats.save("oc_1", model="deepseek-c")
    assert asked_with(world) == "deepseek-c"

    world.chats.save("oc_1", model="")
    world.conversations.save_settings(KEY, model="gpt-a")
    assert asked_with(world, root_id="om_1") == "gpt-a"


def test_one_that_is_not_allowed_any_more_is_replaced_and_that_is_said(world):
    world.people.set_favourite(ALICE.open_id, "gone-model")

    assert asked_with(world) == ""
    ending = world.messenger.answers[-1].ending
    assert [(one.kind, one.params) for one in ending.asides] == [
        ("favourite_gone", {"model": "gone-model"})
    ]


def test_one_that_the_gateway_has_no_more_is_replaced_and_that_is_said(world):
    world.people.set_favourite(ALICE.open_id, "gpt-b")
    world.model.enqueue(ModelError("model_unavailable"))

    assert asked_with(world) == ""
    assert [prompt.model for prompt in world.model.prompts] == ["gpt-b", ""]
    assert [one.kind for one in world.messenger.answers[-1].ending.asides] == ["favourite_gone"]


def test_a_model_that_was_chosen_for_the_conversation_is_not_replaced(world):
    world.people.set_favourite(ALICE.open_id, "gpt-b")
    world.conversations.save_settings(KEY, model="gpt-b")
    world.model.enqueue(ModelError("model_unavailable"))
    world.say("hello", "om_say", root_id="om_1")

    assert len(world.model.prompts) == 1
    assert world.messenger.answers[-1].ending.notice.kind == "model_unavailable"


def test_one_more_try_with_another_model_is_with_that_one(world):
    world.people.set_favourite(ALICE.open_id, "gpt-b")
    world.remember(turn(1))
    world.model.enqueue_text("yes")
    world.click("regenerate", on="om_a1", card="om_a1", option="deepseek-c")
    world.work()

    assert world.model.prompts[-1].model == "deepseek-c"


def test_it_is_set_and_dropped_by_buttons_in_the_private_chat(world):
    card = world.run("/model gpt-b")
    response = world.click(**button(card, "button_favourite_set").value)

    assert world.people.get(ALICE.open_id).favourite == "gpt-b"
    assert response.toast.notice.params == {"model": "gpt-b"}
    assert ("favourite_now", "gpt-b", {}) in field_rows(world.run("/model"))
    world.click(**button(response.card, "button_favourite_drop").value)
    assert world.people.get(ALICE.open_id).favourite == ""


def test_in_a_group_the_card_tells_nobodys_favourite(world):
    world.people.set_favourite(ALICE.open_id, "gpt-b")
    world.conversations.bound.append((KEY.__class__("oc_2", "om_2"), SentMessages(("om_c2",))))

    card = world.run("/model gpt-a", chat_id="oc_2", chat_type="group")
    assert "favourite_now" not in [row[0] for row in field_rows(card)]

    response = world.click(**button(card, "button_favourite_set").value, on="om_c2")
    assert response.card is None
    assert world.people.get(ALICE.open_id).favourite == "gpt-a"


@pytest.mark.parametrize("option", ["", "no-such-model", "x" * 5_000])
def test_a_forged_click_stores_nothing(world, option):
    assert world.click("favourite_set", option=option).toast.severity == "warning"
    assert world.people.get(ALICE.open_id).favourite == ""


def test_an_unknown_name_is_answered_with_those_like_it(world):
    card = world.run("/model 常用 gpt")

    assert {b.value["act"] for b in all_buttons(card)} == {"favourite_set"}
    assert world.people.get(ALICE.open_id).favourite == ""


@pytest.mark.parametrize("word", ["默认", "none", "-", "OFF"])
def test_it_is_given_up_by_a_word(world, word):
    world.people.set_favourite(ALICE.open_id, "gpt-b")

    world.run(f"/model 常用 {word}")

    assert world.people.get(ALICE.open_id).favourite == ""


def test_settings_name_it_as_the_default(world):
    world.people.set_favourite(ALICE.open_id, "gpt-b")

    card = world.run("/settings")

    select = next(f for b in card.blocks for f in getattr(b, "fields", ()) if f.name == "model")
    assert select.options[0].label.params == {"model": "gpt-b"}
