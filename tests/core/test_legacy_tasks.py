"""Rows of version 0.1 are read, and done with the same result.

There every task was a message, also what was clicked, with the button's value and the kind of chat
that was known in `action`.
"""

from __future__ import annotations

import dataclasses
import json

import pytest

from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.legacy_tasks import is_legacy, read_legacy_payload
from feishu_bot.core.queue.running_jobs import JobControl
from tests.builders import KEY, TEXTS, BotWorld, turn


def old_message(text: str = "Why?", **changes) -> dict:
    return {
        "message_id": "om_1",
        "chat_id": "oc_1",
        "chat_type": "p2p",
        "sender": {"open_id": "ou_alice", "user_id": "", "union_id": "", "is_bot": False},
        "kind": "text",
        "text": text,
        "created_at": 1000.0,
        "mentions": [],
        "mentions_bot": False,
        "mentions_all": False,
        "attachments": [],
        "root_id": "",
        "parent_id": "",
        "thread_id": "",
        "action": {},
    } | changes


def old_click(text: str, action: dict, **changes) -> dict:
    clicked = {"message_id": "om_card", "parent_id": "om_card", "created_at": 0.0}
    return old_message(text, action={"chat": "p2p", **action}, **clicked | changes)


@pytest.fixture
def world():
    """A bot that has answered once in a private chat, with the answer's card to click on."""
    world = BotWorld()
    world.people.meet("ou_alice", "oc_1")
    world.remember(turn(1))
    world.bind("om_card")
    return world


def work_row(world: BotWorld, kind: str, payload: dict, dedupe_id: str = "om_1", **changes) -> Job:
    """Do what a row of version 0.1 asks for."""
    assert is_legacy(payload)
    target, task, created_at = read_legacy_payload(kind, json.loads(json.dumps(payload)))
    values = {"event_id": "ev_1", "dedupe_id": dedupe_id, "key": KEY} | changes
    one = QueuedTask(**values, target=target, task=task, created_at=created_at)
    world.inbox.put(one)
    (claimed,) = world.inbox.claim(1)
    world.bot.work(claimed, JobControl())
    return claimed


def test_an_old_question_is_answered(world):
    world.model.enqueue_text("Because.")

    work_row(world, "message", old_message("//Why?", parent_id="om_a1", root_id=KEY.root))

    assert world.messenger.answers[0].ending.text == "Because."
    assert [line.content for line in world.model.last_messages] == ["Q1", "A1", "/Why?"]
    stored_turn = world.inbox.finished[1][1]
    assert (stored_turn.question, stored_turn.question_id) == ("/Why?", "om_1")
    assert (stored_turn.parent, stored_turn.asker) == (1, "ou_alice")


def test_an_old_question_of_a_group_names_who_asked_and_who_was_mentioned(world):
    world.model.enqueue_text("Hello.")
    mentions = [{"open_id": "ou_alice", "name": "Alice"}]

    work_row(
        world,
        "message",
        old_message("Hi", chat_type="group", mentions=mentions, mentions_bot=True),
    )

    assert world.model.last_messages[-1].content == "Alice: Hi"


@pytest.mark.parametrize(
    ("changes", "notice"),
    [({"kind": "folder", "text": ""}, "unsupported_message"), ({"text": " "}, "empty_question")],
)
def test_an_old_message_that_cannot_be_answered_gets_its_notice(world, changes, notice):
    work_row(world, "message", old_message(**changes))

    assert world.messenger.notice_kinds == [notice]


def test_an_old_command_that_was_typed_is_run(world):
    work_row(world, "message", old_message("/model gpt-b"))

    assert world.messenger.last_card.title.key == "model_set"
    assert world.chats.settings(KEY.chat_id).model == "gpt-b"


def test_an_old_misspelt_command_gets_its_suggestion(world):
    work_row(world, "message", old_message("/hlep"))

    assert world.messenger.last_card.title.key == "misspelt_title"


def test_an_old_stop_says_what_it_has_done(world):
    work_row(world, "message", old_message("/stop", action={"stopped": "done"}))

    assert world.messenger.notice_kinds == ["stop_done"]
    assert not world.inbox.stopped


@pytest.mark.parametrize("text", ["/help", "帮助"])
def test_an_old_command_that_was_clicked_is_run(world, text):
    work_row(world, "command", old_click(text, {}), "click:ev_1")

    assert world.messenger.last_card.title.key == "help_title"
    assert world.messenger.cards[0][0] == "om_card"


@pytest.mark.parametrize(("chat", "is_form"), [("p2p", True), ("", False), ("group", False)])
def test_an_old_command_that_was_clicked_counts_as_private_only_if_its_button_tells(
    world, chat, is_form
):
    world = BotWorld(policy=dataclasses.replace(world.bot.policy, admins=["ou_boss"]))

    # It was stored as one of a group where the person's private chat was not known.
    work_row(world, "command", old_click("/settings chat", {"chat": chat}, chat_type="group"))

    assert bool(world.messenger.cards) is is_form
    assert world.messenger.notice_kinds == ([] if is_form else ["settings_admins"])


