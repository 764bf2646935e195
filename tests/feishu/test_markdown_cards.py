"""Long answers, cut into cards of which each is whole by itself."""

from __future__ import annotations

import json
import random
import re

import pytest

from feishu_bot.feishu.cards.markdown import (
    MarkdownStream,
    first_card,
    safe_markdown,
    split_plain_text,
)
from tests.feishu.markdown_cards import card_texts
from tests.feishu.markdown_judge import is_within, shown
from tests.feishu.test_markdown import FAMILY, TABLE, random_texts


def json_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def parts_of(text: str, limit: int) -> list[str]:
    parts = [str(part) for part in card_texts(text, limit)]
    assert all(json_bytes(part) <= limit for part in parts)
    return parts


def test_a_short_text_is_not_split() -> None:
    assert parts_of("# a\n\nb", 1_000) == ["# a\n\nb"]
    assert parts_of("", 1_000) == [""]


def test_a_text_is_cut_at_a_paragraph() -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 20 for number in range(20))

    parts = parts_of(text, 600)

    assert all(part.startswith("Paragraph") for part in parts)
    assert "\n\n".join(part.strip() for part in parts).split() == text.split()


def test_code_is_closed_and_opened_again() -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(60))

    parts = parts_of(f"```python\n{code}\n```", 400)

    assert len(parts) > 2
    assert all(part.startswith("```python\n") and part.endswith("\n```") for part in parts)
    assert "\n".join(part[10:-4] for part in parts) == code


def test_code_around_fences_keeps_its_longer_fence_on_both_sides() -> None:
    code = "\n".join(["```py", *(f"line_{number} = {number}" for number in range(60)), "```"])

    parts = parts_of(f"````md\n{code}\n````", 400)

    assert "".join(shown(part).code[0] for part in parts).splitlines() == code.splitlines()


def test_a_line_of_code_without_end_is_cut_in_itself() -> None:
    parts = parts_of(f"```\n{'ab字' * 500}\n```", 400)

    assert "".join(shown(part).code[0].rstrip("\n") for part in parts) == "ab字" * 500


def test_a_table_is_cut_between_rows_and_its_head_repeated() -> None:
    head = "| name | value |\n|---|---|\n"
    rows = [f"| row {number} | {'x' * 20} |" for number in range(40)]

    parts = parts_of(head + "\n".join(rows), 500)

    assert len(parts) > 2
    assert all(part.startswith(head) for part in parts)
    assert [row for part in parts for row in part.split("\n")[2:]] == rows


def test_a_row_that_fits_no_card_is_shown_as_code() -> None:
    text = f"| a | b |\n|---|---|\n| 1 | {'long ' * 200}|"

    parts = parts_of(text, 500)

    assert all(part.startswith("```\n") for part in parts)
    assert "".join(shown(part).code[0] for part in parts).split() == text.split()


def test_a_list_is_cut_between_items_and_its_numbers_continue() -> None:
    text = "\n".join(f"{number}. item {number} {'word ' * 8}" for number in range(1, 41))

    parts = parts_of(text, 500)

    assert len(parts) > 2
    starts = [int(part.split(".")[0]) for part in parts]
    assert all(
        part.startswith(f"{start}. item {start} ")
        for part, start in zip(parts, starts, strict=True)
    )
    assert sum(shown(part).count("li") for part in parts) == 40


def test_numbers_that_are_all_one_continue_too() -> None:
    parts = parts_of("\n".join("1. " + "word " * 10 for _ in range(20)), 400)

    assert parts[1].startswith("8. ")


def test_a_nested_list_goes_on_without_its_parent() -> None:
    inner = "\n".join(f"   - part {number} {'word ' * 8}\n\n     more" for number in range(20))

    parts = parts_of(f"1. outer\n{inner}\n2. next", 500)

    assert parts[1].startswith("- part")
    assert parts[-1].endswith("\n2. next")
    for part in parts:
        judged = shown(part)
        assert not judged.code
        assert len(judged.items) == part.count("- part") + part.count("outer") + part.count("next")


def test_a_quote_stays_one_on_both_sides() -> None:
    text = "\n>\n".join(f"> paragraph {number} {'word ' * 10}" for number in range(20))

    parts = parts_of(text, 500)

    assert len(parts) > 2
    assert all(line.startswith(">") for part in parts for line in part.split("\n"))


def test_code_in_a_quote_in_a_list_is_whole_on_both_sides() -> None:
    code = [f"line_{number} = {number}" for number in range(40)]
    text = "\n".join(["- a", "  > b", "  > ```py", *(f"  > {line}" for line in code), "  > ```"])

    parts = parts_of(text + "\n  > c\n\n  d\n- e", 300)

    found = [line for part in parts for block in shown(part).code for line in block.splitlines()]
    assert found == code
    assert shown(parts[-1]).own_lines[-3:] == ["c", "d", "e"]


