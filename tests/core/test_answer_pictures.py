"""Pictures of answers: which are fetched, in what time, and what is noted of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from feishu_bot.core.answering.answer_pictures import AnswerPictures, named_in
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.question import Question
from feishu_bot.core.answering.question_context import tagged
from feishu_bot.core.chat_model import PictureDelta, StreamEnd, StreamStart, TextDelta
from feishu_bot.core.conversations import Conversation
from feishu_bot.core.own_pictures import for_model
from feishu_bot.errors import CardRefused, FeishuUnavailable, MediaError, PermissionMissing
from tests.builders import KEY, BotWorld, turn
from tests.core.media_fakes import FakePictures, FakePublicFiles

PNG = b"\x89PNG\r\n\x1a\n..."
CAT = "https://pictures.example/cat.png"


class Shown(FakePictures):
    """Writes every picture anew."""

    def picture(self, data: bytes) -> Any:
        return super().picture(b"new:" + data)


class Uploads:
    """Takes what doesn't begin with `refused`."""

    def __init__(self, refused: bytes = b"\0") -> None:
        self.refused = refused
        self.taken: list[bytes] = []

    def __call__(self, data: bytes, *, patience: float) -> str:
        if data.startswith(self.refused):
            raise CardRefused("too many pixels")
        self.taken.append(data)
        return f"img_{len(self.taken)}"


def question(text: str = "hello", *before: str) -> Question:
    turns = tuple(turn(number, question=asked) for number, asked in enumerate(before, 1))
    return Question(text=text, conversation=Conversation(key=KEY, turns=turns))


def pictures(
    files: FakePublicFiles | None = None, uploads: Callable[..., str] | None = None, **more: Any
) -> AnswerPictures:
    return AnswerPictures(
        files=files or FakePublicFiles(),
        pictures=Shown(),
        upload=uploads or Uploads(),
        **more,
    )


def never() -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"a ![cat]({CAT}) b", [CAT]),
        (f"![a]({CAT} 'title') ![b](<{CAT}>)", [CAT]),
        ("![a](https://x.example/a_(1).png)", ["https://x.example/a_(1).png"]),
        (f"`![a]({CAT})`", []),
        (f"```md\n![a]({CAT})\n```\n![b](http://x.example)", ["http://x.example"]),
        (f"[no picture]({CAT})", []),
        ("![a](picture:0b1c) ![b](file:///etc/passwd) ![c](/x.png)", []),
    ],
)
def test_pictures_are_named_in_markdown_and_not_in_code(text: str, found: list[str]) -> None:
    assert list(named_in(text)) == found


def test_what_is_named_is_fetched_and_written_anew() -> None:
    files, uploads = FakePublicFiles(), Uploads()
    files.stored[CAT] = PNG
    draft = Draft(text=f"![a]({CAT}) ![b](https://gone.example/x.png)")

    assert pictures(files, uploads).complete(draft, question(), never)

    assert draft.pictures == {CAT: "img_1"}
    assert uploads.taken == [b"new:" + PNG]


@pytest.mark.parametrize(
    "asked",
    [
        question(tagged("document", "x", name="a.pdf") + "hello"),
        question("hello", tagged("quoted_message", "x") + "before"),
    ],
)
def test_nothing_is_fetched_where_a_stranger_may_have_put_words_in(asked: Question) -> None:
    files = FakePublicFiles()

    assert not pictures(files).complete(Draft(text=f"![a]({CAT})"), asked, never)
    assert not pictures(files).complete(
        Draft(text=f"![a]({CAT})", context=tagged("document", "x")), question(), never
    )
    assert not files.fetched
    pictures(files, policy="always").complete(Draft(text=f"![a]({CAT})"), asked, never)
    assert files.fetched == [CAT]


@pytest.mark.parametrize("draft", [Draft(text=f"![a]({CAT})", notice="stopped"), Draft(text=CAT)])
def test_nothing_is_fetched_for_an_answer_that_was_stopped_or_names_none(draft: Draft) -> None:
    files = FakePublicFiles()

    assert not pictures(files).complete(draft, question(), never)
    assert not files.fetched


