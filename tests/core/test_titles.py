"""What conversations are called."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.background.title_maker import BEHIND_SECONDS, TIME_LIMIT
from feishu_bot.core.chat_model import LateReasoning, StreamEnd, StreamStart, TextDelta
from feishu_bot.core.conversations import RUNNING, ConversationKey
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.core.tasks import MakeTitle
from feishu_bot.core.titles import LINE_CHARS, TITLE_CHARS, clean_title, first_line, first_words
from feishu_bot.errors import ModelError
from tests.builders import BotWorld, turn


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("  怎么写\n周报？ ", "怎么写 周报？"),
        ("# Title\n\n- **bold** and `code`", "Title bold and code"),
        ("看看 [这个页面](https://example.com/a?b=c) 怎么样", "看看 这个页面 怎么样"),
        ("![](https://example.com/x.png) what is it", "what is it"),
        ("```python\nprint(1)\n```\nwhy?", "print(1) why?"),
        ("@小明 你觉得呢", "你觉得呢"),
        ("写信给 a@b.com", "写信给 a@b.com"),
        ("@小明", "@小明"),
        ("<quoted_message>\nold words\n</quoted_message>\n\n再短一点", "再短一点"),
        ("5 * 3 = 15, a_b", "5 * 3 = 15, a_b"),
        ("hid\u200bden\u202e \x07bell", "hidden bell"),
        ("", ""),
        ("x" * 100, "x" * (TITLE_CHARS - 1) + "…"),
    ],
)
def test_the_first_words_are_those_that_somebody_wrote(question, title):
    assert first_words(question) == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("周报模板", "周报模板"),
        ("《周报模板》。", "周报模板"),
        ("标题：周报模板", "周报模板"),
        ('"Title: Weekly report"', "Weekly report"),
        ("\n\n## **Weekly report**\n\nIt is about …", "Weekly report"),
        ("[click](http://evil.example) <at id=all></at>", "click <at id=all></at>"),
        ("* * *\n---\nreal", "real"),
        ("\u202e\u200b", ""),
        ("。", ""),
        ("字" * 100, "字" * (TITLE_CHARS - 1) + "…"),
    ],
)
def test_what_a_model_gives_becomes_one_short_line(text, title):
    assert clean_title(text) == title


@given(st.text(max_size=300))
def test_no_text_makes_more_than_one_short_line(text):
    for line, most in (
        (clean_title(text), TITLE_CHARS),
        (first_words(text), TITLE_CHARS),
        (first_line(text), LINE_CHARS),
    ):
        assert len(line) <= most
        assert "\n" not in line
        assert line == line.strip()


class TestMaking:
    @pytest.fixture
    def world(self):
        return BotWorld(title_model="gpt-small", clock=lambda: 1_000.0)

    @staticmethod
    def titles(world):
        return [task for task in world.inbox.tasks if isinstance(task.task, MakeTitle)]

    def make(self, world, *, control=None):
        """Do the task that a first answer has left behind."""
        world.say("怎么写周报")
        world.remember(turn(7, question="怎么写周报", answer_ids=("om_answer",)))
        (job,) = world.inbox.claim(10)
        world.bot.work(job, control or JobControl())
        return world.inbox.finished[job.id]

    def test_none_is_made_unless_a_model_is_named_for_it(self):
        world = BotWorld()
        world.model.enqueue_text("fine")

        world.say()

        assert self.titles(world) == []

    def test_the_first_answer_is_named_in_a_conversation_of_its_own_behind_what_is_asked(
        self, world
    ):
        world.model.enqueue_text("fine")

        world.say("怎么写周报")

        (task,) = self.titles(world)
        assert task.task.answer_id == "om_answer"
        assert task.key != world.inbox.tasks[0].key
        assert task.created_at == 1_000.0 + BEHIND_SECONDS

    def test_a_later_answer_is_not_named(self, world):
        world.remember(turn(1), key=ConversationKey("oc_1", RUNNING))
        world.model.enqueue_text("fine")

        world.say("more")

        assert self.titles(world) == []

    def test_what_came_to_no_answer_is_not_named(self, world):
        world.model.enqueue(ModelError("busy"))

        world.say()

        assert self.titles(world) == []

    def test_the_title_is_cleaned_and_stored_and_counts_as_usage_but_not_as_an_answer(self, world):
        world.model.enqueue_text("fine")
        world.model.enqueue_text("《周报", "模板》。")

        outcome, stored, usage = self.make(world)

        assert world.history.titles == {7: "周报模板"}
        assert (outcome, stored) == ("noticed", None)
        assert (usage.outcome, usage.open_id, usage.chat_id) == ("noticed", "ou_alice", "oc_1")
        assert usage.prompt_tokens + usage.completion_tokens > 0
        prompt = world.model.prompts[-1]
        assert (prompt.model, prompt.is_fixed) == ("gpt-small", True)
        assert "怎么写周报" in prompt.messages[-1].content

    def test_a_failing_model_leaves_the_first_words(self, world):
        world.model.enqueue_text("fine")
        world.model.enqueue(ModelError("busy"))

        outcome, _, usage = self.make(world)

        assert outcome == "noticed"
        assert world.history.titles == {}
        assert usage.completion_tokens == 0

    def test_a_model_that_writes_on_and_on_is_left(self, world):
        world.model.enqueue_text("fine")
        endless = [TextDelta("x" * 100)] * 10
        world.model.enqueue(StreamStart("gpt-small"), *endless, AssertionError("read on"))

        self.make(world)

        assert world.history.titles == {7: "x" * (TITLE_CHARS - 1) + "…"}

    def test_a_model_that_thinks_on_and_on_is_left(self):
        now = itertools.count(0.0, TIME_LIMIT / 5)
        world = BotWorld(title_model="gpt-small", timer=lambda: next(now))
        world.model.enqueue_text("fine")
        thoughts = [StreamStart("gpt-small")] * 10
        world.model.enqueue(*thoughts, AssertionError("read on"))

        self.make(world)

        assert world.history.titles == {}

    def test_what_turns_out_to_be_reasoning_is_no_title(self, world):
        world.model.enqueue_text("fine")
        world.model.enqueue(
            StreamStart("gpt-small"),
            TextDelta("let me think"),
            LateReasoning(),
            TextDelta("Weekly report"),
            StreamEnd("stop", 5, 6),
        )

        _, _, usage = self.make(world)

        assert world.history.titles == {7: "Weekly report"}
        assert (usage.prompt_tokens, usage.completion_tokens) == (5, 6)

    def test_a_conversation_that_is_gone_is_not_asked_about(self, world):
        world.model.enqueue_text("fine")
        world.say()
        asked = len(world.model.prompts)

        world.work()

        assert len(world.model.prompts) == asked
        assert world.history.titles == {}

    def test_one_that_is_recalled_meanwhile_gets_no_title(self, world):
        world.model.enqueue_text("fine")
        world.model.enqueue_text("Weekly report")
        control = JobControl()
        control.stop()

        self.make(world, control=control)

        assert world.history.titles == {}
