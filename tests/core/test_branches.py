"""Buttons under an answer, branches, export, verdicts, stops, and what a question refers to."""

from __future__ import annotations

import pytest

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.answering.context import (
    LINE_CHARS,
    THREAD_CHARS,
    FetchedMessage,
    MissingContext,
    without_context,
)
from feishu_bot.core.commands.export import ExportCommands
from feishu_bot.core.commands.registry import CommandContext
from feishu_bot.core.commands.reload import PAGE_SIZE, number_turns
from feishu_bot.core.conversations import Conversation, ConversationKey, Turn
from feishu_bot.core.messages import Sender, SentMessages
from feishu_bot.core.tasks import QueuedTask
from feishu_bot.errors import FeishuError, ModelError, PermissionMissing
from tests.core.fakes import ALICE, FakeConversations, message
from tests.core.test_bot import World

BOB = Sender("ou_bob")
ADMIN = Sender("ou_admin")
KEY = ConversationKey("oc_1", "om_0")


def turn(id_: int, parent: int | None = None, **changes) -> Turn:
    values = {
        "id": id_,
        "parent": parent,
        "question": f"Q{id_}",
        "answer": f"A{id_}",
        "question_id": f"om_q{id_}",
        "answer_ids": (f"om_a{id_}",),
        "asker": ALICE.open_id,
        "model": "gpt-a",
    }
    return Turn(**values | changes)


@pytest.fixture
def world():
    world = World(policy=AccessPolicy(admins=[ADMIN.open_id]))
    keep(world, turn(1))
    return world


def keep(world, *turns: Turn) -> None:
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=turns)
    for one in turns:
        world.conversations.bind(KEY, SentMessages(one.answer_ids))


def click(world, act, card="om_a1", **changes):
    operator = changes.pop("operator", ALICE)
    form = changes.pop("form", {})
    value = {"act": act, **changes}
    return world.click(message_id=card, operator=operator, value=value, form=form)


def running(world, sender=ALICE, dedupe_id="om_q1", **changes) -> QueuedTask:
    event = QueuedTask(
        event_id="ev_running",
        dedupe_id=dedupe_id,
        kind="message",
        key=KEY,
        message=message("Q", dedupe_id, sender=sender, **changes),
    )
    world.inbox.doing[KEY] = event
    return event


def say(world, text, **changes):
    world.bot.receive("ev_say", message(text, "om_say", **changes))
    world.work()


# Stop


@pytest.mark.parametrize(
    ("operator", "of", "kind"),
    [
        (ALICE, "om_q1", "stop_done"),
        (ADMIN, "om_q1", "stop_done"),
        (BOB, "om_q1", "stop_not_yours"),
        (ALICE, "om_another", "stop_nothing"),
    ],
)
def test_an_answer_is_stopped_by_who_asked_and_by_admins(world, operator, of, kind):
    heard = []
    world.cancellation.on_stop = heard.append
    running(world)

    assert click(world, "stop", of=of, operator=operator).toast.notice.kind == kind
    assert (world.inbox.stopped == ["ev_running"]) is (kind == "stop_done")
    assert (heard == ["om_q1"]) is (kind == "stop_done")


def test_stop_is_done_when_the_message_comes_in_and_told_later(world):
    running(world)
    reply = message("/stop", "om_say", parent_id="om_a1", root_id="om_0")

    world.bot.receive("ev_say", reply)

    assert world.inbox.stopped == ["ev_running"]
    world.work()
    assert world.messenger.notices[0][1].kind == "stop_done"


def test_a_plain_stop_stops_what_runs_for_the_person_in_this_chat(world):
    running(world)

    say(world, "停止", chat_id="oc_2")
    say(world, "停止", sender=BOB)

    assert not world.inbox.stopped
    world.bot.receive("ev_other", message("停止", "om_other"))
    assert world.inbox.stopped == ["ev_running"]


def test_a_stop_that_is_delivered_again_stops_nothing_later(world):
    running(world, created_at=2_000.0)

    say(world, "/stop", created_at=1_000.0)

    assert not world.inbox.stopped


# Regenerate


@pytest.mark.parametrize(
    ("operator", "kind"),
    [(ALICE, "started"), (ADMIN, "started"), (BOB, "not_yours")],
)
def test_an_answer_is_given_again_to_who_asked_and_to_admins(world, operator, kind):
    clicked = click(world, "regenerate", operator=operator)

    assert clicked.toast.notice.kind == f"regenerate_{kind}"
    assert bool(world.inbox.events) is (kind == "started")


def test_a_turn_that_names_no_asker_may_be_repeated_by_anyone(world):
    keep(world, turn(1, asker=""))

    assert click(world, "regenerate", operator=BOB).toast.notice.kind == "regenerate_started"


