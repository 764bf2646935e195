"""What can be chosen: role, mode, model, settings, language."""

from __future__ import annotations

import pytest

from feishu_bot.core.card_actions import CardAction, CardClick
from feishu_bot.core.cards import Buttons, Collapsible, Field, Form, Paragraph, Select
from feishu_bot.core.commands.lang import LangCommands
from feishu_bot.core.commands.mode import ModeCommands
from feishu_bot.core.commands.model import MAX_MODELS, ModelCommands
from feishu_bot.core.commands.registry import CommandContext, Commands
from feishu_bot.core.commands.roles import RoleCommands
from feishu_bot.core.commands.setting_options import DEFAULT
from feishu_bot.core.commands.settings import SettingsCommands
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.modes import AUTO, temperature
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.errors import ModelError
from tests.core.fakes import (
    ALICE,
    FakeChats,
    FakeConversations,
    FakeInbox,
    FakeModels,
    FakePeople,
    FakeRoles,
    message,
)

KEY = ConversationKey("oc_1", "om_1")
ONE_CHAT = ConversationKey("oc_1", "chat")


class Desk:
    """All families on fakes, and what a person does with them."""

    def __init__(self, *, has_admins: bool = False) -> None:
        self.inbox = FakeInbox()
        self.conversations = FakeConversations()
        self.chats = FakeChats()
        self.people = FakePeople()
        self.models = FakeModels()
        self.roles = FakeRoles()
        self.commands = Commands(
            [
                RoleCommands(
                    self.roles,
                    self.conversations,
                    self.chats,
                    Enqueuer(self.inbox),
                    context_tokens=1000,
                ),
                ModeCommands(self.conversations, self.chats),
                ModelCommands(self.models, self.conversations, self.chats),
                SettingsCommands(
                    conversations=self.conversations,
                    chats=self.chats,
                    people=self.people,
                    models=self.models,
                    roles=self.roles,
                    has_admins=has_admins,
                ),
                LangCommands(self.people),
            ]
        )

    def say(self, text, key=KEY, *, language="zh", is_admin=False, **changes):
        called = self.commands.read(text)
        request = CommandContext(
            message=message(text, **changes),
            key=key,
            argument=called.argument,
            language=language,
            is_admin=is_admin,
        )
        return called.command.run(request)

    def press(self, value, *, option="", form=None, language="zh", is_admin=False, times=1):
        for number in range(times):
            action = CardAction(
                event_id=f"ev_{number}",
                message_id="om_card",
                chat_id="oc_1",
                operator=ALICE,
                value=value,
                form=form or ({"option": option} if option else {}),
            )
            click = CardClick(action=action, key=KEY, language=language, is_admin=is_admin)
            clicked = self.commands.actions[value["act"]](click)
        return clicked

    @property
    def talk(self):
        return self.conversations.load(KEY)


@pytest.fixture
def desk():
    return Desk()


def of(view, kind):
    return next(block for block in view.blocks if isinstance(block, kind))


def buttons(view):
    return [
        button for block in view.blocks if isinstance(block, Buttons) for button in block.buttons
    ]


def said(view):
    return {getattr(b.words, "kind", b.words) for b in view.blocks if isinstance(b, Paragraph)}


# Roles


def test_a_role_begins_the_conversation_afresh_and_keeps_model_and_mode(desk):
    desk.conversations.save_settings(KEY, model="gpt-b", mode="warm")

    view = desk.say("/system You are a pirate.")

    assert desk.conversations.cleared == [KEY]
    assert (desk.talk.role, desk.talk.model, desk.talk.mode) == (
        "You are a pirate.",
        "gpt-b",
        "warm",
    )
    assert view.colour == "indigo"
    assert "You are a pirate." in said(view)


def test_where_the_chat_is_one_conversation_no_reply_is_asked_for(desk):
    assert "role_afresh_here" in said(desk.say("/system x", ONE_CHAT))
    assert "role_afresh_reply" in said(desk.say("/system x"))


def test_a_long_prompt_is_folded(desk):
    view = desk.say("/system " + "word " * 60)

    assert of(view, Collapsible).blocks[0].words.startswith("word word")


@pytest.mark.parametrize("prompt", ["多" * 500, "a" * 8_001])
def test_a_prompt_that_leaves_no_room_is_refused_and_nothing_changes(desk, prompt):
    refused = desk.say(f"角色扮演 {prompt}")

    assert isinstance(refused, Notice)
    assert refused.params["characters"] == str(len(prompt))
    assert not desk.conversations.cleared
    toast = desk.press({"act": "role_write"}, form={"prompt": prompt}).toast
    assert toast.notice.kind == "role_too_long"


