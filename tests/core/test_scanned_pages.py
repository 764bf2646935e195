"""Pages without text are looked at, as far as there is room and somebody to look."""

from __future__ import annotations

import pytest

from feishu_bot.core.answering.document_pages import PageRange
from feishu_bot.core.answering.question_context import for_model, tags_in
from feishu_bot.core.answering.scanned_pages import MOST_PAGES
from feishu_bot.core.messages import Attachment
from feishu_bot.core.pictures import PAGE_TOKENS
from tests.builders import turn
from tests.core.media_fakes import FakeAttachments, modalities
from tests.core.test_attached import files, load

SCAN = Attachment("file", "f1", "a.pdf")


@pytest.fixture
def stored():
    return FakeAttachments()


def read(stored, data: bytes, *, tokens=100_000, can_see=True):
    stored.stored["f1"] = data
    return files(stored, tokens=tokens).read("om_1", [SCAN], modalities(can_see=can_see))


def pages(context) -> list[str]:
    return [tag.attributes["page"] for tag in tags_in(context.text, "picture")]


def test_no_more_pages_are_shown_than_have_room_and_that_is_said(stored):
    found = read(stored, b"\f".join([b"#"] * 12), tokens=3 * PAGE_TOKENS + 200)

    assert pages(found) == ["1", "2", "3"]
    assert list(found.pictures) == ["f1#1", "f1#2", "f1#3"]
    (document,) = tags_in(found.text, "document")
    assert document.attributes["pages"] == "1–3 of 12"
    assert [notice.kind for notice in found.notices] == ["document_page", "scans_seen"]
    assert len(pages(read(stored, b"\f".join([b"#"] * 12)))) == MOST_PAGES


def test_pages_with_and_without_text_stand_side_by_side(stored):
    found = read(stored, b"words\f#\fmore\f#\f#")

    assert pages(found) == ["2", "4", "5"]
    assert "[page 3]\nmore" in found.text
    assert dict(found.notices[-1].params) == {"name": "a.pdf", "pages": "2, 4–5"}


def test_pages_of_a_scan_that_came_before_the_words_lead_to_its_own_message(stored):
    stored.stored["f1"] = b"#\f#"
    came_before = Attachment("file", "f1", "a.pdf", message_id="om_before")

    found = files(stored).read("om_words", [came_before], modalities())

    tags = [*tags_in(found.text, "document"), *tags_in(found.text, "picture")]
    assert {tag.attributes["message"] for tag in tags} == {"om_before"}


def test_where_nobody_can_see_the_text_is_read_and_the_rest_is_named(stored):
    found = read(stored, b"words\f#", can_see=False)
    assert not pages(found)
    assert "(a page without text, not read)" in found.text
    assert [notice.kind for notice in found.notices] == ["document_whole", "scans_unseen"]

    scan = read(stored, b"#\f#", can_see=False)
    assert scan.failure.kind == "media_scan"


def test_pages_of_before_are_fetched_together_and_shown_again(stored):
    before = turn(1, question=read(stored, b"#\f#\f#").text + "Q")
    stored.fetched.clear()

    shown = load(stored, "why?", before)

    assert list(shown.earlier) == ["f1#1", "f1#2", "f1#3"]
    assert stored.fetched == [("om_1", "f1", "")]
    told = for_model(before.question, shown.all)
    assert '<picture page="2">\n(page 2 of a.pdf)' in told
    assert "f1" not in told

    less = load(stored, "why?", before, tokens=2 * PAGE_TOKENS)
    assert list(less.earlier) == ["f1#1", "f1#2"]


def test_other_pages_can_be_asked_for(stored):
    reader = files(stored, tokens=2 * PAGE_TOKENS)
    stored.stored["f1"] = b"\f".join([b"#"] * 9)
    before = turn(1, question=reader.read("om_1", [SCAN], modalities()).text + "Q")

    found = reader.further_pages(PageRange(1, 9), "pages 1-9", [before], modalities())

    assert pages(found) == ["3", "4"]