def test_no_heading_stands_alone_at_the_end() -> None:
    text = "\n\n".join(f"## Part {n}\n\n### Detail {n}\n\n{'word ' * 20}" for n in range(20))

    for limit in range(400, 700, 20):
        parts = parts_of(text, limit)
        assert all(part.startswith("## Part") for part in parts[1:])


def test_a_long_line_is_cut_after_a_sentence() -> None:
    text = "这是一句话。" * 300

    parts = parts_of(text, 1_000)

    assert "".join(parts) == text
    assert all(part.endswith("。") for part in parts)


def test_bold_text_that_is_cut_is_bold_on_both_sides() -> None:
    parts = parts_of(f"**{'word ' * 100}end**", 300)

    assert all(shown(part).count("strong") and "**" not in shown(part).text for part in parts)


@pytest.mark.parametrize("sign", [FAMILY, "🇨🇳", "👍🏽", "e\u0301", "✈\ufe0f", "😀"])
def test_what_reads_as_one_character_is_not_cut(sign: str) -> None:
    for shift in range(8):
        parts = parts_of("x" * shift + sign * 200, 300)
        assert all(len(part.lstrip("x")) % len(sign) == 0 for part in parts)


def test_every_part_fits_its_card_and_nothing_is_lost() -> None:
    dice = random.Random(3)
    for piece in random_texts(4, 250):
        text = piece * dice.randint(1, 8)
        parts = parts_of(text, dice.randint(300, 900))
        whole = shown(safe_markdown(text, streaming=False, tables_left=1_000)).letters
        found = [letter for part in parts for letter, _ in shown(part).letters]
        assert is_within([letter for letter, _ in whole], found), text


def test_a_growing_text_is_always_cut_at_the_same_places() -> None:
    text = "".join(
        f"## Part {n}\n\n- item `x`\n  - sub\n\n{TABLE}\n\n```py\nx = {n}\ny = 2\n```\n\nText.\n"
        f"1. one\n\n   {'word ' * 30}\n2. two\n\n> {'quoted ' * 20}\n> end\n\n{'句子。' * 60}\n\n"
        for n in range(8)
    )
    for step in (1, 3, 50, 700):
        stream = MarkdownStream()
        parts = []
        for start in range(0, len(text), step):
            stream.append(text[start : start + step])
            while card := stream.full_card(900):
                parts.append(card.text)
                stream.drop(card)
        stream.finish()
        while card := stream.full_card(900):
            parts.append(card.text)
            stream.drop(card)
        assert [*parts, stream.text()] == card_texts(text, 900)


def test_only_the_first_card_of_the_reasoning_is_read() -> None:
    assert first_card("a\n\nb", 100, streaming=True) == ("a\n\nb", False)
    text, has_more = first_card("字" * 10_000, 1_000, streaming=False)
    assert has_more
    assert 900 < json_bytes(text) <= 1_000


def test_plain_text_is_cut_as_it_is() -> None:
    text = "1. *a* &lt;b&gt;\n\n" * 40
    parts = []
    while text:
        head, text = split_plain_text(text, 200)
        assert json_bytes(head) <= 200
        parts.append(head)

    assert all(re.fullmatch(r"(1\. \*a\* &lt;b&gt;\n?\n?)+", part) for part in parts)
    assert sum(part.count("*a*") for part in parts) == 40
    assert split_plain_text("x" * 99 + "&lt;" * 9, 101) == ("x" * 99, "&lt;" * 9)


@pytest.mark.parametrize("title", ["## 第九节", "**第九节**", "## 九\n\n### 九之一", "**九：**"])
@pytest.mark.parametrize(
    "body", ["正文。" * 30, "- 甲\n- 乙", "```\nx\n```", "| a |\n|---|\n| b |"]
)
def test_a_title_stands_on_the_card_of_its_text(title: str, body: str) -> None:
    for before in range(200, 460, 12):
        cards = card_texts("字" * before + f"。\n\n{title}\n\n{body}\n\n" + "末。" * 200, 1_500)
        for card in cards:
            assert not card.rstrip().endswith(title.rpartition("\n")[2])


def test_a_line_that_leads_up_to_a_list_goes_with_it() -> None:
    for before in range(200, 460, 12):
        cards = card_texts(
            "字" * before + "。\n\n要点如下：\n\n- 甲\n- 乙\n\n" + "末。" * 300, 1_500
        )
        assert not any(card.rstrip().endswith("要点如下：") for card in cards)