def test_without_a_prompt_the_present_role_is_shown_with_a_form(desk):
    desk.say("/system You are a pirate.")

    view = desk.say("/system")

    assert "You are a pirate." in said(view)
    assert of(view, Form).fields[0].is_long
    assert {"act": "role_reset"} in [button.value for button in buttons(view)]


def test_a_role_of_the_list_is_shown_by_its_title_in_the_readers_language(desk):
    desk.press({"act": "role_choose"}, option="poet", language="zh")

    assert of(desk.say("/roles", language="en"), Field).value == "poet-en"


def test_the_role_of_the_chat_is_shown_and_cannot_be_given_up_here(desk):
    desk.chats.save("oc_1", role="You are a clerk.")

    view = desk.say("/system")

    assert "You are a clerk." in said(view)
    assert {"act": "role_reset"} not in [button.value for button in buttons(view)]


def test_a_written_role_is_set_and_an_empty_one_is_not(desk):
    desk.press({"act": "role_write"}, form={"prompt": "  You are a judge. "})
    assert desk.talk.role == "You are a judge."

    clicked = desk.press({"act": "role_write"}, form={"prompt": " "})

    assert clicked.toast.notice.kind == "role_empty"
    assert desk.talk.role == "You are a judge."


def test_giving_the_role_up_begins_afresh_too(desk):
    desk.say("/system You are a pirate.")

    view = desk.press({"act": "role_reset"}).view

    assert desk.talk.role == ""
    assert len(desk.conversations.cleared) == 2
    assert "role_off" in said(view)


def test_the_way_from_category_to_role_to_example(desk):
    categories = of(desk.say("/roles"), Select)
    assert [option.value for option in categories.options] == ["写作", "生活"]

    roles = of(desk.press(categories.value, option="写作").view, Select)
    assert [option.value for option in roles.options] == ["poet", "critic"]

    card = desk.press(roles.value, option="poet").view
    assert desk.talk.role == "You are a poet, in zh."
    example, *_ = buttons(card)
    assert example.label == "Example for a poet"

    first = desk.press(example.value)
    again = desk.press(example.value)

    assert [event.message.text for event in desk.inbox.events] == ["Example for a poet"]
    assert (first.toast.notice.kind, again.toast.notice.kind) == (
        "role_asked",
        "role_asked_before",
    )


def test_a_card_of_the_other_language_works(desk):
    roles = desk.press({"act": "role_category"}, option="写作", language="en").view

    assert [option.label for option in of(roles, Select).options] == ["poet-en", "critic-en"]


def test_the_buttons_lead_back(desk):
    card = desk.press({"act": "role_choose"}, option="cook").view
    values = {button.value["act"]: button.value for button in buttons(card)}

    assert "role_example" not in values
    assert of(desk.press(values["role_category"]).view, Select).options[0].value == "cook"
    assert of(desk.press(values["role_categories"]).view, Select).options[0].value == "写作"


def test_a_role_that_is_gone_says_so(desk):
    desk.roles.gone.add("poet")
    pressed = [
        desk.press({"act": "role_choose"}, option="poet"),
        desk.press({"act": "role_example", "role": "poet", "once": "1"}),
        desk.press({"act": "role_category"}, option="nowhere"),
    ]

    assert {clicked.toast.notice.kind for clicked in pressed} == {"role_gone"}
    assert not desk.talk.role


def test_a_role_of_the_list_that_is_too_long_is_refused(desk):
    desk.roles.long = "多" * 600

    clicked = desk.press({"act": "role_choose"}, option="critic")

    assert clicked.toast.notice.kind == "role_too_long"


# Modes


def test_all_modes_can_be_chosen_and_none(desk):
    select = of(desk.say("AI模式"), Select)

    assert [temperature(option.value) for option in select.options] == [
        None,
        *(0.1, 0.4, 0.7, 1.0),
        *(0.1, 0.7, 1.2, 1.7),
    ]
    assert select.chosen == AUTO


@pytest.mark.parametrize("word", ["/ai_mode", "/mode", "发散模式", "ai模式", "AI模式"])
def test_the_modes_have_the_names_of_both_generations(desk, word):
    assert desk.commands.read(word).command.name == "mode"


def test_a_chosen_mode_is_stored_and_shown(desk):
    view = desk.press({"act": "mode_set"}, option="creative", times=2).view

    assert desk.talk.mode == "creative"
    assert of(view, Field).value.params == {"mode": "creative", "temperature": "1.0"}
    assert of(view, Select).chosen == "creative"


def test_a_mode_can_be_named_at_once(desk):
    desk.say("/mode Divergent")

    assert desk.talk.mode == "divergent"


