"""An answer's Markdown while it grows."""

from __future__ import annotations

import pytest

from feishu_bot.feishu.cards.markdown import MarkdownStream, safe_markdown
from tests.feishu.markdown_judge import shown

COUNTED = ("h1", "h2", "h3", "li", "pre", "hr", "table", "blockquote", "tr")


def frames(text: str) -> list[str]:
    return [safe_markdown(text[:end], streaming=True) for end in range(len(text) + 1)]


@pytest.mark.parametrize(
    "text",
    [
        "先看好处：\n- 快\n- 省\n",
        "a\n---\nb\n***\nc",
        "a\n\n- - -\n\n* * *x",
        "价格\n1.5 元\n2. 不是列表\n\n1. 是",
        "```\ncode\n``` not the end\n~~~\n```\nend",
        "```not` code\n\n~~~py\nx\n~~~\n",
        "a | b\n--|--\n1 | 2\n\nx | y\nz",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nend",
        "- | a |\n  |---|\n  | b |\n- c",
        "> - a\n>   1. b\n> ---\nc\n> d",
        "#标签 #x\n# T\n#\ny",
        "__init__\n_x_\n\n**b**\n=x\n===",
        "[x][1]\n\n[1]: https://x.y\n\n[2]: https://z",
    ],
)
def test_no_frame_shows_a_block_that_the_end_lacks(text: str) -> None:
    end = shown(safe_markdown(text, streaming=False))

    for frame in frames(text):
        judged = shown(frame)
        assert all(judged.count(tag) <= end.count(tag) for tag in COUNTED), frame


@pytest.mark.parametrize(
    "typed", ["-", "--", "***", "===", "|", "| -", "#", "> -", "1", "12.", "~~"]
)
def test_a_line_of_marks_waits_for_its_next_word(typed: str) -> None:
    assert safe_markdown(f"text\n{typed}", streaming=True) == "text"
    assert safe_markdown(f"```\nx\n{typed}", streaming=True) == "```\nx\n```"


def test_the_end_waits_for_nothing() -> None:
    assert safe_markdown("42", streaming=True) == ""
    assert safe_markdown("42", streaming=False) == "42"
    assert safe_markdown("text\n-", streaming=False) == "text  \n&#45;"


def test_the_opening_line_of_code_and_of_a_table_waits() -> None:
    assert safe_markdown("a\n```py", streaming=True) == "a"
    assert safe_markdown("a\n```py\n", streaming=True) == "a\n```py\n```"
    assert safe_markdown("a\n| x | y", streaming=True) == "a"
    assert safe_markdown("a\n| x | y |\n|---", streaming=True) == "a"
    assert safe_markdown("a\n| x | y |\n|---|---|\n", streaming=True).endswith(
        "| x | y |\n|---|---|"
    )
    assert safe_markdown("- a\n- | x", streaming=True) == "- a"


def test_a_growing_text_is_shown_as_if_read_at_once() -> None:
    text = (
        "# 题\n\n段**落**\n1. 甲\n   - 乙\n\n     丙\n2. 丁\n   ```py\n   x = 1\n   ```\n   戊\n"
        "3. 己\n\n> 引\n> - 庚\n\n| a | b |\n|---|---|\n| 1 | [x][1] |\n\n"
        "见 [x][1]\r\n再见\r\n\n[1]: https://x.y\n't'\n\n    code\n\n😀 end [z]\n===\n\n[z]: https://z.z\n"
    )
    text = text.replace("😀", "\ud83d\ude00")
    for step in (1, 2, 7):
        stream = MarkdownStream()
        for end in range(step, len(text) + step, step):
            stream.append(text[end - step : end])
            assert stream.text() == safe_markdown(text[:end], streaming=True)
        stream.finish()
        assert stream.text() == safe_markdown(text, streaming=False)


def test_safe_text_is_not_made_safe_twice() -> None:
    text = MarkdownStream("a *b* <c>").text()

    assert safe_markdown(text, streaming=False) is text


@pytest.mark.parametrize(
    ("text", "shown_now"),
    [
        ("0 1 2 3", "0 1 2 3"),
        ("12:30", "12:30"),
        ("-1 +2", "-1 +2"),
        ("#1 2", "#1 2"),
        ("1.5.2", "1.5.2"),
        ("- 1 2", "- 1 2"),
        ("好\n0 1", "好  \n0 1"),
        ("[" + "1, 2, " * 30, "[" + "1, 2, " * 29 + "1, 2,"),
        ("$$\n" + "and so on " * 12, "$$  \n" + "and so on " * 12),
    ],
)
def test_what_can_be_told_already_is_shown(text: str, shown_now: str) -> None:
    assert safe_markdown(text, streaming=True).rstrip() == shown_now.rstrip()


def test_a_long_row_of_a_table_grows() -> None:
    text = "| a | b |\n|---|---|\n| 1 | " + "说明。" * 30 + "**重"

    row = safe_markdown(text, streaming=True).splitlines()[-1]

    assert row == "| 1 | " + "说明。" * 30 + " |"
