"""Pictures in answers are taken out of the stream, and their base64 goes nowhere else."""

from __future__ import annotations

import base64
import hashlib
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from feishu_bot.core.chat_model import PictureDelta, StreamEvent, TextDelta
from feishu_bot.llm.data_urls import LARGEST_PICTURE, DataUrlReader

from .fault_server import FaultServer, delta, event, stream

Ask = Callable[..., list[StreamEvent]]
PICTURE = bytes(range(256)) * 3
BASE64 = base64.b64encode(PICTURE).decode()
URL = f"data:image/png;base64,{BASE64}"
NAME = f"picture:{hashlib.sha256(PICTURE).hexdigest()[:12]}"


def read(*pieces: str) -> tuple[str, list[PictureDelta]]:
    reader = DataUrlReader()
    text = "".join(map(reader.feed, pieces)) + reader.feed("", is_last=True)
    return text, reader.take()


def text_of(events: list[StreamEvent]) -> str:
    return "".join(one.text for one in events if isinstance(one, TextDelta))


def pictures_of(events: list[StreamEvent]) -> list[PictureDelta]:
    return [one for one in events if isinstance(one, PictureDelta)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1_000, 10_000])
def test_a_picture_in_the_text_is_found_however_the_text_is_cut(size: int) -> None:
    source = f"A data set: ![a cat]({URL}) and data."

    text, pictures = read(*(source[at : at + size] for at in range(0, len(source), size)))

    assert text == f"A data set: ![a cat]({NAME}) and data."
    assert pictures == [PictureDelta(target=NAME, data=PICTURE)]


def test_a_picture_that_stands_bare_becomes_one_of_markdown() -> None:
    assert read(f'<img src="{URL}">')[0] == f'<img src="![]({NAME})">'
    assert read(URL)[0] == f"![]({NAME})"


def test_the_same_picture_once_more_is_named_the_same_and_given_once() -> None:
    text, pictures = read(f"![]({URL})", f"![]({URL})")

    assert text == f"![]({NAME})" * 2
    assert len(pictures) == 1


def test_examples_of_data_urls_stay_as_they_are() -> None:
    source = (
        "Write `data:text/plain;base64,SGVsbG8=` or data:, or data: as you like, metadata:image"
    )

    assert read(*source) == (source, [])
    assert read(source) == (source, [])


def test_what_is_no_picture_is_left_out_of_the_text() -> None:
    text, pictures = read(f"[file](data:application/pdf;base64,{BASE64})")

    assert text == "[file](data:application/pdf;base64,…)"
    assert not pictures


def test_base64_without_an_end_takes_no_more_memory_than_the_largest_picture() -> None:
    reader, piece = DataUrlReader(), "A" * 1_000_000
    reader.feed("![](data:image/png;base64,")
    tracemalloc.start()
    for _ in range(100):
        assert reader.feed(piece + "B") == ""
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    text = reader.feed(") after")

    assert peak < 2 * LARGEST_PICTURE
    assert text.endswith(") after")
    assert [one.data for one in reader.take()] == [b""]


@pytest.mark.parametrize(
    "said",
    [
        {"images": [{"type": "image_url", "image_url": {"url": URL}}]},
        {"images": [{"image_url": URL}]},
        {"images": [URL]},
        {"image": [{"data": BASE64}]},
        {"content": [{"type": "image_url", "image_url": {"url": URL}}]},
        {"content": [{"type": "image", "source": {"data": BASE64, "media_type": "image/png"}}]},
        {"content": [{"inlineData": {"mimeType": "image/png", "data": BASE64}}]},
    ],
)
@pytest.mark.parametrize("field", ["delta", "message"])
def test_pictures_beside_the_text_are_named_in_it(
    ask: Ask, server: FaultServer, said: dict[str, Any], field: str
) -> None:
    server.will(stream(event({"choices": [{field: said, "finish_reason": "stop"}]})))

    events = ask()

    assert text_of(events) == f"![]({NAME})"
    assert pictures_of(events) == [PictureDelta(target=NAME, data=PICTURE)]
    assert BASE64[:40] not in repr([one for one in events if not isinstance(one, PictureDelta)])


def test_a_picture_comes_before_the_text_that_names_it_and_stands_apart_from_the_words(
    ask: Ask, server: FaultServer
) -> None:
    server.will(
        stream(
            delta("Here:"),
            delta("", images=[{"image_url": {"url": URL}}]),
            delta("Well?"),
            event(
                {
                    "choices": [
                        {"message": {"content": "", "images": [URL]}, "finish_reason": "stop"}
                    ]
                }
            ),
        )
    )

    events = ask()

    assert text_of(events) == f"Here:\n\n![]({NAME})\n\nWell?"
    assert [type(one) for one in events][2] is PictureDelta


def test_a_picture_at_an_address_of_the_service_is_named_by_it(
    ask: Ask, server: FaultServer
) -> None:
    address = "https://pictures.example/a(1).png"
    server.will(stream(delta(images=[{"image_url": {"url": address}}]), delta(finish="stop")))

    events = ask()

    target = "https://pictures.example/a%281%29.png"
    assert text_of(events) == f"![]({target})"
    assert pictures_of(events) == [PictureDelta(target=target, url=address)]


def test_a_picture_of_several_megabytes_comes_in_one_event(ask: Ask, server: FaultServer) -> None:
    large = base64.b64encode(bytes(6_000_000)).decode()
    server.will(stream(delta(f"![](data:image/png;base64,{large})"), delta(finish="stop")))

    events = ask()

    assert [len(one.data) for one in pictures_of(events)] == [6_000_000]
    assert len(text_of(events)) < 40


def test_a_whole_text_that_is_sent_once_more_is_still_known(ask: Ask, server: FaultServer) -> None:
    whole = f"Here you are: ![]({URL}) Fine?"
    server.will(
        stream(delta("Here you are: "), delta(f"![]({URL}) Fine?"), delta(whole, finish="stop"))
    )

    events = ask()

    assert text_of(events) == f"Here you are: ![]({NAME}) Fine?"
