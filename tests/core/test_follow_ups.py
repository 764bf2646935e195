"""Questions that are suggested under an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.background.follow_ups import (
    MAX_CHARS,
    MAX_QUESTIONS,
    MAX_TOKENS,
    clean_questions,
)
from feishu_bot.core.chat_model import LateReasoning, StreamEnd, StreamStart, TextDelta
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.limits import Quota
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import FollowUpQuestions, Retirement
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import AskQuestion, ShowFollowUps, SuggestFollowUps
from feishu_bot.errors import ModelError
from tests.builders import ALICE, BOB, KEY, BotWorld, daily, job, turn, usage

THREE = "How much?\nSince when?\nBy whom?"


def suggesting(**options) -> BotWorld:
    """A bot that suggests, with one answer in Alice's private chat."""
    world = BotWorld(suggestions=True, **options)
    world.people.meet(ALICE.open_id, "oc_1")
    world.remember(turn(1))
    world.conversations.bind(KEY, SentMessages(("om_a1",), card_ids={"om_a1": "card_1"}))
    return world


def suggest(world: BotWorld, *, control: JobControl | None = None, **changes) -> None:
    """Do the tasks that follow the answer."""
    task = SuggestFollowUps(answer_id="om_a1")
    asked = job(task=task, key=ConversationKey("oc_1", "follow_ups:om_a1"), id=50, **changes)
    world.bot.work(asked, control or JobControl())
    world.work()


def shown(world: BotWorld) -> list[tuple[str, ...]]:
    return [
        edit.questions
        for _, _, edit in world.messenger.edits
        if isinstance(edit, FollowUpQuestions)
    ]


def test_they_are_put_on_the_card_once_the_answer_has_landed():
    world = suggesting()
    world.model.enqueue_text(THREE)

    suggest(world)

    (edit,) = world.messenger.edits
    expected = FollowUpQuestions(questions=("How much?", "Since when?", "By whom?"))
    assert edit == ("om_a1", "card_1", expected)
    prompt = world.model.prompts[0]
    assert (prompt.model, prompt.is_fixed, prompt.max_tokens) == ("gpt-a", False, MAX_TOKENS)
    assert "Q1" in prompt.messages[-1].content
    assert "A1" in prompt.messages[-1].content


def test_a_complete_answer_asks_for_them():
    world = suggesting()
    world.model.enqueue_text("yes")

    world.say("hello")

    tasks = [one.task for one in world.inbox.tasks]
    assert tasks[1:] == [SuggestFollowUps(answer_id="om_answer")]
    assert world.inbox.tasks[1].key != world.inbox.tasks[0].key


@pytest.mark.parametrize(
    "end",
    [
        StreamEnd("length"),
        StreamEnd("content_filter"),
        StreamEnd("cut"),
        ModelError("gateway_busy"),
    ],
)
def test_an_answer_that_is_not_complete_has_none(end):
    world = suggesting()
    world.model.enqueue(StreamStart("gpt-x"), TextDelta("half"), end)

    world.say("hello")

    assert len(world.inbox.tasks) == 1


def test_without_the_setting_nothing_at_all_happens():
    world = BotWorld()
    world.model.enqueue_text("yes")

    world.say("hello")
    suggest(world)

    assert len(world.inbox.tasks) == 1
    assert len(world.model.prompts) == 1
    assert not world.messenger.edits


def test_the_model_may_be_another_one():
    world = suggesting(suggestions_model="gpt-b")
    world.model.enqueue_text(THREE)

    suggest(world)

    assert (world.model.prompts[0].model, world.model.prompts[0].is_fixed) == ("gpt-b", True)


def test_what_they_take_is_counted_and_is_no_question():
    world = suggesting()
    world.model.enqueue_text(THREE)

    suggest(world)

    spent = world.inbox.finished[50][2]
    assert (spent.open_id, spent.model, spent.outcome) == (ALICE.open_id, "gpt-x", "noticed")
    assert (spent.prompt_tokens, spent.completion_tokens) == (30, 12)


def test_they_come_too_late_where_the_conversation_has_gone_on():
    world = suggesting()
    world.remember(turn(1), turn(2, 1))
    suggest(world)
    assert not world.model.prompts

    world.remember(turn(1))
    world.model.enqueue_text(THREE)
    task = ShowFollowUps(answer_id="om_a1", questions=("How much?",))
    world.remember(turn(1), turn(2, 1))
    world.bot.work(job(task=task), JobControl())
    assert not shown(world)


def test_who_has_used_up_the_day_is_suggested_nothing():
    world = suggesting(limits=daily(person=Quota(tokens=100)), clock=lambda: 1_000.0)
    world.usage.used.append(usage(prompt_tokens=100))

    suggest(world)

    assert not world.model.prompts


@pytest.mark.parametrize("failure", [ModelError("gateway_busy"), RuntimeError("a bug")])
def test_a_failure_ends_in_silence(failure):
    world = suggesting()
    world.model.enqueue(StreamStart("gpt-x"), failure)

    suggest(world)

    assert world.inbox.finished[50][0] == "noticed"
    assert not world.messenger.edits
    assert not world.messenger.notices


def test_a_stream_that_breaks_leaves_no_half_question_and_is_counted():
    world = suggesting()
    world.model.enqueue(StreamStart("gpt-x"), TextDelta("How mu"), ModelError("gateway_busy"))

    suggest(world)

    assert not world.messenger.edits
    assert world.inbox.finished[50][2].completion_tokens > 0


