"""Which pages of a document are wanted, and which have room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.answering.document_pages import (
    PageRange,
    asked_pages,
    fitted,
    read_pages,
    text_of,
)
from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.documents import Document, DocumentPart


def document(*texts: str, total: int = 0, first: int = 1, unit="page") -> Document:
    parts = tuple(DocumentPart(number=n, text=text) for n, text in enumerate(texts, first))
    return Document(unit=unit, total=total or len(texts), parts=parts)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("第 13–20 页", 13, 20),
        ("第13-20页写了什么", 13, 20),
        ("看看第 3 页", 3, 3),
        ("第3页到第5页", 3, 5),
        ("第 3 到 5 页", 3, 5),
        ("第 2 个工作表", 2, 2),
        ("第 4 张讲什么", 4, 4),
        ("第 2 部分", 2, 2),
        ("pages 13-20, please", 13, 20),
        ("Page 7", 7, 7),
        ("slides 3 to 5", 3, 5),
        ("第 9-3 页", 9, 9),
        ("第 0 页", 1, 1),
    ],
)
def test_the_pages_that_a_question_names_are_understood(question, first, last):
    assert asked_pages(question) == PageRange(first, last)


@pytest.mark.parametrize("question", ["", "一共多少页？", "第一", "2024 年 3 月", "homepage 3x"])
def test_other_numbers_name_no_pages(question):
    assert asked_pages(question) is None


def test_only_what_was_not_read_is_read():
    read = [PageRange(1, 4), PageRange(7, 9)]

    assert PageRange(2, 3).beyond(read) is None
    assert PageRange(3, 8).beyond(read) == PageRange(5, 8)
    assert PageRange(20, 21).beyond(read) == PageRange(20, 21)


def test_the_pages_of_a_tag_are_read_back():
    assert read_pages({"pages": "1–12 of 40"}) == PageRange(1, 12)
    assert read_pages({"pages": "3 of 40"}) == PageRange(3, 3)
    assert read_pages({}) is None


@given(st.lists(st.text(max_size=60), min_size=1, max_size=8), st.integers(0, 60))
def test_what_is_kept_has_room_and_is_the_beginning(texts, tokens):
    whole = document(*texts)

    kept = fitted(whole, tokens)

    assert kept.parts
    assert [part.number for part in kept.parts] == list(range(1, len(kept.parts) + 1))
    for part, text in zip(kept.parts, texts, strict=False):
        assert text.startswith(part.text)
        assert part.is_cut or part.text == text
    if len(kept.parts) > 1:
        assert sum(estimate_tokens(part.text) for part in kept.parts) <= tokens


def test_no_page_beyond_the_last_one_asked_for_is_kept():
    assert fitted(document("a", "b", "c", first=5, total=9), 100, last=6).last == 6


def test_parts_have_their_numbers_where_there_are_several():
    assert text_of(document("a")) == "a"
    assert text_of(document("a", "b", unit="slide")) == "[slide 1]\na\n\n[slide 2]\nb"