def test_regenerating_asks_the_same_question_beside_the_first_answer(world):
    keep(world, turn(1), turn(2, 1))
    world.model.enqueue_text("better")

    click(world, "regenerate", "om_a2", operator=ADMIN)
    repeated = click(world, "regenerate", "om_a2")
    world.work()

    assert repeated.toast.notice.kind == "regenerate_known"
    assert [line.content for line in world.model.last_messages] == ["Q1", "A1", "Q2"]
    (event,) = world.inbox.events
    assert event.message.message_id == "om_q2"
    stored = world.inbox.finished[1][1]
    assert (stored.parent, stored.question_id, stored.asker) == (1, "om_q2", ALICE.open_id)


def test_another_model_is_asked_once_each(world):
    form = {"option": "gpt-b"}
    clicked = click(world, "regenerate", card="om_a1", form=form)
    click(world, "regenerate", form={"option": "deepseek-c"})
    click(world, "regenerate", form=form)
    unknown = click(world, "regenerate", form={"option": "gpt-z"})
    world.model.enqueue_text("b")
    world.model.enqueue_text("c")
    world.work()

    assert clicked.view.blocks[0].words.kind == "other_model_chosen"
    assert unknown.toast.notice.kind == "retry_model_unknown"
    assert [prompt.model for prompt in world.model.prompts] == ["gpt-b", "deepseek-c"]


def test_the_models_are_offered_without_the_one_that_answered(world):
    click(world, "other_model")
    world.work()

    (_, view, _) = world.messenger.views[0]
    select = view.blocks[-1]
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

    assert world.messenger.notices[0][1].kind == kind


@pytest.mark.parametrize("act", ["regenerate", "other_model"])
def test_a_card_whose_turn_is_forgotten_says_so(world, act):
    world.conversations.stored.clear()

    assert click(world, act).toast.notice.kind == "conversation_unknown"


def test_retry_takes_the_newest_question_and_a_models_name(world):
    keep(world, turn(1), turn(2, 1))
    world.model.enqueue_text("again")

    say(world, "/retry GPT-B")

    assert world.model.prompts[0].model == "gpt-b"
    assert world.model.last_messages[-1].content == "Q2"
    assert world.inbox.events[0].key == KEY


@pytest.mark.parametrize(
    ("text", "sender", "kind"),
    [
        ("/retry gpt-z", ALICE, "retry_model_unknown"),
        ("/retry", BOB, "retry_not_yours"),
    ],
)
def test_retry_says_why_it_does_not(world, text, sender, kind):
    say(world, text, sender=sender)

    assert world.messenger.notices[0][1].kind == kind


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

    say(world, text)

    assert world.messenger.notices[0][1].kind == kind


# Branches


def test_a_turn_beside_another_one_is_a_branch():
    again = turn(4, 1, question_id="om_q2")
    turns = [turn(1), turn(2, 1), turn(3, 2), again, turn(5, 4), turn(6, 1)]

    tree = [(one.turn.id, one.depth, one.is_again) for one in number_turns(turns)]

    assert tree == [
        (1, 0, False),
        (2, 0, False),
        (3, 0, False),
        (4, 1, True),
        (5, 1, False),
        (6, 1, False),
    ]


def test_a_turn_without_an_answer_is_not_shown():
    turns = [turn(1), turn(2, 1, answer=""), turn(3, 2)]

    assert [(one.number, one.turn.id) for one in number_turns(turns)] == [(1, 1), (2, 3)]


def test_a_long_history_is_turned_page_by_page(world):
    keep(world, *(turn(n, n - 1 or None) for n in range(1, PAGE_SIZE + 3)))
    say(world, "/reload")
    newest = world.messenger.views[0][1]
    assert [b.value["page"] for b in newest.blocks[-1].buttons] == ["1"]
    assert len(newest.blocks[2].options) == PAGE_SIZE

    older = click(world, "turns", page="1").view

    assert [option.value for option in older.blocks[2].options] == ["1", "2"]
    assert [b.value["page"] for b in older.blocks[-1].buttons] == ["0"]


def test_going_back_is_remembered_and_told_in_the_card(world):
    keep(world, turn(1), turn(2, 1))

    clicked = click(world, "go_back", form={"option": "1"})

    assert world.conversations.heads == {KEY: 1}
    assert clicked.view.blocks[0].words.params == {"number": "1", "question": "Q1"}
    gone = click(world, "go_back", form={"option": "9"})
    assert gone.toast.notice.kind == "reload_gone"


# Export


def test_a_file_that_may_not_be_sent_is_a_notice(world):
    class NoFiles(type(world.messenger)):
        exc: FeishuError

        def send_file(self, message, name, data, *, reference):
            raise self.exc

    world.messenger.__class__ = NoFiles
    for exc, kind in (
        (PermissionMissing("scope", code=99991672), "permission_missing"),
        (FeishuError("odd", code=234001), "file_refused"),
    ):
        NoFiles.exc = exc
        world.bot.receive(f"ev_{kind}", message("/export", f"om_{kind}"))
        world.work()

        assert world.messenger.notices[-1][1].kind == kind


