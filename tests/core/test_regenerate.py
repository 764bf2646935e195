"""The buttons under an answer that ask once more, and /retry."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.card_actions import ClickResponse
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.errors import ModelError
from tests.builders import ALICE, BOB, BOSS, KEY, BotWorld, turn


@pytest.fixture
def world():
    """A bot with an admin, that has answered once in a private chat."""
    world = BotWorld(policy=AccessPolicy(admins=[BOSS.open_id]), p2p_context="thread")
    # Their chat with the bot is the one that the cards are in.
    world.people.meet(ALICE.open_id, "oc_1")
    world.people.meet(BOSS.open_id, "oc_1")
    world.remember(turn(1))
    return world


def click(world, act, on="om_a1", **more) -> ClickResponse:
    """Click a button under an answer."""
    return world.click(act, on=on, **more)


@pytest.mark.parametrize(
    ("operator", "kind"),
    [(ALICE, "started"), (BOSS, "started"), (BOB, "not_yours")],
)
def test_an_answer_is_given_again_to_who_asked_and_to_admins(world, operator, kind):
    response = click(world, "regenerate", operator=operator)

    assert response.toast.notice.kind == f"regenerate_{kind}"
    assert bool(world.inbox.tasks) is (kind == "started")


def test_a_turn_that_names_no_asker_may_be_repeated_by_anyone(world):
    world.remember(turn(1, asker=""))

    assert click(world, "regenerate", operator=BOB).toast.notice.kind == "regenerate_started"


def test_regenerating_asks_the_same_question_beside_the_first_answer(world):
    world.remember(turn(1), turn(2, 1))
    world.model.enqueue_text("better")

    click(world, "regenerate", "om_a2", operator=BOSS)
    repeated = click(world, "regenerate", "om_a2")
    world.work()

    assert repeated.toast.notice.kind == "regenerate_known"
    assert [line.content for line in world.model.last_messages] == ["Q1", "A1", "Q2"]
    (task,) = world.inbox.tasks
    assert task.target.message_id == "om_q2"
    stored = world.inbox.finished[1][1]
    assert (stored.parent, stored.question_id, stored.asker) == (1, "om_q2", ALICE.open_id)


def test_another_model_is_asked_once_each(world):
    form = {"option": "gpt-b"}
    response = click(world, "regenerate", form=form)
    click(world, "regenerate", form={"option": "deepseek-c"})
    click(world, "regenerate", form=form)
    unknown = click(world, "regenerate", form={"option": "gpt-z"})
    world.model.enqueue_text("b")
    world.model.enqueue_text("c")
    world.work()

    assert response.card.blocks[0].words.key == "other_model_chosen"
    assert unknown.toast.notice.kind == "retry_model_unknown"
    assert [prompt.model for prompt in world.model.prompts] == ["gpt-b", "deepseek-c"]


def test_the_models_are_offered_without_the_one_that_answered(world):
    click(world, "other_model")
    world.work()

    select = world.messenger.last_card.blocks[-1]
    assert [option.value for option in select.options] == ["gpt-b", "deepseek-c"]
    assert select.value == {"act": "regenerate", "card": "om_a1"}


@pytest.mark.parametrize(
    ("names", "failure", "kind"),
    [
        (("gpt-a",), None, "other_model_none"),
        (("gpt-a",), ModelError("key_expired"), "key_expired"),
    ],
)
def test_without_another_model_that_is_said(world, names, failure, kind):
    world.models.names, world.models.failure = names, failure

    click(world, "other_model")
    world.work()

    assert world.messenger.notice_kinds == [kind]


@pytest.mark.parametrize("act", ["regenerate", "other_model"])
def test_a_card_whose_turn_is_forgotten_says_so(world, act):
    world.conversations.stored.clear()

    assert click(world, act).toast.notice.kind == "conversation_unknown"


def test_retry_takes_the_newest_question_and_a_models_name(world):
    world.remember(turn(1), turn(2, 1))
    world.model.enqueue_text("again")

    world.say("/retry GPT-B")

    assert world.model.prompts[0].model == "gpt-b"
    assert world.model.last_messages[-1].content == "Q2"
    assert world.inbox.tasks[0].key == KEY


@pytest.mark.parametrize(
    ("text", "sender", "kind"),
    [
        ("/retry gpt-z", ALICE, "retry_model_unknown"),
        ("/retry", BOB, "retry_not_yours"),
    ],
)
def test_retry_says_why_it_does_not(world, text, sender, kind):
    world.say(text, sender=sender)

    assert world.messenger.notice_kinds == [kind]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/retry", "retry_unknown"),
        ("/reload", "reload_empty"),
        ("/export", "export_empty"),
        ("/feedback", "feedback_unknown"),
    ],
)
def test_where_nothing_was_said_there_is_nothing_to_do(world, text, kind):
    world.conversations.stored.clear()

    world.say(text)

    assert world.messenger.notice_kinds == [kind]


ELSEWHERE = ConversationKey("oc_else", "om_else")


@pytest.mark.parametrize("answers", [("om_far",), ()])
@pytest.mark.parametrize("operator", [ALICE, BOB, BOSS])
@pytest.mark.parametrize("act", ["regenerate", "answer_edited", "edit_ask"])
def test_a_forged_click_brings_no_question_of_another_chat_here(world, act, operator, answers):
    far = turn(9, question="secret", question_id="om_far_q", answer_ids=answers, asker="")
    world.remember(far, key=ELSEWHERE)
    forged = {"card": far.reference, "question": far.reference, "text": "and now?"}

    response = click(world, act, operator=operator, form={"text": "and now?"}, **forged)

    assert response.toast.notice.kind == "conversation_unknown"
    assert world.inbox.tasks == []


def test_a_question_without_an_answer_is_asked_again_where_it_was_asked(world):
    world.remember(turn(1), turn(2, 1, question_id="om_unanswered", answer_ids=()))

    response = click(world, "answer_edited", question="om_unanswered", text="again")

    assert response.toast.notice.kind == "regenerate_started"
