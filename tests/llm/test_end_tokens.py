"""The signs that end a model's turn, taken off the end of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.llm.end_tokens import EndTokens

PARTS = ["<|im_end|>", "</s>", "<s>", "<", "<|", "end", "\n", " ", "a", "<eos>", "<|e"]


def read(pieces: list[str]) -> str:
    tokens = EndTokens()
    return "".join(map(tokens.feed, pieces)) + tokens.end()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("好的。<|im_end|>\n", "好的。"),
        ("好的。\n\n<|eot_id|> <|endoftext|>", "好的。"),
        ("写 `</s>` 即可", "写 `</s>` 即可"),
        ("<s>旧</s>", "<s>旧</s>"),
        ("a <", "a <"),
        ("a <|im", "a <|im"),
        ("<|im_end|> 是什么", "<|im_end|> 是什么"),
    ],
)
def test_only_whole_signs_at_the_end_are_taken_off(text: str, left: str) -> None:
    assert read([text]) == left


@given(st.lists(st.sampled_from(PARTS), max_size=12))
def test_it_does_not_matter_how_the_text_is_cut(parts: list[str]) -> None:
    """But for white space before a sign, which is the same to a reader."""
    text = "".join(parts)

    assert read(list(text)).rstrip() == read([text]).rstrip() == read(parts).rstrip()
