"""What is kept of an answer while it is written, and how it is gone on with."""

from __future__ import annotations

import pytest

from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.progress import BrokenTry, Progress, ShownText
from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.answering.seam import Seam
from feishu_bot.core.chat_model import (
    LateReasoning,
    ReasoningDelta,
    StreamEnd,
    StreamStart,
    TextDelta,
)
from feishu_bot.core.queue.running_jobs import JobControl
from feishu_bot.errors import ModelError, StoreUnavailable
from tests.builders import BotWorld, job, message

# As an earlier process leaves it: its card, and what it had read of the answer.
CARD = {"card": {"cards": [{"card_id": "c1"}]}}


def written(text="", reasoning="", model="gpt-x", before=None, **about) -> Progress:
    """One try, as it stands."""
    progress = Progress(before or ShownText())
    progress.ask(model, 100)
    progress.text.append(text)
    progress.reasoning.append(reasoning)
    progress.note(**about)
    return progress


def resume(world: BotWorld, progress: str, control=None, **changes):
    """The answer to "Hello?" by another process."""
    claimed = job(message("Hello?"), checkpoint=CARD, progress=progress, **changes)
    world.bot.work(claimed, control or JobControl())
    return world.messenger.answers[-1]


# The lines


def test_only_what_is_new_is_kept_and_all_of_it_is_read():
    progress = written("你好\n", "hm")
    lines = progress.news()
    progress.kept()
    assert progress.news() == ""
    progress.text.append("and \u2028 more")
    line = progress.news()
    assert "你好" not in line
    assert "gpt" not in line

    shown = ShownText.read(lines + line)

    assert (shown.text, shown.reasoning) == ("你好\nand \u2028 more", "hm")
    spent = estimate_tokens(shown.text + shown.reasoning)
    assert shown.tries == [BrokenTry("gpt-x", 100, spent)]


def test_the_first_words_are_told_apart_from_thoughts_and_from_what_follows():
    progress = Progress(ShownText())
    progress.ask("m", 5)
    progress.reasoning.append("Well")
    assert not progress.has_first_words

    progress.text.append("Hello")
    assert progress.has_first_words
    progress.news()
    progress.kept()
    progress.text.append(" there")
    assert not progress.has_first_words


def test_a_line_that_was_stored_although_nobody_heard_of_it_changes_nothing():
    progress = written("one ")
    lines = progress.news()
    progress.text.append("two")

    assert ShownText.read(lines + progress.news()).text == "one two"


def test_what_was_no_part_of_the_answer_is_taken_back():
    progress = written("let me think", "well, ")
    lines = progress.news()
    progress.kept()
    progress.take_back_text()
    progress.text.append("42")

    shown = ShownText.read(lines + progress.news())

    assert (shown.text, shown.reasoning) == ("42", "well, let me think")


def test_what_is_taken_back_while_it_is_stored_is_not_missed():
    progress = written("let me think")
    lines = progress.news()
    progress.take_back_text()
    progress.kept()

    shown = ShownText.read(lines + progress.news())

    assert (shown.text, shown.reasoning) == ("", "let me think")


def test_each_try_counts_what_it_has_written_itself():
    first = written("one ").news()
    second = written("two ", before=ShownText.read(first)).news()
    third = written("three", before=ShownText.read(first + second)).news()

    shown = ShownText.read(first + second + third)

    assert shown.text == "one two three"
    counts = [one.completion_tokens for one in shown.tries]
    assert counts == [estimate_tokens(one) for one in ("one ", "two ", "three")]


def test_thoughts_without_an_answer_are_thought_anew():
    first = written("", "long thoughts").news()
    second = written("yes", "other", before=ShownText.read(first)).news()

    shown = ShownText.read(first + second)

    assert (shown.text, shown.reasoning, len(shown.tries)) == ("yes", "other", 2)


def test_what_another_version_has_written_ends_what_is_read():
    assert ShownText.read(written("one").news() + '{"say": 1}\n').text == "one"


