"""Editing a question and asking again."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.cards import Card, Form
from feishu_bot.core.conversations import ConversationKey
from tests.builders import ALICE, BOB, BOSS, KEY, TEXTS, BotWorld, turn
from tests.core.card_parts import first


@pytest.fixture
def world():
    """A bot with an admin, that has answered twice."""
    world = BotWorld(policy=AccessPolicy(admins=[BOSS.open_id]), p2p_context="thread")
    world.people.meet(ALICE.open_id, "oc_1")
    world.remember(turn(1), turn(2, 1))
    return world


def replying(to: str, **more) -> dict:
    """Fields of a message that replies to another one of the conversation."""
    return {"parent_id": to, "root_id": "om_1", **more}


def asked(world: BotWorld) -> list[str]:
    """What the model was asked last."""
    return [line.content for line in world.model.last_messages]


@pytest.mark.parametrize(
    "text",
    ["改：better", "改: better", "改 ：better", "修改：better", "Edit: better", "/edit better"],
)
@pytest.mark.parametrize("to", ["om_q2", "om_a2"])
def test_a_reply_asks_the_question_in_other_words(world, text, to):
    world.model.enqueue_text("yes")

    world.say(text, **replying(to))

    assert asked(world) == ["Q1", "A1", "better"]
    stored = world.inbox.finished[1][1]
    assert (stored.parent, stored.question, stored.question_id) == (1, "better", "om_q2")


@pytest.mark.parametrize(("who", "may"), [(ALICE, True), (BOSS, True), (BOB, False)])
def test_only_the_asker_and_admins_edit(world, who, may):
    if may:
        world.model.enqueue_text("yes")
    group = {"chat_type": "group", "mentions_bot": True, "sender": who}

    world.say("改：better", **replying("om_a2", **group))
    world.bind("om_form")
    reference = {"question": "om_a2", "form": {"text": "best"}}
    response = world.click("edit_ask", on="om_form", operator=who, **reference)

    assert (world.messenger.notice_kinds == ["edit_not_yours"]) is not may
    assert (response.toast.notice.kind == "edit_not_yours") is not may


def test_without_a_turn_to_edit_the_words_are_a_question(world):
    world.model.enqueue_text("yes")

    world.say("改：他不来了", parent_id="om_colleague", root_id="om_colleague")

    assert asked(world)[-1].endswith("改：他不来了")


def test_without_a_question_to_edit_the_command_says_so(world):
    world.say("/edit better", root_id="om_other", parent_id="om_other", chat_id="oc_other")

    assert world.messenger.notice_kinds == ["edit_unknown"]


def test_in_a_thread_ones_own_newest_question_is_meant(world):
    world.remember(turn(1), turn(2, 1), turn(3, 2, asker=BOB.open_id))
    world.model.enqueue_text("yes")
    thread = {"thread_id": "omt_1", "chat_type": "group", "mentions_bot": True}

    world.say("改：better", **replying("om_1", **thread))

    assert world.inbox.finished[1][1].question_id == "om_q2"


def test_what_the_question_was_read_with_is_kept(world):
    before = "<quoted_message>\nIt rains.\n</quoted_message>\n\n"
    world.remember(turn(1, question=f"{before}Translate it"))
    world.model.enqueue_text("yes")

    world.say("改：Translate it to French", **replying("om_a1"))

    assert asked(world) == [f"{before}Translate it to French"]


def form_of(world: BotWorld) -> Form:
    """The form that comes when the button under the second answer is pressed."""
    assert world.click("edit_question", on="om_a2").toast.notice.kind == "edit_started"
    world.work()
    return first(world.messenger.last_card, Form)


def test_the_button_brings_a_form_with_the_question(world):
    world.remember(turn(1), turn(2, 1, question="<quoted_message>\nx\n</quoted_message>\n\nWhy?"))
    form = form_of(world)
    assert form.fields[0].text == "Why?"

    world.model.enqueue_text("yes")
    response = world.click(**form.submit.value, form={"text": " Why not? "})
    again = world.click(**form.submit.value, form={"text": "Why?"})
    world.work()

    assert isinstance(response.card, Card)
    assert again.toast.notice.kind == "regenerate_known"
    assert asked(world)[-1] == "<quoted_message>\nx\n</quoted_message>\n\nWhy not?"
    assert len(world.model.prompts) == 1


def test_the_words_that_continue_an_answer_stand_in_no_form(world):
    world.remember(turn(1), turn(2, 1, question=TEXTS["zh"]("continue_prompt")))

    assert form_of(world).fields[0].text == ""


def test_an_empty_form_asks_nothing(world):
    form = form_of(world)

    assert world.click(**form.submit.value, form={"text": " \n"}).toast.severity == "warning"
    assert len(world.inbox.tasks) == 1


def test_a_question_that_has_no_room_in_the_form_is_edited_by_a_reply(world):
    world.remember(turn(1), turn(2, 1, question="word " * 300))
    world.click("edit_question", on="om_a2")
    world.work()

    assert world.messenger.notice_kinds == ["edit_too_long"]


def test_a_click_does_not_reach_into_another_conversation(world):
    elsewhere = ConversationKey("oc_1", "om_other")
    world.remember(turn(7), key=elsewhere)
    world.bind("om_form", key=KEY)

    for reference in ("om_a7", "om_nobody", ""):
        response = world.click(
            "edit_ask", on="om_form", question=reference, form={"text": "stolen"}
        )
        assert response.toast.notice.kind == "conversation_unknown"
    assert not world.inbox.tasks


def test_under_what_was_forgotten_nothing_is_edited(world):
    world.bind("om_a9")

    assert world.click("edit_question", on="om_a9").toast.notice.kind == "conversation_unknown"
