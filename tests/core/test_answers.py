"""One question, one answer, with everything around the core replaced by fakes."""

from __future__ import annotations

import pytest

from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.chat_model import (
    ChatMessage,
    ReasoningDelta,
    StreamEnd,
    StreamStart,
    TextDelta,
)
from feishu_bot.core.conversations import Conversation, ConversationKey, Turn
from feishu_bot.core.queue.job_control import JobControl
from feishu_bot.core.tasks import Job, QueuedTask
from feishu_bot.errors import FeishuUnavailable, ModelError, PermissionMissing, TargetGone
from tests.core.fakes import (
    FakeChats,
    FakeConversations,
    FakeInbox,
    RecordingMessenger,
    ScriptedModel,
    message,
)

KEY = ConversationKey("oc_1", "om_1")


class World:
    """Answers with fakes on all sides."""

    def __init__(self, context_tokens: int = 1000) -> None:
        self.inbox = FakeInbox()
        self.conversations = FakeConversations()
        self.chats = FakeChats()
        self.model = ScriptedModel()
        self.messenger = RecordingMessenger()
        self.control = JobControl()
        self.answers = Answerer(
            inbox=self.inbox,
            conversations=self.conversations,
            chats=self.chats,
            model=self.model,
            messenger=self.messenger,
            system_prompt="Today is {date}.",
            context_tokens=context_tokens,
            footer=frozenset({"model", "tokens"}),
            clock=lambda: 86400.0 * 365,
        )

    def job(self, **changes) -> Job:
        event = QueuedTask(
            event_id="ev_1", dedupe_id="om_1", kind="message", key=KEY, message=message("Hello?")
        )
        return Job(**{"id": 1, "event": event, "attempt": 1} | changes)

    def answer(self, **changes):
        self.answers.answer(self.job(**changes), "Hello?", self.control)
        return self.messenger.answers[-1]

    @property
    def outcome(self):
        return self.inbox.finished[1][0]

    @property
    def turn(self) -> Turn | None:
        return self.inbox.finished[1][1]


@pytest.fixture
def world():
    return World()


def test_the_model_is_asked_with_system_prompt_and_question(world):
    world.model.enqueue_text("Hi")

    world.answer()

    assert world.model.last_messages == (
        ChatMessage("system", "Today is 1971-01-01."),
        ChatMessage("user", "Hello?"),
    )


def test_the_answer_is_shown_stored_and_bound_to_its_conversation(world):
    world.model.enqueue_text("Hi", " there")

    answer = world.answer()

    assert answer.text == answer.ending.text == "Hi there"
    assert answer.ending.footer.model == "gpt-x"
    assert answer.ending.footer.tokens == 42
    assert answer.ending.footer.seconds == 0.0
    assert world.outcome == "answered"
    assert (world.turn.question, world.turn.answer) == ("Hello?", "Hi there")
    assert world.turn.answer_ids == ("om_answer",)
    assert world.conversations.key_of("om_answer") == KEY


def test_the_turn_goes_on_from_the_newest_one(world):
    earlier = Turn(id=7, question="q", answer="a", question_id="om_0")
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=(earlier,))
    world.model.enqueue_text("Hi")

    world.answer()

    assert world.turn.parent == 7
    assert [line.content for line in world.model.last_messages][1:] == ["q", "a", "Hello?"]


def test_reasoning_is_shown_and_kept_out_of_the_history(world):
    world.model.enqueue(StreamStart("m"), ReasoningDelta("hm, "), TextDelta("4"), StreamEnd("stop"))

    answer = world.answer()

    assert answer.ending.reasoning == "hm, "
    assert world.turn.answer == "4"


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

    ending = world.answer().ending

    assert (ending.notice and ending.notice.kind) == notice
    assert ending.can_continue is can_continue
    assert world.turn.finish_reason == reason


def test_a_failure_of_the_model_becomes_a_notice_with_its_request_id(world):
    world.model.enqueue(ModelError("key_exhausted", "secret detail", request_id="req-9"))

    ending = world.answer().ending

    assert ending.notice.kind == "key_exhausted"
    assert ending.notice.params["request_id"] == "req-9"
    assert world.outcome == "noticed"
    assert (world.turn.question, world.turn.answer) == ("Hello?", "")


def test_what_came_before_a_failure_is_kept(world):
    world.model.enqueue(StreamStart("m"), TextDelta("Half"), ModelError("stream_broken"))

    ending = world.answer().ending

    assert ending.text == "Half"
    assert ending.notice.kind == "stream_broken"
    assert ending.can_continue
    assert world.turn.answer == "Half"


