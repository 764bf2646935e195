"""Answers as they are read aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.speakable import speakable, speech_parts


def spoken(text: str) -> str:
    return speakable(text, code="(code)", table="(table)", link="link")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("# Title\n\n**Bold** and _soft_ and ~~gone~~.", "Title\n\nBold and soft and gone."),
        ("- one\n- [x] two\n> three", "one\ntwo\nthree"),
        ("Before\n\n```python\nprint(1)\n```\n\nafter", "Before\n\n(code)\n\nafter"),
        ("```\nnever closed", "(code)"),
        ("a\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\nb", "a\n\n(table)\n\nb"),
        ("See [the docs](https://a.example/b).", "See the docs."),
        ("See https://a.example/b?c=1。好", "See link。好"),
        ("![a cat](https://a.example/cat.png)Look", "Look"),
        ("`snake_case` stays, 2 * 3 too", "snake_case stays, 2  3 too"),
        ("a<br>b <at id=all></at>", "ab"),
        ("one\n\n---\n\ntwo", "one\n\ntwo"),
        ("", ""),
    ],
)
def test_marks_are_not_read_aloud(written: str, said: str) -> None:
    assert spoken(written) == said


def test_parts_end_where_a_speaker_would_pause() -> None:
    text = "第一句话。" * 8 + "第二段很短。"

    parts = list(speech_parts(text, 100))

    assert all(part.endswith("。") for part in parts)
    assert "".join(parts) == text


@given(st.text(max_size=300), st.integers(min_value=4, max_value=60))
def test_parts_hold_every_letter_and_no_more_bytes_than_they_may(text: str, most: int) -> None:
    text = text.encode("utf-8", "ignore").decode()

    parts = list(speech_parts(text, most))

    assert all(0 < len(part.encode()) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.text(max_size=300))
def test_any_text_can_be_made_speakable(text: str) -> None:
    assert "`" not in spoken(text)
