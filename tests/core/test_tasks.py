"""Tasks as they are stored, by this version and by a newer one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feishu_bot.core.jobs import QueuedTask, read_payload
from feishu_bot.core.legacy_tasks import is_legacy
from feishu_bot.core.messages import Attachment, IncomingMessage, Mention, Sender
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import (
    AskQuestion,
    ContinueAnswer,
    Greet,
    MakeTitle,
    Regenerate,
    RunCommand,
    SuggestCommand,
    Task,
)
from tests.builders import ALICE, message, queued

# A message with everything that one may have.
FULL = message(
    "Who is @Bob?",
    chat_type="group",
    sender=Sender("ou_alice", "u_alice", "on_alice"),
    mentions=(Mention("ou_bob", "Bob"),),
    mentions_bot=True,
    mentions_all=True,
    attachments=(Attachment("file", "file_1", "notes.md"),),
    root_id="om_r",
    parent_id="om_p",
    thread_id="omt_1",
)
TASKS: tuple[Task, ...] = (
    AskQuestion(text="Why?"),
    AskQuestion(text="Who is @Bob?", message=FULL),
    RunCommand(name="help"),
    RunCommand(name="retry", argument="gpt-b", message=FULL, data={"choose": "yes"}),
    SuggestCommand(word="/hlep", nearest="/help", message=FULL),
    Regenerate(answer_id="om_a1", model="gpt-b"),
    ContinueAnswer(card_id="om_a1"),
    MakeTitle(answer_id="om_a1"),
    Greet(),
)
by_type = pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)


def stored(one: QueuedTask) -> tuple[str, dict]:
    """Kind and payload, as a database gives them back."""
    return one.kind, json.loads(json.dumps(one.payload()))


# This version


@by_type
@pytest.mark.parametrize("chat_type", ["p2p", "group", None])
def test_what_is_stored_is_read_back(task, chat_type):
    target = ReplyTarget(message_id="om_1", chat_id="oc_1", chat_type=chat_type, sender=ALICE)
    one = queued(task=task, target=target, created_at=1_000.5)

    kind, payload = stored(one)

    assert not is_legacy(payload)
    assert read_payload(kind, payload) == (target, task, 1_000.5)


TEXT = st.text(max_size=20)
SENDERS = st.builds(Sender, TEXT, TEXT, TEXT, st.booleans())
MESSAGES = st.builds(
    IncomingMessage,
    message_id=TEXT,
    chat_id=TEXT,
    chat_type=st.sampled_from(["p2p", "group"]),
    sender=SENDERS,
    kind=TEXT,
    text=TEXT,
    created_at=st.floats(0, 1e10),
    mentions=st.lists(st.builds(Mention, TEXT, TEXT), max_size=2).map(tuple),
    mentions_bot=st.booleans(),
    mentions_all=st.booleans(),
    attachments=st.lists(
        st.builds(Attachment, st.sampled_from(["image", "file", "audio", "video"]), TEXT, TEXT),
        max_size=2,
    ).map(tuple),
    root_id=TEXT,
    parent_id=TEXT,
    thread_id=TEXT,
)
MAYBE_MESSAGES = st.none() | MESSAGES
ANY_TASK = st.one_of(
    st.builds(AskQuestion, text=TEXT, message=MAYBE_MESSAGES),
    st.builds(
        RunCommand,
        name=TEXT,
        argument=TEXT,
        message=MAYBE_MESSAGES,
        data=st.dictionaries(TEXT, TEXT, max_size=2),
    ),
    st.builds(SuggestCommand, word=TEXT, nearest=TEXT, message=MAYBE_MESSAGES),
    st.builds(Regenerate, answer_id=TEXT, model=TEXT),
    st.builds(ContinueAnswer, card_id=TEXT),
    st.builds(Greet),
)
ANY_TARGET = st.builds(
    ReplyTarget,
    message_id=TEXT,
    chat_id=TEXT,
    chat_type=st.sampled_from(["p2p", "group", None]),
    sender=SENDERS,
)
# The same examples each time, on however slow a machine.
repeatable = settings(derandomize=True, database=None, deadline=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@repeatable
@given(task=ANY_TASK, target=ANY_TARGET, created_at=st.floats(0, 1e10))
def test_any_task_is_read_back(task, target, created_at):
    one = queued(task=task, target=target, created_at=created_at)

    assert read_payload(*stored(one)) == (target, task, created_at)


@by_type
def test_what_a_newer_version_adds_is_left_out(task):
    one = queued(task=task)
    kind, payload = stored(one)
    payload["newer"] = payload["target"]["newer"] = payload["task"]["newer"] = {"x": 1}
    payload["target"]["sender"]["newer"] = 1
    if payload["task"].get("message"):
        said = payload["task"]["message"]
        parts = (said, said["sender"], *said["mentions"], *said["attachments"])
        for part in parts:
            part["newer"] = 1

    assert read_payload(kind, payload) == (one.target, task, one.created_at)


def without(payload: dict, *path: str) -> dict:
    """The payload without one of its parts."""
    first_name, *rest = path
    inner = without(payload[first_name], *rest) if rest else None
    kept = {name: value for name, value in payload.items() if name != first_name}
    return kept if inner is None else {**kept, first_name: inner}


COMPLETE = queued(task=AskQuestion(text="x", message=FULL)).payload()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("unheard_of", COMPLETE),
        ("message", COMPLETE),
        ("ask", {}),
        ("ask", without(COMPLETE, "target")),
        ("ask", without(COMPLETE, "target", "sender")),
        ("ask", without(COMPLETE, "target", "sender", "open_id")),
        ("ask", without(COMPLETE, "target", "chat_id")),
        ("ask", without(COMPLETE, "task")),
        ("ask", without(COMPLETE, "task", "text")),
        ("ask", without(COMPLETE, "task", "message", "sender")),
        ("ask", without(COMPLETE, "task", "message", "mentions")),
        ("ask", without(COMPLETE, "task", "message", "kind")),
        ("ask", without(COMPLETE, "created_at")),
        ("ask", {**COMPLETE, "created_at": "soon"}),
        ("ask", {**COMPLETE, "created_at": None}),
        ("ask", {**COMPLETE, "target": "oc_1"}),
        ("ask", {**COMPLETE, "task": ["x"]}),
        ("ask", {**COMPLETE, "task": {"text": "x", "message": "hello"}}),
    ],
)
def test_what_is_no_task_is_refused(kind, payload):
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_payload(kind, payload)


@repeatable
@given(kind=st.sampled_from(["ask", "run", "regenerate", "message", ""]), payload=JSON)
def test_no_garbage_is_taken_for_a_task(kind, payload):
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_payload(kind, payload)