def test_a_prompt_that_is_too_long_is_halved_and_asked_again():
    world = World(context_tokens=10_000)
    turns = tuple(
        Turn(id=n, question="q" * 600, answer="a" * 600, question_id=f"om_{n}") for n in range(8)
    )
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=turns)
    world.model.enqueue(ModelError("context_too_long"))
    world.model.enqueue_text("Hi")

    answer = world.answer()

    assert answer.ending.text == "Hi"
    first, second = (len(prompt.messages) for prompt in world.model.prompts)
    assert 2 < second <= first // 2 + 1


def test_a_question_that_is_too_long_by_itself_is_said_so_after_one_try(world):
    world.model.enqueue(ModelError("context_too_long"))

    assert world.answer().ending.notice.kind == "context_too_long"
    assert len(world.model.prompts) == 1


def test_an_answer_that_could_not_be_shown_is_kept_for_the_next_try(world):
    world.model.enqueue_text("Hi")
    world.messenger.failure = FeishuUnavailable("down")

    with pytest.raises(FeishuUnavailable):
        world.answer()

    assert not world.inbox.finished
    world.messenger.failure = None
    again = world.answer(attempt=2, checkpoint=world.inbox.checkpoints[1])
    assert again.ending.text == "Hi"
    assert again.checkpoint == {"cards": [{"card_id": "c1"}]}
    assert len(world.model.prompts) == 1


def test_a_recalled_question_ends_quietly(world):
    world.model.enqueue_text("Hi")
    world.messenger.failure = TargetGone("recalled", code=230011)

    world.answer()

    assert world.outcome == "stopped"
    assert world.turn is None


def test_a_refusal_for_good_ends_the_job_as_failed(world):
    world.model.enqueue_text("Hi")
    world.messenger.failure = PermissionMissing("scope", code=99991672)

    world.answer()

    assert world.outcome == "failed"


def test_a_stopped_answer_keeps_what_it_has_and_can_be_gone_on_with(world):
    world.model.enqueue_text("Hi", " there", " friend")
    world.messenger.on_write = lambda answer: world.control.stop()

    answer = world.answer()

    assert answer.ending.text == "Hi"
    assert answer.ending.notice.kind == "stopped"
    assert answer.ending.can_continue
    assert answer.ending.can_regenerate
    assert world.outcome == "stopped"
    assert (world.turn.question, world.turn.answer) == ("Hello?", "Hi")


def test_an_answer_stopped_before_its_first_word_can_be_asked_for_again(world):
    world.control.stop()
    world.model.enqueue_text("Hi")

    answer = world.answer()

    assert (answer.ending.text, answer.ending.notice.kind) == ("", "stopped")
    assert answer.ending.can_regenerate
    assert not answer.ending.can_continue
    assert world.turn.answer == ""


def test_a_model_that_breaks_off_because_of_a_stop_has_not_failed(world):
    def stop_and_fail():
        world.control.stop()
        return ModelError("gateway_timeout_first")

    world.model.stream = lambda prompt, is_unwanted: _raising(stop_and_fail())

    assert world.answer().ending.notice.kind == "stopped"


def test_a_question_without_an_answer_is_no_part_of_the_history(world):
    empty = Turn(id=7, question="q", answer="", question_id="om_0")
    world.conversations.stored[KEY] = Conversation(key=KEY, turns=(empty,))
    world.model.enqueue_text("Hi")

    world.answer()

    assert [line.content for line in world.model.last_messages][1:] == ["Hello?"]
    assert world.turn.parent == 7


def test_an_answer_lost_to_another_process_leaves_no_trace(world):
    world.model.enqueue_text("Hi", " there")

    def mark_lost(answer):
        world.inbox.taken_over.add(1)
        world.control.mark_lost()

    world.messenger.on_write = mark_lost

    answer = world.answer()

    assert answer.abandoned
    assert answer.ending is None
    assert not world.inbox.finished


def test_an_answer_given_up_ends_in_its_own_card(world):
    job = world.job(attempt=6, checkpoint={"card": {"cards": [{"card_id": "c1"}]}})

    world.answers.give_up(job, "Hello?", world.control)

    answer = world.messenger.answers[-1]
    assert answer.checkpoint == {"cards": [{"card_id": "c1"}]}
    assert answer.ending.notice.kind == "gave_up"
    assert world.outcome == "noticed"


def _raising(exc):
    raise exc
    yield
