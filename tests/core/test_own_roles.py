"""Roles that people keep for themselves."""

from __future__ import annotations

import pytest

from feishu_bot.core.cards import Card, Form, Select
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.notices import Notice
from feishu_bot.core.own_roles import MAX_OWN_ROLES, role_name
from tests.builders import ALICE, BOB, BotWorld
from tests.core.card_parts import all_buttons, first, kind_of, paragraphs

TEAM = ConversationKey("oc_team", "om_9")
IN_TEAM = {"chat_id": "oc_team", "chat_type": "group", "key": TEAM}
PIRATE = "You are a pirate."
NOTHING = Card(title="", icon="", blocks=())


@pytest.fixture
def world():
    """A bot in Alice's private chat, and a card of it there and in a group."""
    world = BotWorld()
    world.people.meet(ALICE.open_id, "oc_1")
    world.people.meet(BOB.open_id, "oc_bob")
    world.bind("om_card")
    world.bind("om_team", key=TEAM)
    world.bind("om_bob", key=ConversationKey("oc_bob", "om_5"))
    return world


def keep(world: BotWorld, name: str = "Pirate", prompt: str = PIRATE, who=ALICE) -> str:
    """A role of somebody's own; its id as on a card."""
    world.own_roles.save(who.open_id, name, prompt, most=MAX_OWN_ROLES)
    return str(next(role.id for role in world.own_roles.of(who.open_id) if role.name == name))


def kept(world: BotWorld, who=ALICE) -> dict[str, str]:
    return {role.name: role.prompt for role in world.own_roles.of(who.open_id)}


def test_the_role_of_the_conversation_is_kept_under_a_name(world):
    card = world.run(f"/system {PIRATE}")
    ask = next(b for b in all_buttons(card) if b.value["act"] == "own_role_ask")

    form = first(world.click(**ask.value).card, Form)
    response = world.click(**form.submit.value, form={"name": " My\u200b  pirate\n"})

    assert kept(world) == {"My pirate": PIRATE}
    options = first(response.card, Select).options
    assert [option.label for option in options] == ["My pirate"]
    assert all(b.value["act"] != "own_role_ask" for b in all_buttons(response.card))


@pytest.mark.parametrize("text", ["/roles 存 海盗", "/roles save 海盗", "/角色列表 保存 海盗"])
def test_it_is_kept_by_a_command(world, text):
    world.run(f"/system {PIRATE}")

    assert world.run(text).kind == "own_role_saved"
    assert kept(world) == {"海盗": PIRATE}
    world.run("/system You are a captain.")
    world.run(text)
    assert kept(world) == {"海盗": "You are a captain."}


def test_without_a_role_of_its_own_there_is_nothing_to_keep(world):
    assert world.run("/roles save x").kind == "own_role_nothing"
    world.run("/roles poet")
    assert world.run("/roles save x").kind == "own_role_nothing"
    assert world.click("own_role_keep", form={"name": "x"}).toast.notice.kind == "own_role_nothing"
    assert kept(world) == {}


def test_one_is_written_used_changed_and_deleted(world):
    form = first(world.click("own_role_form").card, Form)
    world.click(**form.submit.value, form={"name": "Pirate", "prompt": PIRATE})
    assert kept(world) == {"Pirate": PIRATE}

    listed = first(world.run("/roles mine"), Select)
    shown = world.choose(listed, listed.options[0].value).card
    use, change, delete, _ = all_buttons(shown)
    world.click(**use.value)
    assert world.chats.settings("oc_1").role == PIRATE

    form = first(world.click(**change.value).card, Form)
    assert [field.text for field in form.fields] == ["Pirate", PIRATE]
    world.click(**form.submit.value, form={"name": "Captain", "prompt": "You are a captain."})
    assert kept(world) == {"Captain": "You are a captain."}

    assert delete.confirm is not None
    assert world.click(**delete.value).toast.notice.kind == "own_role_deleted"
    assert kept(world) == {}
    assert world.click(**delete.value).toast.notice.kind == "own_role_gone"


def test_a_prompt_that_is_too_long_for_a_field_stays_as_it_is(world):
    long = ("word " * 280).strip()
    form = first(world.click("own_role_form", role=keep(world, prompt=long)).card, Form)
    assert [field.name for field in form.fields] == ["name"]

    world.click(**form.submit.value, form={"name": "Words"})

    assert kept(world) == {"Words": long}


def test_in_a_group_its_owner_uses_it_by_name_and_nobody_reads_it(world):
    keep(world)

    card = world.run("/roles pirate", **IN_TEAM)

    assert world.conversation(TEAM).role == PIRATE
    assert PIRATE not in paragraphs(card)
    assert PIRATE not in str(world.run("/system", **IN_TEAM))
    assert PIRATE not in str(world.run("/system", sender=BOB, **IN_TEAM))
    assert world.run("/roles save mine", sender=BOB, **IN_TEAM).kind == "own_role_nothing"
    assert kept(world, BOB) == {}


