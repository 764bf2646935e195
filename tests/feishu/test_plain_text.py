"""A card's Markdown where nothing renders it."""

from __future__ import annotations

import pytest

from feishu_bot.feishu.cards.markdown import safe_markdown
from feishu_bot.feishu.cards.plain_text import without_escapes


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("a \\* b &#60;x&#62; &#126;", "a * b <x> ~"),
        (r"`c\.d` and \# e", r"`c\.d` and # e"),
        ("`&#60;` stays", "`&#60;` stays"),
        ("```py\nx = '\\\\.' &#60;\n```\n&#60;", "```py\nx = '\\\\.' &#60;\n```\n<"),
        ("```\nan open fence &#60;", "```\nan open fence &#60;"),
        ("", ""),
    ],
)
def test_escapes_are_undone_outside_code(markdown, plain):
    assert without_escapes(markdown) == plain


@pytest.mark.parametrize(
    "text", ["1 < 2 and 3 > 2", "10~20 or ~30", r"\(例\) and a_b", "<at id=all>"]
)
def test_what_was_made_safe_reads_as_it_was_written(text):
    assert without_escapes(safe_markdown(text, streaming=False)) == text