def test_leaving_it_to_the_model_holds_against_the_chats_mode(desk):
    desk.chats.save("oc_1", mode="warm")
    desk.press({"act": "mode_set"}, option=AUTO)

    assert of(desk.say("/mode"), Field).value.kind == "mode_auto"


def test_a_mode_that_is_no_more_is_not_stored(desk):
    clicked = desk.press({"act": "mode_set"}, option="wild")

    assert clicked.toast.notice.kind == "mode_unknown"
    assert desk.talk.mode == ""


# Models


def test_the_list_begins_with_the_default(desk):
    select = of(desk.say("/model"), Select)

    assert [option.value for option in select.options] == [DEFAULT, "gpt-a", "gpt-b", "deepseek-c"]
    assert select.options[0].label.params == {"model": "gpt-a"}
    assert select.chosen == DEFAULT


def test_a_model_is_chosen_by_a_click_and_given_up_by_another(desk):
    view = desk.press({"act": "model_set"}, option="gpt-b").view
    assert desk.talk.model == "gpt-b"
    assert of(view, Field).value == "gpt-b"

    desk.press({"act": "model_set"}, option=DEFAULT)

    assert desk.talk.model == ""


def test_a_model_is_chosen_by_its_name(desk):
    desk.say("/model GPT-B")

    assert desk.talk.model == "gpt-b"


def test_an_unknown_name_comes_with_the_nearest(desk):
    view = desk.say("/model deepsek")

    assert view.colour == "orange"
    assert buttons(view)[0].label == "deepseek-c"
    desk.press(buttons(view)[0].value)
    assert desk.talk.model == "deepseek-c"


def test_a_name_that_is_like_no_other_offers_the_list(desk):
    (button,) = buttons(desk.say("/model zzzzzz"))

    assert button.value["text"] == "/model"


def test_a_gateway_that_cannot_be_asked_gets_its_notice(desk):
    desk.models.failure = ModelError("gateway_unreachable", request_id="r1")

    assert desk.say("/model") == Notice("gateway_unreachable", {"request_id": "r1"})


def test_a_long_list_is_cut_and_says_so(desk):
    desk.models.names = tuple(f"m{number}" for number in range(200))
    desk.say("/model m150")

    view = desk.say("/model")

    select = of(view, Select)
    assert len(select.options) == MAX_MODELS + 1
    assert select.options[1].value == "m150"
    assert "model_more" in said(view)


def test_a_gateway_without_models_says_so(desk):
    desk.models.names = ()
    desk.models.default = lambda: ""

    assert "model_none" in said(desk.say("/model"))


def test_a_model_that_may_not_be_chosen_is_not_stored(desk):
    clicked = desk.press({"act": "model_set"}, option="secret")

    assert clicked.toast.notice.kind == "model_gone"
    assert desk.talk.model == ""


# Settings


def fields(view):
    return {field.name: field for field in of(view, Form).fields}


def submit(view):
    return of(view, Form).submit.value


def test_the_settings_of_a_conversation_are_a_form(desk):
    desk.conversations.save_settings(KEY, model="gpt-b", role="You are a poet, in en.", mode="warm")
    desk.people.set_language("ou_alice", "en")

    shown = {name: field.chosen for name, field in fields(desk.say("/settings")).items()}

    assert shown == {"model": "gpt-b", "role": "poet", "mode": "warm", "language": "en"}


def test_only_what_was_changed_is_stored(desk):
    view = desk.say("/settings")
    desk.conversations.save_settings(KEY, mode="warm")

    clicked = desk.press(
        submit(view),
        form={"model": "gpt-b", "role": "cook", "mode": DEFAULT, "language": "en"},
    )

    assert (desk.talk.model, desk.talk.mode) == ("gpt-b", "warm")
    assert desk.talk.role == "You are a cook, in zh."
    assert desk.people.get("ou_alice").language == "en"
    assert not desk.conversations.cleared
    assert clicked.toast.notice.kind == "settings_saved"
    rows = {row.name.kind: row.value for row in clicked.view.blocks if isinstance(row, Field)}
    assert rows["settings_model"] == "gpt-b"
    assert rows["settings_role"] == "cook-zh"
    assert rows["settings_mode"].params["mode"] == "warm"
    assert rows["settings_language"] == "English"