# The seam


@pytest.mark.parametrize(
    ("before", "comes", "joined"),
    [
        ("Hello wor", ["ld!"], "Hello world!"),
        ("the quick brown", [" fox ", "jumps"], "the quick brown fox jumps"),
        ("the quick brown", ["quick brown", " fox"], "the quick brown fox"),
        ("第一步，打开控制台", ["打开控制台，", "然后"], "第一步，打开控制台，然后"),
        # Too short to be a repetition.
        ("ha ha", ["ha ha ha"], "ha haha ha ha"),
        ("```python\nx = 1\n", ["```python\ny = 2\n```"], "```python\nx = 1\ny = 2\n```"),
        ("Done.\n", ["```python\ny = 2\n```"], "Done.\n```python\ny = 2\n```"),
        ("", ["From ", "the start"], "From the start"),
    ],
)
def test_what_is_repeated_is_shown_once(before, comes, joined):
    seam = Seam(before)

    shown = "".join([seam.add(text) for text in comes] + [seam.end()])

    assert before + shown == joined


def test_what_comes_is_held_for_a_moment_only():
    seam = Seam("before")

    assert seam.add("x" * 79) == ""
    assert seam.add("y") == "x" * 79 + "y"
    assert seam.add("z") == "z"


# Whoever takes it up


def test_an_answer_is_gone_on_with_from_what_was_shown():
    world = BotWorld()
    world.prices.each = 2.0
    lines = written("Once upon ", "hm").news()
    on_screen = []
    world.messenger.on_write = lambda shown: on_screen.append(shown.text)
    world.model.enqueue_text("a time.")

    shown = resume(world, lines)

    assert on_screen[0] == "Once upon "
    assert (shown.ending.text, shown.ending.reasoning) == ("Once upon a time.", "hm")
    asked, said, told = world.model.last_messages[-3:]
    assert (asked.role, said.role, told.role) == ("user", "assistant", "user")
    assert said.content == "Once upon "
    outcome, turn, own = world.inbox.finished[1]
    assert (outcome, turn.answer) == ("answered", "Once upon a time.")
    (broken,) = world.inbox.further[1]
    spent = estimate_tokens("Once upon hm")
    assert (broken.prompt_tokens, broken.completion_tokens) == (100, spent)
    assert (broken.cost, broken.outcome) == (2.0 * (100 + spent), "noticed")
    assert (own.prompt_tokens, own.completion_tokens) == (30, 12)


def test_where_nothing_was_shown_the_model_is_asked_anew():
    world = BotWorld()
    world.model.enqueue_text("Hi")

    shown = resume(world, written("", "some thoughts").news())

    assert shown.ending.text == "Hi"
    assert world.model.last_messages[-1].content == "Hello?"
    (broken,) = world.inbox.further[1]
    assert broken.prompt_tokens == 100


def test_what_a_broken_try_took_is_kept_with_the_whole_answer():
    world = BotWorld()
    world.model.enqueue_text("a time.")
    resume(world, written("Once upon ").news())

    world.inbox.finished.clear()
    again = job(message("Hello?"), checkpoint=world.inbox.checkpoints[1])
    world.bot.work(again, JobControl())

    assert len(world.model.prompts) == 1
    assert len(world.inbox.further[1]) == 1


def test_a_model_that_fails_to_go_on_leaves_what_was_shown():
    world = BotWorld()
    # The second time with less of what was said before.
    world.model.enqueue(ModelError("context_too_long"))
    world.model.enqueue(ModelError("context_too_long"))

    shown = resume(world, written("Once upon ").news())

    assert shown.ending.text == "Once upon "
    assert shown.ending.can_continue


