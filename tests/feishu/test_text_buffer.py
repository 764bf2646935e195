"""Text on its way from the thread that reads the model to the one that draws."""

from __future__ import annotations

import threading

import pytest

from feishu_bot.core.messenger import FinalAnswer
from feishu_bot.feishu.streaming.paced_calls import Abandoned
from feishu_bot.feishu.streaming.text_buffer import TextBuffer
from tests.polling import Clock

ENDING = FinalAnswer(text="all of it", reasoning="because")


def test_what_was_written_is_taken_once():
    buffer = TextBuffer()
    buffer.write("a", "why")
    buffer.write("b")

    assert buffer.take() == ("ab", "why", False)
    assert buffer.take() == ("", "", False)


def test_without_a_word_written_the_ending_brings_the_text():
    buffer = TextBuffer()
    buffer.end(ENDING)

    assert buffer.take() == ("all of it", "because", False)
    assert buffer.wait_for_ending() is ENDING


def test_the_ending_does_not_repeat_what_was_written():
    buffer = TextBuffer()
    buffer.write("all of ")
    buffer.take()
    buffer.end(ENDING)

    assert buffer.take() == ("", "", False)


def test_an_abandoned_buffer_has_no_ending():
    buffer = TextBuffer()
    buffer.abandon()

    buffer.wait_for_news()
    with pytest.raises(Abandoned):
        buffer.wait_for_ending()


def test_a_frame_is_waited_for_until_it_is_due_or_the_end_is_known():
    clock = Clock()
    buffer = TextBuffer(timer=clock)
    assert buffer.wait_until(clock.now)

    threading.Timer(0.05, buffer.end, args=(ENDING,)).start()
    assert not buffer.wait_until(clock.now + 60)


def test_text_that_could_not_be_shown_is_news_again():
    buffer = TextBuffer()
    buffer.write("a")
    buffer.take()

    buffer.mark_undrawn()

    buffer.wait_for_news()


def test_what_is_rewritten_takes_the_place_of_what_was_drawn() -> None:
    buffer = TextBuffer()
    buffer.write("a thought")
    buffer.take()
    buffer.write(" and more")

    buffer.rewrite("", "a thought and more")
    buffer.write("the answer")

    assert buffer.take() == ("the answer", "a thought and more", True)
    assert buffer.take() == ("", "", False)


def test_a_note_goes_with_the_next_thing_that_is_written() -> None:
    buffer = TextBuffer()
    buffer.put_note("wait")
    assert buffer.note == "wait"

    buffer.write("text")

    assert buffer.note == ""


def test_the_end_has_no_note() -> None:
    buffer = TextBuffer()
    buffer.put_note("wait")

    buffer.end(FinalAnswer(text="all"))

    assert buffer.note == ""
    assert buffer.take() == ("all", "", False)


def test_what_an_earlier_process_has_shown_is_not_replaced_by_a_note() -> None:
    buffer = TextBuffer(waits_for_text=True)
    taken: list[str] = []

    def draw() -> None:
        buffer.wait_for_news()
        taken.append(buffer.take()[0])

    drawing = threading.Thread(target=draw)
    drawing.start()
    buffer.put_waiting(2)
    buffer.put_note("busy")
    buffer.write(reasoning="well")
    drawing.join(0.05)
    assert taken == []

    buffer.write("what stood there, ")
    drawing.join(10)

    assert taken == ["what stood there, "]
    assert buffer.waiting == 2


@pytest.mark.parametrize("end", [TextBuffer.abandon, lambda buffer: buffer.end(ENDING)])
def test_who_waits_for_text_hears_of_the_end(end) -> None:
    buffer = TextBuffer(waits_for_text=True)
    buffer.put_waiting(2)

    end(buffer)

    buffer.wait_for_news()
