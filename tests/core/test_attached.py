"""Files and pictures of a conversation, as the model is shown them."""

from __future__ import annotations

import threading

import pytest

from feishu_bot.core.answering.attached_files import MOST_FILES, AttachedFiles
from feishu_bot.core.answering.document_pages import PageRange
from feishu_bot.core.answering.question_context import tags_in
from feishu_bot.core.answering.shown_pictures import (
    MOST_EARLIER,
    MOST_PICTURES,
    PictureLoader,
    picture_tags,
)
from feishu_bot.core.attachments import AttachmentSource
from feishu_bot.core.messages import Attachment
from feishu_bot.errors import MediaError
from tests.builders import BotWorld, turn
from tests.core.media_fakes import FakeAttachments, FakeDocuments, FakePictures, modalities


@pytest.fixture
def stored() -> FakeAttachments:
    return FakeAttachments()


def files(stored, *, tokens=1_000, most_bytes=1_000_000) -> AttachedFiles:
    source = AttachmentSource(stored)
    return AttachedFiles(
        source, FakeDocuments(), FakePictures(), most_bytes=most_bytes, tokens=tokens
    )


def loader(stored, *, tokens=10_000) -> PictureLoader:
    return PictureLoader(
        AttachmentSource(stored),
        FakePictures(),
        most_bytes=1_000,
        most_file_bytes=1_000,
        tokens=tokens,
    )


def load(stored, question, *turns, tokens=10_000, sees_earlier=True, is_cancelled=False):
    return loader(stored, tokens=tokens).load(
        question,
        turns,
        sees_earlier=lambda: sees_earlier,
        is_cancelled=lambda: is_cancelled,
    )


def images(stored, *keys: str) -> str:
    """Pictures that are there, as they stand before a question."""
    stored.stored.update(dict.fromkeys(keys, b"x"))
    return picture_tags("om_1", [Attachment("image", key) for key in keys])


def test_the_files_of_a_message_share_the_budget(stored):
    attached = [Attachment("file", f"f{n}", f"{n}.txt") for n in range(2)]
    stored.stored.update({"f0": b"a" * 9_000, "f1": b"b" * 9_000})

    found = files(stored, tokens=1_000).read("om_1", attached, modalities())

    assert [len(tag.text) for tag in tags_in(found.text, "document")] == [1_500, 1_500]
    assert [notice.kind for notice in found.notices] == ["document_page_cut"] * 2
    assert found.failure is None


def test_no_more_files_are_read_than_one_waits_for(stored):
    attached = [Attachment("file", f"f{n}", f"{n}.txt") for n in range(MOST_FILES + 2)]
    stored.stored.update({item.key: b"x" for item in attached})

    found = files(stored).read("om_1", attached, modalities())

    assert len(stored.fetched) == MOST_FILES
    assert found.notices[-1].kind == "files_left"


def test_a_file_that_is_named_is_the_one_whose_pages_are_read(stored):
    stored.stored.update({"f0": b"a\fb\fc", "f1": b"d\fe\ff"})
    one, two = Attachment("file", "f0", "a.pdf"), Attachment("file", "f1", "b.pdf")
    reader = files(stored, tokens=6)
    turns = [
        turn(1, question=reader.read("om_1", [one], modalities()).text + "Q"),
        turn(2, question=reader.read("om_2", [two], modalities()).text + "Q"),
    ]

    newest = reader.further_pages(PageRange(3, 3), "page 3", turns, modalities())
    named = reader.further_pages(PageRange(3, 3), "page 3 of a.pdf", turns, modalities())

    assert [tag.text for tag in tags_in(newest.text, "document")] == ["[page 3]\nf"]
    assert [tag.text for tag in tags_in(named.text, "document")] == ["[page 3]\nc"]
    assert stored.fetched[-1] == ("om_1", "f0", "")


def test_pages_are_of_nothing_where_there_is_no_file(stored):
    assert not files(stored).further_pages(PageRange(3, 3), "page 3", [turn(1)], modalities()).text
    assert not stored.fetched


def test_of_many_pictures_the_first_are_shown_and_that_is_said(stored):
    keys = [f"p{n}" for n in range(MOST_PICTURES + 3)]

    shown = load(stored, images(stored, *keys))

    assert list(shown.own) == keys[:MOST_PICTURES]
    assert [dict(notice.params) for notice in shown.notices] == [{"count": str(MOST_PICTURES)}]


def test_the_budget_ends_what_is_shown_but_not_before_one(stored):
    assert list(load(stored, images(stored, "a", "b", "c"), tokens=300).own) == ["a", "b"]
    assert list(load(stored, images(stored, "a", "b"), tokens=1).own) == ["a"]


def test_the_newest_pictures_of_before_are_shown_again(stored):
    turns = [turn(n, question=images(stored, f"p{n}") + "Q") for n in range(1, 9)]

    shown = load(stored, images(stored, "own"), *turns)

    assert list(shown.earlier) == [f"p{n}" for n in range(8, 8 - MOST_EARLIER, -1)]
    assert list(shown.own) == ["own"]


def test_pictures_of_before_are_left_where_nobody_can_see_them(stored):
    before = turn(1, question=images(stored, "p1") + "Q")

    assert not load(stored, "why?", before, sees_earlier=False).earlier
    assert not load(stored, "why?", before, is_cancelled=True).earlier
    assert not stored.fetched


def test_what_is_wrong_with_several_pictures_is_said_once(stored):
    question = images(stored, "a", "b", "c")
    stored.stored.update({"a": MediaError("media_gone"), "b": MediaError("media_gone")})

    shown = load(stored, question)

    assert list(shown.own) == ["c"]
    assert [notice.kind for notice in shown.notices] == ["media_gone"]


def test_no_more_attachments_than_a_few_are_in_memory_at_once():
    open_now, most = [], []
    gate = threading.Barrier(2)

    class Reader:
        def fetch(self, message_id, attachment, *, most, inner_id="") -> bytes:
            return b"x"

    source = AttachmentSource(Reader(), at_once=2)

    def read() -> None:
        with source.opened("om_1", Attachment("file", "f"), most=1):
            open_now.append(1)
            most.append(len(open_now))
            # Both that may be there are there together.
            gate.wait(timeout=10)
            open_now.pop()

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(most) == 2


def test_files_that_were_read_are_counted_with_the_answer():
    world = BotWorld()
    world.attachments.stored["f0"] = b"words"
    world.model.enqueue_text("A summary")
    sent = (Attachment("file", "f0", "a.txt"), Attachment("file", "f1", "gone.txt"))

    world.say(text="", kind="file", attachments=sent)

    (used,) = world.inbox.further[1]
    assert (used.model, used.files) == ("", 1)
