"""/ai_mode, /model, /settings and /lang."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.card_actions import ClickResponse
from feishu_bot.core.cards import Field, Form, Select
from feishu_bot.core.commands.model import DEFAULT, MAX_MODELS
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.modes import AUTO, temperature
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import RunCommand
from feishu_bot.errors import ModelError
from tests.builders import ALICE, BOSS, KEY, BotWorld
from tests.core.card_parts import all_buttons, first, paragraphs

KEYS = (KEY, ConversationKey("oc_1", "chat"))


def world_with_card(**options) -> BotWorld:
    """A bot with a card to click on."""
    world = BotWorld(**options)
    world.bind("om_card")
    return world


def world_with_admin() -> BotWorld:
    """The same with an admin."""
    return world_with_card(policy=AccessPolicy(admins=[BOSS.open_id]))


def twice(world, act, **more) -> ClickResponse:
    """The response to the second of two clicks."""
    world.click(act, **more, event_id="ev_first")
    return world.click(act, **more)


@pytest.fixture
def world():
    """A bot without admins."""
    return world_with_card()


# Modes


def test_all_modes_can_be_chosen_and_none(world):
    select = first(world.run("AI模式"), Select)

    assert [temperature(option.value) for option in select.options] == [
        None,
        *(0.1, 0.4, 0.7, 1.0),
        *(0.1, 0.7, 1.2, 1.7),
    ]
    assert select.chosen == AUTO


@pytest.mark.parametrize("word", ["/ai_mode", "/mode", "发散模式", "ai模式", "AI模式"])
def test_the_modes_have_the_names_of_both_generations(world, word):
    assert world.bot.commands.parse(word) == RunCommand(name="mode")


def test_a_chosen_mode_is_stored_and_shown(world):
    card = twice(world, "mode_set", form={"option": "creative"}).card

    assert world.conversation().mode == "creative"
    assert first(card, Field).value.params == {"mode": "creative", "temperature": "1.0"}
    assert first(card, Select).chosen == "creative"


def test_a_mode_can_be_named_at_once(world):
    world.run("/mode Divergent")

    assert world.conversation().mode == "divergent"


def test_leaving_it_to_the_model_holds_against_the_chats_mode(world):
    world.chats.save("oc_1", mode="warm")
    world.click("mode_set", form={"option": AUTO})

    assert first(world.run("/mode"), Field).value.key == "mode_auto"


def test_a_mode_that_is_no_more_is_not_stored(world):
    response = world.click("mode_set", form={"option": "wild"})

    assert response.toast.notice.kind == "mode_unknown"
    assert world.conversation().mode == ""


# Models


def test_the_list_begins_with_the_default(world):
    select = first(world.run("/model"), Select)

    assert [option.value for option in select.options] == [DEFAULT, "gpt-a", "gpt-b", "deepseek-c"]
    assert select.options[0].label.params == {"model": "gpt-a"}
    assert select.chosen == DEFAULT


def test_a_model_is_chosen_by_a_click_and_given_up_by_another(world):
    card = world.click("model_set", form={"option": "gpt-b"}).card
    assert world.conversation().model == "gpt-b"
    assert first(card, Field).value == "gpt-b"

    world.click("model_set", form={"option": DEFAULT})

    assert world.conversation().model == ""


def test_a_model_is_chosen_by_its_name(world):
    world.run("/model GPT-B")

    assert world.conversation().model == "gpt-b"


def test_an_unknown_name_comes_with_the_nearest(world):
    card = world.run("/model deepsek")

    assert card.colour == "orange"
    assert all_buttons(card)[0].label == "deepseek-c"
    world.click(**all_buttons(card)[0].value)
    assert world.conversation().model == "deepseek-c"


def test_a_name_that_is_like_no_other_offers_the_list(world):
    (button,) = all_buttons(world.run("/model zzzzzz"))

    assert button.value["text"] == "/model"


def test_a_gateway_that_cannot_be_asked_gets_its_notice(world):
    world.models.failure = ModelError("gateway_unreachable", request_id="r1")

    assert world.run("/model") == Notice("gateway_unreachable", {"request_id": "r1"})


def test_a_long_list_is_cut_and_says_so(world):
    world.models.names = tuple(f"m{number}" for number in range(200))
    world.run("/model m150")

    card = world.run("/model")

    select = first(card, Select)
    assert len(select.options) == MAX_MODELS + 1
    assert select.options[1].value == "m150"
    assert "model_more" in paragraphs(card)


def test_a_gateway_without_models_says_so(world):
    world.models.names = ()
    world.models.default = lambda: ""

    assert "model_none" in paragraphs(world.run("/model"))


def test_a_model_that_may_not_be_chosen_is_not_stored(world):
    response = world.click("model_set", form={"option": "secret"})

    assert response.toast.notice.kind == "model_gone"
    assert world.conversation().model == ""


# Settings


def fields(card):
    return {field.name: field for field in first(card, Form).fields}


def submit(card):
    return first(card, Form).submit.value


def test_the_settings_of_a_conversation_are_a_form(world):
    world.conversations.save_settings(
        KEY, model="gpt-b", role="You are a poet, in en.", mode="warm"
    )
    world.people.set_language("ou_alice", "en")

    shown = {name: field.chosen for name, field in fields(world.run("/settings")).items()}

    assert shown == {"model": "gpt-b", "role": "poet", "mode": "warm", "language": "en"}


def test_only_what_was_changed_is_stored(world):
    card = world.run("/settings")
    world.conversations.save_settings(KEY, mode="warm")

    response = world.click(
        **submit(card),
        form={"model": "gpt-b", "role": "cook", "mode": DEFAULT, "language": "en"},
    )

    assert (world.conversation().model, world.conversation().mode) == ("gpt-b", "warm")
    assert world.conversation().role == "You are a cook, in zh."
    assert world.people.get("ou_alice").language == "en"
    assert not world.conversations.cleared
    assert response.toast.notice.kind == "settings_saved"
    rows = {row.name.key: row.value for row in response.card.blocks if isinstance(row, Field)}
    assert rows["settings_model"] == "gpt-b"
    assert rows["settings_role"] == "cook-zh"
    assert rows["settings_mode"].params["mode"] == "warm"
    assert rows["settings_language"] == "English"


def test_the_settings_of_a_chat_hold_for_all_of_it(world):
    group = {"chat_type": "group"}
    card = world.run("/settings chat", **group)
    assert set(fields(card)) == {"model", "role", "mode", "thread", "language"}
    chosen = {"model": "gpt-b", "mode": "creative", "thread": "never", "language": "en"}

    response = twice(world, **submit(card), form=chosen | {"role": DEFAULT})

    stored = world.chats.settings("oc_1")
    assert (stored.model, stored.mode, stored.role) == ("gpt-b", "creative", "")
    assert (stored.reply_in_thread, stored.language) == ("never", "en")
    assert not world.conversation().model
    rows = {row.name.key: row.value for row in response.card.blocks if isinstance(row, Field)}
    assert rows["settings_thread"].key == "thread_never"
    other = ConversationKey("oc_1", "om_other")
    again = fields(world.run("设置", key=other, **group))
    assert again["model"].chosen == DEFAULT
    assert again["model"].options[0].label.params == {"model": "gpt-b"}


def test_in_a_private_chat_there_is_one_form_for_all_of_it(world):
    world.people.meet("ou_alice", "oc_1")
    world.conversations.save_settings(KEY, mode="warm")
    world.chats.save("oc_1", model="gpt-b")

    cards = [world.run(text, key=key) for text in ("/settings", "/settings chat") for key in KEYS]

    assert all(not all_buttons(card) for card in cards)
    shown = {name: field.chosen for name, field in fields(cards[0]).items()}
    assert shown == {
        "model": "gpt-b",
        "role": DEFAULT,
        "mode": "warm",
        "thread": DEFAULT,
        "language": DEFAULT,
    }
    chosen = {"model": DEFAULT, "role": "cook", "mode": "strict", "thread": "always"}
    response = world.click(**submit(cards[0]), form=chosen | {"language": "en"})

    stored = world.chats.settings("oc_1")
    assert (stored.model, stored.role, stored.mode) == ("", "You are a cook, in zh.", "strict")
    assert (stored.reply_in_thread, stored.language) == ("always", "")
    assert world.people.get("ou_alice").language == "en"
    # What an older version kept with the conversation gives way to the newer choice.
    assert world.conversation().mode == ""
    assert "chosen_for_chat" in paragraphs(response.card)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("/model gpt-b", "model", "gpt-b"),
        ("/mode warm", "mode", "warm"),
        ("/system x", "role", "x"),
    ],
)
def test_a_choice_holds_for_a_private_chat_and_in_a_group_for_the_conversation(text, name, value):
    private, group = BotWorld(), BotWorld()
    private.people.meet("ou_alice", "oc_1")

    said = [paragraphs(private.run(text)), paragraphs(group.run(text, chat_type="group"))]

    assert getattr(private.chats.settings("oc_1"), name) == value
    assert getattr(private.conversation(), name) == ""
    assert getattr(group.conversation(), name) == value
    assert getattr(group.chats.settings("oc_1"), name) == ""
    words = [
        [key for key in keys if str(key).endswith(("for_chat", "for_conversation"))]
        for keys in said
    ]
    beginning = "role_afresh" if name == "role" else "chosen"
    assert words == [[f"{beginning}_for_chat"], [f"{beginning}_for_conversation"]]


def test_a_click_that_pretends_to_be_private_does_not_choose_for_a_group(world):
    world.people.meet("ou_alice", "oc_private")

    world.click(
        "settings_save", scope="private", chat="p2p", was={"mode": "-"}, form={"mode": "warm"}
    )
    world.click("model_set", chat="p2p", form={"option": "gpt-b"})

    assert not world.chats.stored
    assert (world.conversation().mode, world.conversation().model) == ("warm", "gpt-b")


def test_going_back_to_the_default_is_a_change(world):
    world.chats.save("oc_1", model="gpt-b", language="en")

    world.click(**submit(world.run("/settings chat")), form={"model": DEFAULT, "language": DEFAULT})

    assert world.chats.settings("oc_1").model == world.chats.settings("oc_1").language == ""


def test_a_prompt_of_somebodys_own_is_kept_unless_it_is_changed(world):
    world.run("/system You are a pirate.")
    card = world.run("/settings")
    role = fields(card)["role"]

    world.click(**submit(card), form={"role": role.chosen, "mode": "warm"})

    assert role.options[1].label.key == "role_own"
    assert world.conversation().role == "You are a pirate."


def test_an_unchanged_form_says_so_and_stores_nothing(world):
    response = world.click(**submit(world.run("/settings")), form={"mode": DEFAULT})

    assert response.toast.notice.kind == "settings_same"
    assert not world.conversations.stored


@pytest.mark.parametrize(
    ("form", "toast"), [({"model": "secret"}, "model_gone"), ({"role": "nobody"}, "role_gone")]
)
def test_what_is_gone_meanwhile_is_not_stored(world, form, toast):
    response = world.click(**submit(world.run("/settings")), form=form | {"mode": "warm"})

    assert response.toast.notice.kind == toast
    assert world.conversation().mode == ""


def test_without_a_list_of_models_the_rest_can_be_set(world):
    world.models.failure = ModelError("gateway_unreachable")

    card = world.run("/settings")

    assert "model" not in fields(card)
    assert "settings_no_models" in paragraphs(card)
    world.click(**submit(card), form={"mode": "warm"})
    assert world.conversation().mode == "warm"


def test_in_a_group_with_admins_only_they_change_the_chats_settings():
    world = world_with_admin()
    group = {"chat_type": "group"}

    assert world.run("/settings chat", **group).kind == "settings_admins"
    assert not all_buttons(world.run("/settings", **group))
    card = world.run("/settings chat", sender=BOSS, **group)
    refused = world.click(**submit(card), form={"mode": "warm", "chat": "p2p", "scope": "talk"})
    assert refused.toast.notice.kind == "settings_admins"
    assert world.chats.settings("oc_1").mode == ""

    world.click(**submit(card), form={"mode": "warm"}, operator=BOSS)

    assert world.chats.settings("oc_1").mode == "warm"


def test_in_a_private_chat_and_without_admins_everyone_may():
    private, free = world_with_admin(), world_with_card()
    private.people.meet(ALICE.open_id, "oc_1")

    for world, chat_type in ((private, "p2p"), (free, "group")):
        card = world.run("/settings chat", chat_type=chat_type)
        world.click(**submit(card), form={"mode": "warm"})
        assert world.chats.settings("oc_1").mode == "warm"


def test_a_clicked_command_counts_as_private_only_if_its_button_tells():
    world = world_with_admin()

    for chat in ("", "p2p"):
        world.click("run", text="/settings chat", chat=chat, event_id=f"ev_{chat}")
    world.work()

    assert world.messenger.notice_kinds == ["settings_admins"]
    assert fields(world.messenger.last_card)


# Languages


@pytest.mark.parametrize("text", ["/lang en", "/lang English", "/语言 英文"])
def test_a_language_can_be_named_at_once(world, text):
    card = world.run(text)

    assert world.people.get("ou_alice").language == "en"
    assert paragraphs(card) == ["lang_done"]


def test_a_language_is_chosen_by_a_click():
    world = world_with_card(language="en")
    card = world.run("语言")
    zh, en = all_buttons(card)
    assert (zh.style, en.style) == ("default", "primary")

    response = twice(world, **zh.value)

    assert world.people.get("ou_alice").language == "zh"
    assert all_buttons(response.card)[0].style == "primary"
    assert response.toast.notice.kind == "lang_done"


def test_a_language_that_is_not_spoken_is_not_stored(world):
    assert paragraphs(world.run("/lang fr")) == ["lang_unknown"]
    assert world.click("lang_set", language="fr").toast.notice.kind == "lang_unknown"
    assert not world.people.stored


@pytest.mark.parametrize("private_chat", ["", "oc_home"])
def test_a_forged_click_does_not_change_a_groups_settings(private_chat):
    world = world_with_admin()
    if private_chat:
        world.people.meet(ALICE.open_id, private_chat)

    response = world.click(
        "settings_save", scope="chat", chat="p2p", was={"mode": "-"}, form={"mode": "warm"}
    )

    assert response.toast.notice.kind == "settings_admins"
    assert world.chats.settings("oc_1").mode == ""