def test_the_settings_of_a_chat_hold_for_all_of_it(desk):
    view = desk.say("/settings chat")
    assert set(fields(view)) == {"model", "role", "mode", "thread", "language"}
    chosen = {"model": "gpt-b", "mode": "creative", "thread": "never", "language": "en"}

    clicked = desk.press(submit(view), form=chosen | {"role": DEFAULT}, times=2)

    stored = desk.chats.settings("oc_1")
    assert (stored.model, stored.mode, stored.role) == ("gpt-b", "creative", "")
    assert (stored.reply_in_thread, stored.language) == ("never", "en")
    assert not desk.talk.model
    rows = {row.name.kind: row.value for row in clicked.view.blocks if isinstance(row, Field)}
    assert rows["settings_thread"].kind == "thread_never"
    again = {name: field.chosen for name, field in fields(desk.say("设置", ONE_CHAT)).items()}
    assert again["model"] == DEFAULT


def test_going_back_to_the_default_is_a_change(desk):
    desk.chats.save("oc_1", model="gpt-b", language="en")

    desk.press(submit(desk.say("/settings chat")), form={"model": DEFAULT, "language": DEFAULT})

    assert desk.chats.settings("oc_1").model == desk.chats.settings("oc_1").language == ""


def test_a_prompt_of_somebodys_own_is_kept_unless_it_is_changed(desk):
    desk.say("/system You are a pirate.")
    view = desk.say("/settings")
    role = fields(view)["role"]

    desk.press(submit(view), form={"role": role.chosen, "mode": "warm"})

    assert role.options[1].label.kind == "role_own"
    assert desk.talk.role == "You are a pirate."


def test_an_unchanged_form_says_so_and_stores_nothing(desk):
    clicked = desk.press(submit(desk.say("/settings")), form={"mode": DEFAULT})

    assert clicked.toast.notice.kind == "settings_same"
    assert not desk.conversations.stored


@pytest.mark.parametrize(
    ("form", "toast"), [({"model": "secret"}, "model_gone"), ({"role": "nobody"}, "role_gone")]
)
def test_what_is_gone_meanwhile_is_not_stored(desk, form, toast):
    clicked = desk.press(submit(desk.say("/settings")), form=form | {"mode": "warm"})

    assert clicked.toast.notice.kind == toast
    assert desk.talk.mode == ""


def test_without_a_list_of_models_the_rest_can_be_set(desk):
    desk.models.failure = ModelError("gateway_unreachable")

    view = desk.say("/settings")

    assert "model" not in fields(view)
    assert "settings_no_models" in said(view)
    desk.press(submit(view), form={"mode": "warm"})
    assert desk.talk.mode == "warm"


def test_in_a_group_with_admins_only_they_change_the_chats_settings():
    desk = Desk(has_admins=True)
    group = {"chat_type": "group"}

    assert desk.say("/settings chat", **group).kind == "settings_admins"
    assert not buttons(desk.say("/settings", **group))
    view = desk.say("/settings chat", is_admin=True, **group)
    refused = desk.press(submit(view), form={"mode": "warm", "chat": "p2p", "scope": "talk"})
    assert refused.toast.notice.kind == "settings_admins"
    assert desk.chats.settings("oc_1").mode == ""

    desk.press(submit(view), form={"mode": "warm"}, is_admin=True)

    assert desk.chats.settings("oc_1").mode == "warm"


def test_in_a_private_chat_and_without_admins_everyone_may():
    private, free = Desk(has_admins=True), Desk()

    for desk, chat_type in ((private, "p2p"), (free, "group")):
        view = desk.say("/settings chat", chat_type=chat_type)
        desk.press(submit(view), form={"mode": "warm"})
        assert desk.chats.settings("oc_1").mode == "warm"


def test_a_pressed_command_counts_as_private_only_if_its_button_tells():
    desk = Desk(has_admins=True)

    assert desk.say("/settings chat", action={"chat": ""}).kind == "settings_admins"
    assert fields(desk.say("/settings chat", action={"chat": "p2p"}))


# Languages


@pytest.mark.parametrize("text", ["/lang en", "/lang English", "/语言 英文"])
def test_a_language_can_be_named_at_once(desk, text):
    view = desk.say(text)

    assert desk.people.get("ou_alice").language == "en"
    assert said(view) == {"lang_done"}


def test_a_language_is_chosen_by_a_click(desk):
    view = desk.say("语言", language="en")
    zh, en = buttons(view)
    assert (zh.style, en.style) == ("default", "primary")

    clicked = desk.press(zh.value, times=2)

    assert desk.people.get("ou_alice").language == "zh"
    assert buttons(clicked.view)[0].style == "primary"
    assert clicked.toast.notice.kind == "lang_done"


def test_a_language_that_is_not_spoken_is_not_stored(desk):
    assert said(desk.say("/lang fr")) == {"lang_unknown"}
    assert desk.press({"act": "lang_set", "language": "fr"}).toast.notice.kind == "lang_unknown"
    assert not desk.people.stored
