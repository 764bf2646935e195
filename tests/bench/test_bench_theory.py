"""The floors that the figures are compared with."""

from __future__ import annotations

import pytest

from bench.load import Load
from bench.theory import first_texts


def load(conversations, **changed):
    return Load(conversations=conversations, enforce_limits=True, **changed)


def test_without_limits_the_first_text_takes_the_model_and_one_call():
    assert first_texts(load(200), limited=False) == pytest.approx([0.35] * 200)


def test_with_a_fast_model_card_and_message_have_to_be_there_first():
    assert first_texts(load(1, first=0.0), limited=False) == pytest.approx([0.15])


def test_fifty_calls_a_second_make_the_later_ones_wait():
    seconds = first_texts(load(200), limited=True)

    assert seconds[:50] == pytest.approx([0.35] * 50)
    # Frame 51 may be drawn one second after frame 1, its event comes half a second after event 1.
    assert seconds[50:100] == pytest.approx([0.5 + 0.35] * 50)
    assert seconds[150:] == pytest.approx([3 * 0.5 + 0.35] * 50)


def test_a_load_knows_its_name_and_how_long_an_answer_takes():
    assert load(50).name == "50 kept"
    assert load(50).answer_seconds == pytest.approx(0.3 + 199 * 0.02)