def test_only_so_many_are_fetched() -> None:
    files = FakePublicFiles()
    text = " ".join(f"![x](https://x.example/{number}.png)" for number in range(50))

    pictures(files).complete(Draft(text=text), question(), never)

    assert len(files.fetched) == 6


def test_a_picture_that_takes_too_long_stays_a_link() -> None:
    release, files = threading.Event(), FakePublicFiles()
    files.stored[CAT] = PNG

    def slow(url: str, **_: Any) -> bytes:
        if url != CAT:
            release.wait(10)
        return PNG

    files.fetch = slow  # type: ignore[method-assign]
    draft = Draft(text=f"![a]({CAT}) ![b](https://slow.example/x.png)")
    began = time.monotonic()

    assert pictures(files, seconds=0.3).complete(draft, question(), never)

    assert time.monotonic() - began < 5
    assert draft.pictures == {CAT: "img_1"}
    release.set()


def test_a_made_picture_keeps_its_quality_where_feishu_takes_it() -> None:
    uploads = Uploads()
    draft = Draft()

    for data in (PNG, b"BM a bitmap"):
        pictures(None, uploads).keep(PictureDelta(target="picture:1", data=data), draft, never)
    pictures(None, refusing := Uploads(refused=PNG)).keep(
        PictureDelta(target="picture:1", data=PNG), draft, never
    )

    assert uploads.taken == [PNG, b"new:BM a bitmap"]
    assert refusing.taken == [b"new:" + PNG]


@pytest.mark.parametrize(
    ("failure", "aside"),
    [
        (PermissionMissing("no"), "pictures_scope_missing"),
        (FeishuUnavailable("no"), "pictures_lost"),
        (MediaError("media_broken"), "pictures_lost"),
    ],
)
def test_a_made_picture_that_is_lost_is_told(failure: Exception, aside: str) -> None:
    def refuse(data: bytes, *, patience: float) -> str:
        raise failure

    draft = Draft(text="![](picture:1)")

    key = pictures(None, refuse).keep(PictureDelta(target="picture:1", data=PNG), draft, never)

    assert not key
    assert [one.kind for one in draft.final_answer(frozenset(), 0, "e").asides] == [aside]


def test_a_picture_with_an_address_is_shown_in_the_end_and_one_without_at_once() -> None:
    world = BotWorld()
    world.public_files.stored[CAT] = PNG
    world.model.enqueue(
        StreamStart("m"),
        PictureDelta(target="picture:1", data=PNG),
        TextDelta("![](picture:1)"),
        PictureDelta(target=CAT, url=CAT),
        TextDelta(f"\n\n![]({CAT})"),
        StreamEnd("stop"),
    )

    world.say("draw")

    answer = world.messenger.answers[0]
    assert answer.pictures == {"picture:1": "img_1"}
    assert answer.ending.pictures == {"picture:1": "img_1", CAT: "img_2"}
    _, stored, _ = world.inbox.finished[1]
    assert stored.pictures == answer.ending.pictures


def test_the_text_is_saved_before_a_picture_is_fetched_for_it() -> None:
    world = BotWorld()
    world.model.enqueue_text(f"![a]({CAT})")
    saved: list[dict[str, Any]] = []

    def fetch(url: str, **_: Any) -> bytes:
        saved.append(dict(world.inbox.checkpoints[1]["draft"]))
        return PNG

    world.public_files.fetch = fetch

    world.say("show me")

    assert [one["text"] for one in saved] == [f"![a]({CAT})"]
    assert world.inbox.checkpoints[1]["draft"]["pictures"] == {CAT: "img_1"}


def test_models_read_of_their_pictures_in_words() -> None:
    answer = f"A ![cat](picture:0a1b2c) ![](picture:ff) ![dog]({CAT})"

    assert for_model(answer) == f"A [a picture: cat] [a picture] ![dog]({CAT})"