def test_the_end_is_kept_before_it_is_shown():
    world = BotWorld()
    world.model.enqueue_text("Hi")
    checkpoint, held = world.inbox.checkpoint, []

    def note(job, state):
        held.append(("draft" in state, world.messenger.answers and answer().is_held))
        checkpoint(job, state)

    def answer():
        return world.messenger.answers[-1]

    world.inbox.checkpoint = note

    world.bot.work(job(message("Hello?")), JobControl())

    assert (True, True) in held
    assert not any(is_end and not is_held for is_end, is_held in held)
    assert answer().ending.text == "Hi"


@pytest.mark.parametrize(
    ("progress", "saved", "has_text"),
    [
        ("", {}, False),
        (written("", "well").news(), {}, False),
        (written("one two").news(), {}, True),
        ("", {"draft": Draft(text="one").as_json()}, True),
    ],
)
def test_a_card_is_opened_as_one_with_text_where_an_earlier_process_has_shown_some(
    progress, saved, has_text
):
    world = BotWorld()
    world.model.enqueue_text("three")
    claimed = job(message("Hello?"), checkpoint={**CARD, **saved}, progress=progress)

    world.bot.work(claimed, JobControl())

    assert world.messenger.answers[-1].has_text is has_text


def test_an_answer_with_pictures_ends_where_it_was_broken_off():
    world = BotWorld()
    lines = written("![a](picture:1)", pictures={"picture:1": "img_1"}).news()

    shown = resume(world, lines)

    assert not world.model.prompts
    assert shown.ending.pictures == {"picture:1": "img_1"}
    assert (shown.ending.notice.kind, shown.ending.can_continue) == ("cut", True)


def test_an_answer_that_is_given_up_keeps_what_was_shown():
    world = BotWorld()

    shown = resume(world, written("Once upon ").news(), attempt=6)

    assert (shown.ending.text, shown.ending.notice.kind) == ("Once upon ", "gave_up")


def test_of_a_very_long_answer_the_model_is_shown_the_end():
    world = BotWorld(context_tokens=1000)
    world.model.enqueue_text("!")

    shown = resume(world, written("x" * 5000 + "end").news())

    assert len(world.model.last_messages[-2].content) == 500
    assert shown.ending.text == "x" * 5000 + "end!"


def test_what_turns_out_to_be_a_thought_takes_nothing_of_before_away():
    world = BotWorld()
    thought = (TextDelta("let me see"), LateReasoning(), TextDelta("a time."))
    world.model.enqueue(StreamStart("gpt-x", "req"), *thought, StreamEnd("stop"))

    shown = resume(world, written("Once upon ").news())

    assert shown.ending.text == shown.text == "Once upon a time."
    assert shown.ending.reasoning == "let me see"


def test_the_progress_of_a_running_answer_is_there_to_be_kept():
    world, control = BotWorld(), JobControl()
    lines = []
    world.messenger.on_write = lambda _: lines.append(control.progress.news())
    deltas = (ReasoningDelta("hm"), TextDelta("Hi"))
    world.model.enqueue(StreamStart("gpt-x", "req"), *deltas, StreamEnd("stop"))

    world.bot.work(job(message("Hello?")), control)

    assert [ShownText.read(line).text for line in lines] == ["", "Hi"]
    # The whole answer is in the checkpoint now.
    assert control.progress is None


# A database that is away


def test_a_whole_answer_waits_for_the_database():
    world = BotWorld()
    failures = iter([StoreUnavailable("away"), None])
    finish = world.inbox.finish

    def fail_once(*given):
        if failure := next(failures):
            raise failure
        return finish(*given)

    world.inbox.finish = fail_once
    world.model.enqueue_text("Hi")

    world.bot.work(job(message("Hello?")), JobControl())

    assert world.inbox.finished[1][0] == "answered"
    assert len(world.model.prompts) == 1


def test_it_does_not_wait_longer_than_its_lease():
    world, control = BotWorld(), JobControl()
    world.model.enqueue_text("Hi")

    def be_away(*_):
        control.mark_lost()
        raise StoreUnavailable("away")

    world.inbox.finish = be_away

    world.bot.work(job(message("Hello?")), control)

    assert not world.inbox.finished