def test_what_turns_out_to_be_reasoning_is_no_question():
    world = suggesting()
    thought = TextDelta("What could they ask?\n")
    world.model.enqueue(
        StreamStart("gpt-x"), thought, LateReasoning(), TextDelta("How much?"), StreamEnd("stop")
    )

    suggest(world)

    assert shown(world) == [("How much?",)]


def test_a_model_that_does_not_end_is_not_read_to_the_end():
    world = suggesting()
    world.model.enqueue(StreamStart("gpt-x"), *[TextDelta("word " * 50)] * 1_000)

    suggest(world)

    assert not shown(world)
    # Nobody told what it took: it is estimated.
    spent = world.inbox.finished[50][2]
    assert 0 < spent.completion_tokens < 1_000


def test_there_is_a_time_limit():
    now = [0.0]

    def timer() -> float:
        now[0] += 15.0
        return now[0]

    world = suggesting(timer=timer)
    world.model.enqueue_text("How much?", "\nSince when?", "\nBy whom?")

    suggest(world)

    assert shown(world) == [("How much?",)]


def test_a_stop_leaves_the_card_as_it_is():
    world = suggesting()
    world.model.enqueue_text(THREE)
    control = JobControl()
    control.stop()

    suggest(world, control=control)

    assert not world.messenger.edits


# Pressed


def press(world: BotWorld, question: str = "How much?", **more):
    return world.click("follow_up", on="om_a1", question=question, **more)


def test_a_pressed_question_is_asked_after_its_answer():
    world = suggesting()
    world.model.enqueue_text("A lot.")

    first, again = press(world), press(world)
    world.work()

    assert (first.toast.notice.kind, again.toast.notice.kind) == (
        "follow_up_asked",
        "asked_before",
    )
    assert [line.content for line in world.model.last_messages] == ["Q1", "A1", "How much?"]
    assert world.inbox.tasks[0].target.asked == "How much?"
    assert world.inbox.finished[1][1].asker == ALICE.open_id


def test_in_a_group_it_is_said_who_asks():
    world = BotWorld(suggestions=True)
    world.people.meet(BOB.open_id, "oc_bob")
    world.names.known[BOB.open_id] = "Bob"
    world.remember(turn(1))
    world.model.enqueue_text("A lot.")

    press(world, operator=BOB)
    world.work()

    assert world.inbox.tasks[0].target.asked == "Bob: How much?"
    assert world.model.last_messages[-1].content.endswith("How much?")
    assert "Bob" in world.model.last_messages[-1].content
    assert world.inbox.finished[1][1].asker == BOB.open_id


def test_who_may_not_ask_presses_in_vain():
    world = suggesting(policy=AccessPolicy(blocked_users=[ALICE.open_id]))

    press(world)

    assert not world.inbox.tasks


@pytest.mark.parametrize(
    "question", ["", "x" * 5_000, "<at id=all></at>", "one\ntwo", "\u202e\x00"]
)
def test_a_forged_question_is_not_asked(question):
    world = suggesting()

    assert press(world, question).toast.severity == "warning"
    assert not world.inbox.tasks


def test_a_command_in_a_button_is_a_question():
    world = suggesting()

    press(world, "/forget")

    assert world.inbox.tasks[0].task == AskQuestion(text="/forget")


def test_a_recalled_question_takes_them_off_the_card():
    world = suggesting()
    world.bot.recall("om_q1")
    world.work()

    edits = [type(edit) for _, _, edit in world.messenger.edits]
    assert edits == [Retirement, FollowUpQuestions]
    assert shown(world) == [()]


# What a model may write


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("1. 多少钱？\n2、什么时候？\n（3）谁来做？", ("多少钱？", "什么时候？", "谁来做？")),
        ("- How much?\n* Since when?\n• By whom?", ("How much?", "Since when?", "By whom?")),
        ('"How much?"\n“多少钱？”\n**By whom?**', ("How much?", "多少钱？", "By whom?")),
        ("3.5 和 4 有什么不同？", ("3.5 和 4 有什么不同？",)),
        ("2024 年呢？\n2024 年呢？", ("2024 年呢？",)),
        ("“A”是什么？", ("“A”是什么？",)),
        ("one?\ntwo?\nthree?\nfour?", ("one?", "two?", "three?")),
        ("x" * 81 + "\nShort?", ("Short?",)),
        ("<at id=all></at>\n[link](http://x)\nrun `rm`, please\nWhy?", ("Why?",)),
        ("W\u200bhy\u202e?\x07", ("W hy ?",)),
        ("Three will do: **one**, **two**", ()),
        ("\n \n", ()),
        ("Q1", ()),
    ],
)
def test_questions_are_taken_out_of_what_a_model_writes(text, questions):
    assert clean_questions(text, but="Q1") == questions


@given(st.text() | st.text(alphabet='1.-*"“”（）() \nab', max_size=60))
def test_whatever_a_model_writes_comes_to_a_few_short_plain_lines(text: str) -> None:
    questions = clean_questions(text)

    assert len(questions) <= MAX_QUESTIONS
    for question in questions:
        assert 2 <= len(question) <= MAX_CHARS
        assert question.isprintable()
        assert not set(question) & set("<>`\n")
    # What is on the buttons is what is asked when they are pressed.
    assert clean_questions("\n".join(questions)) == questions