@pytest.mark.parametrize("told", ["p2p", "group"])
@pytest.mark.parametrize("knows_private_chat", [True, False])
@pytest.mark.parametrize("act", ["own_role_ask", "own_role_keep", "own_roles"])
def test_a_forged_click_in_a_group_reads_nobody_elses_role(world, act, told, knows_private_chat):
    keep(world)
    world.run("/roles pirate", **IN_TEAM)
    if not knows_private_chat:
        world.people.stored.pop(BOB.open_id)

    response = world.click(act, on="om_team", operator=BOB, chat=told, form={"name": "mine"})

    assert PIRATE not in str(response)
    assert kept(world, BOB) == {}
    assert all(b.value["act"] != "own_role_ask" for b in all_buttons(response.card or NOTHING))


def test_in_a_group_nobody_reads_it_after_it_was_deleted(world):
    role = keep(world)
    world.run("/roles pirate", **IN_TEAM)
    world.click("own_role_delete", role=role)

    assert PIRATE not in str(world.run("/system", sender=BOB, **IN_TEAM))
    assert world.run("/roles save mine", sender=BOB, **IN_TEAM).kind == "own_role_nothing"


def test_what_others_keep_does_not_keep_anybody_from_keeping_the_same(world):
    keep(world, who=BOB)
    world.run(f"/system {PIRATE}")

    assert world.run("/roles save mine").kind == "own_role_saved"
    assert kept(world) == {"mine": PIRATE}


def test_in_a_group_they_are_not_listed(world):
    keep(world)

    assert world.run("/roles mine", **IN_TEAM) == Notice("own_roles_private")
    for act in ("own_roles", "own_role_show", "own_role_ask", "own_role_form", "own_role_use"):
        response = world.click(act, on="om_team", role="1", form={"option": "1"})
        assert response.card is None, act
        assert response.toast.notice.kind == "own_roles_private"


@pytest.mark.parametrize(
    "act", ["own_role_show", "own_role_use", "own_role_form", "own_role_write", "own_role_delete"]
)
def test_a_forged_click_finds_nobody_elses_role(world, act):
    role = keep(world)
    filled = {"option": role, "name": "stolen", "prompt": "stolen"}

    response = world.click(act, on="om_bob", operator=BOB, role=role, form=filled)

    assert response.toast.notice.kind == "own_role_gone"
    assert response.card is None
    assert kept(world) == {"Pirate": PIRATE}
    assert world.conversation(ConversationKey("oc_bob", "om_5")).role == ""


@pytest.mark.parametrize("role", ["0", "-1", "١", "9" * 40, "x", "1; drop"])
def test_an_id_that_is_none_finds_nothing(world, role):
    keep(world)

    assert world.click("own_role_use", role=role).toast.notice.kind == "own_role_gone"


def test_nobody_elses_role_is_found_by_its_name(world):
    keep(world)

    assert world.run("/roles Pirate", sender=BOB).kind == "role_unknown"


def test_there_is_room_for_twenty(world):
    for number in range(MAX_OWN_ROLES):
        keep(world, f"role {number}")
    form = {"name": "one more", "prompt": PIRATE}

    assert world.click("own_role_write", form=form).toast.notice.kind == "own_roles_full"
    assert len(kept(world)) == MAX_OWN_ROLES
    world.run(f"/system {PIRATE}!")
    assert world.run("/roles save one more").kind == "own_roles_full"
    assert world.run("/roles save role 3").kind == "own_role_saved"


@pytest.mark.parametrize(
    ("name", "prompt", "kind"),
    [
        ("", PIRATE, "own_role_unnamed"),
        ("\u200b \n", PIRATE, "own_role_unnamed"),
        ("x" * 41, PIRATE, "own_role_name_long"),
        ("x", "", "role_empty"),
        ("x", "多" * 900, "role_too_long"),
        ("Pirate", PIRATE, "own_role_saved"),
    ],
)
def test_what_is_written_is_looked_at(world, name, prompt, kind):
    response = world.click("own_role_write", form={"name": name, "prompt": prompt})

    assert response.toast.notice.kind == kind


def test_two_roles_have_two_names(world):
    keep(world, "Captain")
    role = keep(world)

    response = world.click("own_role_write", role=role, form={"name": "Captain", "prompt": "x"})

    assert response.toast.notice.kind == "own_role_name_taken"
    assert kept(world) == {"Captain": PIRATE, "Pirate": PIRATE}


def test_a_role_of_the_list_is_used_by_its_title(world):
    card = world.run("/roles POET-zh")

    assert kind_of(card.title) == "poet-zh"
    assert world.chats.settings("oc_1").role == "You are a poet, in zh."
    assert world.run("/roles nobody") == Notice("role_unknown", {"name": "nobody"})


@pytest.mark.parametrize(
    ("written", "name"), [("  a \t b\n", "a b"), ("\u202egpj.exe", "gpj.exe"), ("\x00", "")]
)
def test_a_name_is_one_line_that_can_be_seen(written, name):
    assert role_name(written) == name