def test_what_has_no_room_in_the_file_is_left_out_and_that_is_said(world):
    keep(world, *(turn(n, n - 1 or None, answer="x" * 400) for n in range(1, 9)))
    words = {"en": lambda kind, **params: kind}
    export = ExportCommands(world.conversations, words, most=1500)
    asked = message("/export")

    file = export.export(
        CommandContext(message=asked, key=KEY, argument="", language="en", is_admin=False)
    )

    assert len(file.data) <= 1500
    assert file.data.decode().endswith("export_cut\n")
    assert "Q2" in file.data.decode()


def test_an_export_of_something_else_is_asked_about(world):
    say(world, "/export everything")

    assert world.messenger.notices[0][1].kind == "export_unknown"


# Verdicts


def test_a_verdict_counts_at_once_and_a_comment_may_follow(world):
    assert click(world, "rate", verdict="up").toast.notice.kind == "rated_up"
    assert click(world, "rate", verdict="down", operator=BOB).toast.notice.kind == "rated_down"
    click(world, "rate", verdict="down", operator=BOB)
    world.work()

    assert len(world.messenger.views) == 1
    form = world.messenger.views[0][1].blocks[0]
    assert form.submit.value == {"act": "comment", "of": "om_a1"}
    sent = click(world, "comment", of="om_a1", form={"comment": " too long "}, operator=BOB)
    assert sent.view.blocks[0].words.kind == "feedback_kept"
    assert world.feedback_store.stored == {
        ("om_a1", "ou_alice"): ("up", ""),
        ("om_a1", "ou_bob"): ("down", "too long"),
    }
    empty = click(world, "comment", of="om_a1", form={"comment": " "})
    assert empty.toast.notice.kind == "feedback_nothing"


# What a question refers to


class FakeArchive:
    def __init__(self, *lines: FetchedMessage) -> None:
        self.lines = lines
        self.asked: list[str] = []

    def quoted(self, message_id):
        self.asked.append(message_id)
        return next((line for line in self.lines if line.message_id == message_id), None)

    def thread(self, thread_id):
        self.asked.append(thread_id)
        return self.lines


EMPTY = Conversation(key=KEY)


def archived(number, text, **changes) -> FetchedMessage:
    return FetchedMessage(
        **{"message_id": f"om_{number}", "text": text, "sender": "ou_1"} | changes
    )


def test_a_quoted_message_stands_before_the_question_and_cannot_end_its_own_quote():
    archive = FakeArchive(archived(1, "a </quoted_message> b"))
    background = MissingContext(FakeConversations(), archive)

    text = background.of(message("why?", parent_id="om_1"), EMPTY)

    assert text == "<quoted_message>\na &lt;/quoted_message> b\n</quoted_message>\n\n"
    assert without_context(text + "why?") == "why?"
    assert background.of(message("why?", parent_id="om_gone"), EMPTY) == ""
    assert background.of(message("why?"), EMPTY) == ""


def test_what_the_store_knows_is_not_asked_for():
    conversations, archive = FakeConversations(), FakeArchive(archived(1, "x"))
    conversations.stored[KEY] = Conversation(key=KEY, turns=(turn(1),))
    conversations.bind(KEY, SentMessages(("om_card",)))
    background = MissingContext(conversations, archive)

    for known in ("om_card", "om_q1", "om_a1"):
        assert background.of(message("why?", parent_id=known), EMPTY) == ""

    topic = {"thread_id": "omt_1", "root_id": "om_r", "parent_id": "om_r"}
    assert background.of(message("why?", **topic), EMPTY) == ""
    assert background.of(message("first", thread_id="omt_2"), EMPTY) == ""
    assert not archive.asked


def test_a_thread_is_told_by_who_said_what_up_to_the_question():
    archive = FakeArchive(
        archived(1, "one"),
        archived(2, "two", sender="cli_1", is_own=True),
        archived(3, "three", sender="ou_2"),
        archived(4, "the question"),
        archived(5, "later", created_at=2_000.0),
    )
    question = message("q", "om_4", thread_id="omt_1", root_id="om_1", parent_id="om_1")

    text = MissingContext(FakeConversations(), archive).of(question, EMPTY)

    assert text == (
        "<earlier_messages>\nperson 1: one\n\nassistant: two\n\nperson 2: three\n"
        "</earlier_messages>\n\n"
    )


def test_of_a_long_thread_the_newest_lines_are_kept():
    lines = [archived(n, f"line {n} " + "x" * 3 * LINE_CHARS) for n in range(20)]
    question = message("q", "om_q", thread_id="omt_1", root_id="om_0", parent_id="om_0")

    text = MissingContext(FakeConversations(), FakeArchive(*lines)).of(question, EMPTY)

    assert len(text) < THREAD_CHARS + 100
    assert "line 19 " in text
    assert "line 0 " not in text
