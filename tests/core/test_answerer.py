"""One question, one answer, with everything around the core replaced by fakes."""

from __future__ import annotations

import pytest

from feishu_bot.core.answering.answer_run import AnswerRun
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.chat_model import (
    ChatMessage,
    ReasoningDelta,
    StreamEnd,
    StreamStart,
    TextDelta,
)
from feishu_bot.core.conversations import Turn
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.errors import FeishuUnavailable, ModelError, PermissionMissing, TargetGone
from tests.builders import KEY, BotWorld, job, message, turn
from tests.core.fakes import FakeInbox, RecordedAnswer, RecordingMessenger


def answering_world(context_tokens: int = 1000) -> BotWorld:
    """A bot with a system prompt, on the first day of 1971."""
    return BotWorld(
        system_prompt="Today is {date}.",
        context_tokens=context_tokens,
        footer=frozenset({"model", "tokens"}),
        clock=lambda: 86400.0 * 365,
    )


@pytest.fixture
def world() -> BotWorld:
    """A bot that has not been asked anything."""
    return answering_world()


@pytest.fixture
def control() -> JobControl:
    """What ends the job early."""
    return JobControl()


def answer(world: BotWorld, control: JobControl | None = None, **changes) -> RecordedAnswer:
    """Ask the one question of these tests; the answer on the screen."""
    world.bot.work(job(message("Hello?"), **changes), control or JobControl())
    return world.messenger.answers[-1]


def outcome(world: BotWorld) -> str:
    return world.inbox.finished[1][0]


def stored_turn(world: BotWorld) -> Turn | None:
    return world.inbox.finished[1][1]


def test_the_model_is_asked_with_system_prompt_and_question(world):
    world.model.enqueue_text("Hi")

    answer(world)

    assert world.model.last_messages == (
        ChatMessage("system", "Today is 1971-01-01."),
        ChatMessage("user", "Hello?"),
    )


def test_the_answer_is_shown_stored_and_bound_to_its_conversation(world):
    world.model.enqueue_text("Hi", " there")

    shown = answer(world)

    assert shown.text == shown.ending.text == "Hi there"
    assert shown.ending.footer.model == "gpt-x"
    assert shown.ending.footer.tokens == 42
    assert shown.ending.footer.seconds == 0.0
    assert outcome(world) == "answered"
    assert (stored_turn(world).question, stored_turn(world).answer) == ("Hello?", "Hi there")
    assert stored_turn(world).answer_ids == ("om_answer",)
    assert world.conversations.key_of("om_answer") == KEY


def test_the_turn_goes_on_from_the_newest_one(world):
    world.remember(turn(7, question="q", answer="a"))
    world.model.enqueue_text("Hi")

    answer(world)

    assert stored_turn(world).parent == 7
    assert [line.content for line in world.model.last_messages][1:] == ["q", "a", "Hello?"]


def test_reasoning_is_shown_and_kept_out_of_the_history(world):
    world.model.enqueue(StreamStart("m"), ReasoningDelta("hm, "), TextDelta("4"), StreamEnd("stop"))

    shown = answer(world)

    assert shown.ending.reasoning == "hm, "
    assert stored_turn(world).answer == "4"


@pytest.mark.parametrize(
    ("reason", "notice", "can_continue"),
    [
        ("stop", None, False),
        ("length", "length", True),
        ("cut", "cut", True),
        ("content_filter", "filtered_partly", False),
    ],
)
def test_an_answer_that_is_not_whole_says_so(world, reason, notice, can_continue):
    world.model.enqueue(StreamStart("m"), TextDelta("Once upon"), StreamEnd(reason))

    ending = answer(world).ending

    assert (ending.notice and ending.notice.kind) == notice
    assert ending.can_continue is can_continue
    assert stored_turn(world).finish_reason == reason


def test_a_failure_of_the_model_becomes_a_notice_with_its_request_id(world):
    world.model.enqueue(ModelError("key_exhausted", "secret detail", request_id="req-9"))

    ending = answer(world).ending

    assert ending.notice.kind == "key_exhausted"
    assert ending.notice.params["request_id"] == "req-9"
    assert outcome(world) == "noticed"
    assert (stored_turn(world).question, stored_turn(world).answer) == ("Hello?", "")


def test_what_came_before_a_failure_is_kept(world):
    world.model.enqueue(StreamStart("m"), TextDelta("Half"), ModelError("stream_broken"))

    ending = answer(world).ending

    assert ending.text == "Half"
    assert ending.notice.kind == "stream_broken"
    assert ending.can_continue
    assert stored_turn(world).answer == "Half"


