"""What a model service may send in place of names, numbers and words."""

from __future__ import annotations

import time

import pytest

from feishu_bot.llm.chunks import MOST_TOKENS, read_chunk
from feishu_bot.llm.error_body import ErrorBody
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import error_in_body, model_error, request_id_of
from feishu_bot.llm.listed_models import names_in
from feishu_bot.llm.streamed_text import StreamedText

UNPRINTABLE = ["a\0b", "a\nINFO forged", "\x1b[31m", "\ud83d", "a\u2028b", "x" * 101, "\u202egpt"]


@pytest.mark.parametrize("name", UNPRINTABLE)
def test_a_model_that_cannot_be_named_has_no_name(name: str) -> None:
    assert read_chunk({"model": name}).model == ""
    assert names_in({"data": [{"id": name}, {"id": "gpt-5"}]}) == ["gpt-5"]


@pytest.mark.parametrize("word", UNPRINTABLE)
def test_an_unreadable_word_for_an_end_is_an_end_and_not_repeated(word: str) -> None:
    assert read_chunk({"choices": [{"finish_reason": word}]}).finish == "unreadable"


@pytest.mark.parametrize(
    ("given", "read"), [(10**30, MOST_TOKENS), (-5, 0), (7, 7), ("7", 0), (None, 0)]
)
def test_a_number_of_tokens_fits_a_table(given: object, read: int) -> None:
    usage = {"prompt_tokens": given, "completion_tokens": 1}

    assert read_chunk({"usage": usage}).tokens == (read, 1)


@pytest.mark.parametrize("index", [[], {}, "1", None, 2.5])
def test_an_index_that_is_no_number_is_the_first(index: object) -> None:
    assert read_chunk({"choices": [{"index": index}]}).index == 0


def test_the_text_of_an_answer_is_fit_to_be_stored() -> None:
    text = StreamedText()

    assert (
        text.added("a\0b \ud83d") + text.added("\ude00 \ud83d") + text.rest()
        == "a\ufffdb 😀 \ufffd"
    )


@pytest.mark.parametrize("given", UNPRINTABLE)
def test_the_words_of_an_error_are_one_short_line(given: str) -> None:
    failure = error_in_body({"error": {"message": given * 50, "code": given}})

    assert len(failure.detail) <= 500
    assert "\n" not in failure.detail
    failure.detail.encode()
    assert "\0" not in failure.detail
    assert model_error(ModelErrorKind.UPSTREAM_FAILED, given).detail.find("\0") < 0


@pytest.mark.parametrize("given", ["a\0b", "\x1b[31m", "x" * 300])
def test_an_id_of_a_request_that_cannot_be_shown_is_none(given: str) -> None:
    assert request_id_of({"x-request-id": given}) == ""
    assert request_id_of({"x-request-id": "req_1"}) == "req_1"


def test_an_error_that_is_too_deep_is_read_as_far_as_it_goes() -> None:
    deep = "[" * 100_000

    assert ErrorBody.read({"error": {"message": deep}}).message.startswith("[[[")


@pytest.mark.parametrize("name", ["message", "code", "type", "status"])
@pytest.mark.parametrize("unit", ["E", "IP ", "4", "4 ", "a_", "aB"])
def test_an_error_of_a_megabyte_holds_nobody_up(name: str, unit: str) -> None:
    error = {"message": "Too many requests", name: unit * (1_000_000 // len(unit))}
    short = {"message": unit * 2_000}
    started = time.thread_time()

    error_in_body({"error": error})
    error_in_body({"error": short})

    assert time.thread_time() - started < 2.0