def test_an_old_menu_entry_is_run_in_the_chat(world):
    menu = old_message("/help", message_id="", chat_id="oc_1")

    work_row(world, "command", menu, "menu:ev_1", key=ConversationKey("oc_1", "menu:ev_1"))

    assert world.messenger.last_card.title.key == "help_title"
    assert world.conversations.key_of("om_card")


@pytest.mark.parametrize(
    ("text", "asked"), [("Write a poem.", "Write a poem."), ("//etc?", "/etc?")]
)
def test_an_old_example_that_was_clicked_is_asked(world, text, asked):
    world.model.enqueue_text("Roses.")

    work_row(world, "command", old_click(text, {}), "example:ev_0")

    assert world.messenger.answers[0].ending.text == "Roses."
    assert world.model.last_messages[-1].content == asked


def test_an_old_wish_for_another_model_shows_the_models(world):
    row = old_click("/retry", {"choose": True}, message_id="om_a1", parent_id="om_a1")

    work_row(world, "command", row, "click:ev_1")

    select = world.messenger.last_card.blocks[-1]
    assert [option.value for option in select.options] == ["gpt-b", "deepseek-c"]
    assert select.value == {"act": "regenerate", "card": "om_a1"}


def test_an_old_wish_for_a_comment_shows_the_form(world):
    row = old_click("/feedback", {}, message_id="om_a1", parent_id="om_a1")

    work_row(world, "command", row, "comment:om_a1:ou_alice")

    assert world.messenger.last_card.blocks[0].submit.value == {"act": "comment", "of": "om_a1"}


@pytest.mark.parametrize("model", ["", "gpt-b"])
def test_an_old_wish_to_regenerate_asks_the_question_again(world, model):
    world.model.enqueue_text("Better.")
    row = old_click(
        "", {"card": "om_a1", "model": model}, message_id="om_q1", parent_id="om_models"
    )

    work_row(world, "regenerate", row, f"regenerate:om_a1:{model}")

    assert world.messenger.answers[0].ending.text == "Better."
    assert world.model.prompts[0].model == model
    assert [line.content for line in world.model.last_messages] == ["Q1"]
    stored_turn = world.inbox.finished[1][1]
    assert (stored_turn.question_id, stored_turn.parent) == ("om_q1", None)


def test_an_old_wish_to_continue_continues_its_card(world):
    world.remember(turn(1), turn(2, 1))
    world.model.enqueue_text("And so on.")
    row = old_click("Go on.", {}, message_id="om_a2", parent_id="om_a2")

    work_row(world, "continue", row, "continue:om_a2")

    assert world.messenger.answers[0].ending.text == "And so on."
    said = [line.content for line in world.model.last_messages]
    assert said == ["Q1", "A1", "Q2", "A2", TEXTS["zh"]("continue_prompt")]


@pytest.mark.parametrize(
    ("chat_type", "title"), [("p2p", "welcome_title"), ("group", "welcome_group_title")]
)
def test_an_old_greeting_is_said(world, chat_type, title):
    row = old_message("", message_id="", chat_type=chat_type, created_at=0.0)

    work_row(
        world, "welcome", row, "welcome:ou_alice", key=ConversationKey("oc_1", "welcome:ou_alice")
    )

    assert world.messenger.last_card.title.key == title


def test_an_old_row_of_somebody_who_is_blocked_is_refused(world):
    world.people.block("ou_alice", blocked=True)

    work_row(world, "command", old_click("/help", {}), "click:ev_1")

    assert world.messenger.notice_kinds == ["access_blocked"]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("unheard_of", old_message()),
        ("ask", old_message()),
        ("message", {}),
        ("message", {**old_message(), "sender": None}),
        ("message", {**old_message(), "mentions": 1}),
        ("message", {**old_message(), "action": "x"}),
    ],
)
def test_what_is_no_old_row_is_refused(kind, payload):
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_legacy_payload(kind, payload)


def test_an_old_draft_is_still_shown_and_kept_with_what_it_was_read_with(world):
    draft = {
        **{name: value for name, value in Draft().as_json().items() if name != "context"},
        "text": "Because.",
        "model": "gpt-x",
        "background": "<quoted_message>\nSo it is.\n</quoted_message>\n\n",
    }
    card = {"cards": [{"card_id": "c1"}]}
    world.receive("Why?", "om_2")

    world.work(attempt=2, checkpoint={"card": card, "draft": draft})

    (answer,) = world.messenger.answers
    assert answer.checkpoint == card
    assert answer.ending.text == "Because."
    assert not world.model.prompts
    stored_turn = world.inbox.finished[1][1]
    assert stored_turn.question == draft["background"] + "Why?"