def test_a_prompt_that_is_too_long_is_halved_and_asked_again():
    world = answering_world(context_tokens=10_000)
    world.remember(*(turn(n, question="q" * 600, answer="a" * 600) for n in range(8)))
    world.model.enqueue(ModelError("context_too_long"))
    world.model.enqueue_text("Hi")

    shown = answer(world)

    assert shown.ending.text == "Hi"
    first, second = (len(prompt.messages) for prompt in world.model.prompts)
    assert 2 < second <= first // 2 + 1


def test_a_question_that_is_too_long_by_itself_is_said_so_after_one_try(world):
    world.model.enqueue(ModelError("context_too_long"))

    assert answer(world).ending.notice.kind == "context_too_long"
    assert len(world.model.prompts) == 1


def test_an_answer_that_could_not_be_shown_is_kept_for_the_next_try(world):
    world.model.enqueue_text("Hi")
    world.messenger.failure = FeishuUnavailable("down")

    with pytest.raises(FeishuUnavailable):
        answer(world)

    assert not world.inbox.finished
    world.messenger.failure = None
    again = answer(world, attempt=2, checkpoint=world.inbox.checkpoints[1])
    assert again.ending.text == "Hi"
    assert again.checkpoint == {"cards": [{"card_id": "c1"}]}
    assert len(world.model.prompts) == 1


def test_a_recalled_question_ends_quietly(world):
    world.model.enqueue_text("Hi")
    world.messenger.failure = TargetGone("recalled", code=230011)

    answer(world)

    assert outcome(world) == "stopped"
    assert stored_turn(world) is None


def test_a_refusal_for_good_ends_the_job_as_failed(world):
    world.model.enqueue_text("Hi")
    world.messenger.failure = PermissionMissing("scope", code=99991672)

    answer(world)

    assert outcome(world) == "failed"


def test_a_stopped_answer_keeps_what_it_has_and_can_be_gone_on_with(world, control):
    world.model.enqueue_text("Hi", " there", " friend")
    world.messenger.on_write = lambda shown: control.stop()

    shown = answer(world, control)

    assert shown.ending.text == "Hi"
    assert shown.ending.notice.kind == "stopped"
    assert shown.ending.can_continue
    assert shown.ending.can_regenerate
    assert outcome(world) == "stopped"
    assert (stored_turn(world).question, stored_turn(world).answer) == ("Hello?", "Hi")


def test_an_answer_stopped_before_its_first_word_can_be_asked_for_again(world, control):
    control.stop()
    world.model.enqueue_text("Hi")

    shown = answer(world, control)

    assert (shown.ending.text, shown.ending.notice.kind) == ("", "stopped")
    assert shown.ending.can_regenerate
    assert not shown.ending.can_continue
    assert stored_turn(world).answer == ""


def test_a_model_that_breaks_off_because_of_a_stop_has_not_failed(world, control):
    def stop_and_fail():
        control.stop()
        return ModelError("gateway_timeout_first")

    world.model.stream = lambda prompt, is_unwanted: _raising(stop_and_fail())

    assert answer(world, control).ending.notice.kind == "stopped"


def test_a_question_without_an_answer_is_no_part_of_the_history(world):
    world.remember(turn(7, question="q", answer=""))
    world.model.enqueue_text("Hi")

    answer(world)

    assert [line.content for line in world.model.last_messages][1:] == ["Hello?"]
    assert stored_turn(world).parent == 7


def test_an_answer_lost_to_another_process_leaves_no_trace(world, control):
    world.model.enqueue_text("Hi", " there")

    def mark_lost(_shown):
        world.inbox.taken_over.add(1)
        control.mark_lost()

    world.messenger.on_write = mark_lost

    shown = answer(world, control)

    assert shown.abandoned
    assert shown.ending is None
    assert not world.inbox.finished


def test_an_answer_given_up_ends_in_its_own_card(world):
    shown = answer(world, attempt=6, checkpoint={"card": {"cards": [{"card_id": "c1"}]}})

    assert shown.checkpoint == {"cards": [{"card_id": "c1"}]}
    assert shown.ending.notice.kind == "gave_up"
    assert outcome(world) == "noticed"


def test_a_card_and_its_messages_are_stored_at_once():
    inbox, noted = FakeInbox(), []
    run = AnswerRun(
        job(message("Hello?")),
        JobControl(),
        jobs=inbox,
        messenger=RecordingMessenger(),
        footer=frozenset(),
        seconds=lambda: 0.0,
        on_sent=lambda sent: noted.append((inbox.is_together, sent.message_ids)),
    )

    run.show(lambda _: Draft(text="Hi"))

    assert noted == [(True, ("om_answer",))]
    assert inbox.checkpoints[1]["card"]


def _raising(exc):
    raise exc
    yield
