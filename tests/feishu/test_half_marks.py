"""The end of a growing answer, and of one that breaks off: no half of a mark."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.feishu.cards.markdown import MarkdownStream, safe_markdown
from tests.feishu.markdown_judge import shown
from tests.feishu.markdown_texts import hostile_texts, sound_texts
from tests.feishu.test_markdown_properties import PROFILE, check_harmless


def growing(text: str) -> str:
    return safe_markdown(text, streaming=True)


def broken_off(text: str) -> str:
    stream = MarkdownStream(text)
    stream.finish(is_cut=True)
    return stream.text()


@pytest.mark.parametrize(
    ("text", "held", "cut"),
    [
        ("这是**第一句话*", "这是", "这是**第一句话**"),
        ("这是**第一句话", "这是", "这是**第一句话**"),
        ("这是**", "这是", "这是"),
        ("这是*", "这是", "这是"),
        ("a *it", "a", "a *it*"),
        ("用 `code", "用", "用 `code`"),
        ("用 `", "用", "用"),
        ("删 ~~旧的", "删", "删 ~~旧的~~"),
        ("见 [说明", "见", "见 说明"),
        ("见 [说明](https://x.y/a", "见", "见 说明"),
        ("见 [说明]", "见", "见 [说明]"),
        ("图 ![图一](https://x", "图", "图"),
        ("他 <at id", "他", "他"),
        ("水 H<sub>2", "水 H", "水 H"),
        ("设 $x^2", "设", "设 `$x^2`"),
        ("设 \\(\\frac{a", "设", "设 `\\(\\frac{a`"),
        ("设 \\(", "设", "设"),
        ("- a\n- **b", "- a\n-", "- a\n- **b**"),
        ("# 一 **二", "# 一", "# 一 **二**"),
        ("前\n```py\nx = 1", "前\n```py\nx = 1\n```", "前\n```py\nx = 1\n```"),
        ("前\n```py", "前", "前"),
        ("前\n- ", "前", "前"),
        ("前\n|", "前", "前"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | **4", None, None),
        ("前\n| 名 | 价", "前", "前"),
        ("甲 | 乙\n", None, "甲 | 乙"),
        ("结果是 42", "结果是 42", "结果是 42"),
        ("2 * 3 * 4 和 a_b_c", "2 * 3 * 4 和 a_b_c", "2 * 3 * 4 和 a_b_c"),
    ],
)
def test_half_marks_are_held_back_and_closed_at_a_cut(text, held, cut) -> None:
    if held is None and cut:
        assert broken_off(text) == cut
        return
    if held is None:
        assert growing(text).endswith("| 1 | 2 |")
        assert broken_off(text).startswith("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | ")
        return
    assert growing(text) == held
    assert broken_off(text) == cut


def test_long_bold_is_shown_as_bold_so_far() -> None:
    text = "前 **" + "很重要的话" * 30

    assert growing(text) == text + "**"


def test_bold_that_begins_within_a_long_bold_line_waits_alone() -> None:
    text = "**" + "很重要的话，" * 20 + "见 `code"

    assert growing(text) == "**" + "很重要的话，" * 20 + "见**"


@pytest.mark.parametrize(
    "text",
    [
        "这是我们这次对话的**第一句话**，后面*还有*一些，`代码`和[链接](https://x.y/a_b)，~~删~~。完",
        "- **甲**：说明\n- **乙**：`x`\n\n> **丙** 引\n",
        "价格是 5 * 3，名字是 a_b_c，范围 10~20。",
    ],
)
def test_each_frame_goes_on_from_the_one_before(text) -> None:
    frames = [growing(text[:end]) for end in range(len(text) + 1)]

    for before, after in pairwise(frames):
        assert after.startswith(before.rstrip())
        assert not re.search(r"&#\d+;", after)


def test_the_end_of_a_whole_answer_stays_as_it_was_written() -> None:
    assert "42" in safe_markdown("42", streaming=False)
    assert shown(safe_markdown("2 ** 3 和 `x", streaming=False)).own_lines == ["2 ** 3 和 `x"]


@PROFILE
@given(st.one_of(sound_texts(), hostile_texts()), st.integers(0, 300))
def test_a_text_that_breaks_off_anywhere_is_harmless(text: str, at: int) -> None:
    check_harmless(broken_off(text[:at]))
    check_harmless(growing(text[:at]))


@pytest.mark.parametrize(
    "text",
    [
        "$" + "\\alpha+" * 40 + "1$ ",
        "$" + "\\a" * 200 + "\n",
        "[a](b" + " " * 8_000,
        "\\a{" + "_" * 8_000 + "\nx",
        "`" * 3 + "\n<" + "\n" * 8_000 + "!",
        " " * 8_000 + "x",
        "\\(" * 400 + "=" + "a" * 900 + "\\)",
        "\\(" * 400 + "<" + "a" * 900 + "\\)",
    ],
)
@pytest.mark.parametrize("is_cut", [True, False])
def test_no_text_holds_an_answer_up(text, is_cut):
    started = time.thread_time()

    for end in ("", "x"):
        stream = MarkdownStream(text + end)
        stream.text()
        stream.finish(is_cut=is_cut)
        stream.text()

    # Going back at every sign takes minutes, or for ever.
    assert time.thread_time() - started < 2.0
