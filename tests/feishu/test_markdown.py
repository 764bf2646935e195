from __future__ import annotations

import json
import random
import re
from itertools import pairwise

import pytest

from feishu_bot.feishu.cards.markdown import safe_markdown, split_for_cards, summary_line

TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"
FAMILY = "👨\u200d👩\u200d👧"
# Everything a model could put together badly.
TOKENS = [
    *("<at id=all></at>", "<AT id=all>", "< at\tid=all>", "</at>", "<person id='x'>", "<br>"),
    *("<a href=x>", "<https://x.y/z>", "<", "&#60;", "&", "`", "``", "```", "```py\n", "````\n"),
    *("~~~\n", "\n", "\n\n", "\n  - ", "\n- ", "\n1. ", "\n   ", "\n> ", "> ", "\n* ", "    "),
    *("![a](img_v3_x)", "![](http://x/y)", "![r][ref]", "\n[ref]: img_v3\n", "[a](file:x)"),
    *("[a](http://x.y)", "[![b](c)](http://d)", "[", "]", "](", "(", ")", "!", "\\", "|", "#"),
    *(f"\n{TABLE}\n", "---", "\n---\n", "\t", "word ", "中文", FAMILY, "🇨🇳", "\ud83d", "\ude00"),
    *("**", "_", "# ", "\r\n", "\u2028", "\x00", "$$x<y$$", '"', "'", "long " * 20),
]


def safe(text: str, *, streaming: bool = False, tables_left: int = 3) -> str:
    return safe_markdown(text, streaming=streaming, tables_left=tables_left)


def random_texts(seed: int, count: int) -> list[str]:
    dice = random.Random(seed)
    return ["".join(dice.choice(TOKENS) for _ in range(dice.randint(1, 40))) for _ in range(count)]


def json_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode())


def without_code(text: str) -> str:
    text = re.sub(r"^(`{3,})[^`\n]*\n(.*?\n)??\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)", "·", text)


@pytest.mark.parametrize(
    "tag",
    [
        "<at id=all></at>",
        "<AT ID=all>",
        "< at id=all >",
        "<person id='ou_x'>",
        "<font color='red'>",
        "<text_tag color='blue'>",
        "<link url='x'>",
        "<a href='x'>",
        "<audio file_key='x'>",
        "<raw>",
        "<number_tag>",
        "<local_datetime>",
        "<div>\n<script>",
        "<!-- x -->",
    ],
)
def test_a_tag_in_prose_is_only_text(tag: str) -> None:
    for text in (tag, f"- {tag}", f"> {tag}", f"# {tag}", f"**{tag}**", f"|{tag}|x|\n|-|-|"):
        assert "<" not in safe(text)


def test_a_line_break_tag_is_kept() -> None:
    assert safe("a<br>b") == "a<br>b"


def test_a_tag_in_code_is_kept_but_for_mentions() -> None:
    assert safe("`<div>`") == "`<div>`"
    assert safe("```html\n<a href='x'>\n```") == "```html\n<a href='x'>\n```"
    assert safe("`<at id=all>`") == "`<\u200bat id=all>`"
    assert safe("```\n<at id=all></at>\n```") == "```\n<\u200bat id=all><\u200b/at>\n```"


def test_a_stray_backtick_cannot_turn_prose_into_code() -> None:
    assert safe("a ` b\n`<at id=all>` `") == "a &#96; b  \n`<\u200bat id=all>` &#96;"
    assert safe(r"\`<at id=all>` x") == "&#96;&#60;at id=all>&#96; x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![cat](https://x.y/c.png)", "[cat](https://x.y/c.png)"),
        ("![](https://x.y/c.png)", "[🔗](https://x.y/c.png)"),
        ("![cat](img_v3_x)", "cat (img_v3_x)"),
        ("![cat](data:image/png;base64,AAAA)", "cat"),
        ("![cat][ref]", "[cat][ref]"),
        ("![cat]", "&#33;[cat]"),
        ("[ref]: img_v3_x", "[ref]&#58; img_v3_x"),
        ("[ref]: https://x.y", "[ref]: https://x.y"),
        ("[![ci](https://x/b.svg)](https://x/ci)", "[ci](https://x/ci)"),
        (r"\![cat](https://x.y)", "&#33;[cat](https://x.y)"),
        ("!<https://x.y>", "[https://x.y](https://x.y)"),
    ],
)
def test_pictures_become_links(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](https://x.y/z_(1))", "[a](https://x.y/z_(1))"),
        ('[a](https://x.y "title")', "[a](https://x.y)"),
        ("[a](HTTP://x.y)", "[a](HTTP://x.y)"),
        ("[a](javascript:alert)", "a (javascript:alert)"),
        ("[a](docs/b.md)", "a (docs/b.md)"),
        ("[a@b.c](mailto:a@b.c)", "a@b.c (mailto:a@b.c)"),
        ("[Top](#top)", "Top"),
        ("[`a`](docs/b.md)", "[`a`] (docs/b.md)"),
        ("[`a`](https://x.y)", "[`a`](https://x.y)"),
        ("<https://x.y/(a)>", "[https://x.y/(a)](https://x.y/%28a%29)"),
        ("f(x)[0](y)", "f(x)0 (y)"),
    ],
)
def test_only_web_links_stay_links(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_tables_beyond_the_limit_become_code() -> None:
    text = "\n\n".join([TABLE] * 5)

    assert safe(text) == "\n\n".join([TABLE] * 3 + [f"```\n{TABLE}\n```"] * 2)
    assert safe(TABLE, tables_left=0) == f"```\n{TABLE}\n```"


def test_a_table_in_code_is_not_counted() -> None:
    text = "\n\n".join([f"```\n{TABLE}\n```"] * 4 + [TABLE])

    assert safe(text) == text


def test_a_table_gets_the_blank_line_it_needs() -> None:
    assert safe(f"Here:\n{TABLE}") == f"Here:\n\n{TABLE}"


@pytest.mark.parametrize("streaming", [True, False])
def test_an_open_code_block_is_closed(streaming: bool) -> None:
    assert safe("a\n\n```py\nx = 1\n", streaming=streaming) == "a\n\n```py\nx = 1\n```"
    assert safe("~~~\nx", streaming=streaming) == "```\nx\n```"


@pytest.mark.parametrize("typed", ["`", "``", "```"])
def test_a_fence_that_is_being_typed_is_not_shown(typed: str) -> None:
    assert safe(f"```py\nx = 1\n{typed}", streaming=True) == "```py\nx = 1\n```"
    assert safe(f"text\n{typed}", streaming=True) == "text"


def test_a_fence_begins_its_line() -> None:
    assert safe("1. a\n   ```py\n   if x:\n       y\n   ```") == ("1. a\n```py\nif x:\n    y\n```")
    assert safe("- ``` py\n  x\n  ```") == "```py\nx\n```"
    assert safe("> ```js\n> x < y\n> ```\n> z") == "```js\nx < y\n```\n> z"


def test_code_around_fences_keeps_its_longer_fence() -> None:
    text = "````md\n```py\nx\n```\n````"

    assert safe(text) == text


def test_code_keeps_its_blanks() -> None:
    text = "```\n\tx\n\n    - y\n1. z  \n```"

    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- a\n  - b\n    - c", "- a\n    - b\n        - c"),
        ("1. a\n   - b\n   - c\n2. d", "1. a\n    - b\n    - c\n2. d"),
        ("* a\n\t* b", "* a\n    * b"),
        ("- a\n    - b\n- c", "- a\n    - b\n- c"),
        ("- a\n\n  more\n\n- b", "- a\n\n    more\n\n- b"),
        ("-   a", "- a"),
        ("- a\n\nend\n\n  - b", "- a\n\nend\n\n- b"),
        ("- [ ] a\n- [x] b", "- [ ] a\n- [x] b"),
        ("- - -", "- - -"),
    ],
)
def test_lists_nest_by_four_blanks(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_a_rule_under_a_text_does_not_make_it_a_heading() -> None:
    assert safe("a\n---\nb") == "a\n\n---\nb"


def test_a_line_break_in_prose_stays_one() -> None:
    assert safe("a\nb\n\nc\n# d\ne\n- f\n- g") == "a  \nb\n\nc\n# d\ne\n- f\n- g"
    assert safe("> a\n> b") == "> a  \n> b"


@pytest.mark.parametrize(
    "text",
    ["# T\n\n## U", "**b** _i_ ~~s~~", r"$$\frac{a}{b}$$ \[x_1\] \(y\)", "a@b.com :DONE: C:\\x"],
)
def test_plain_markdown_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_halves_of_an_emoji_are_joined() -> None:
    assert safe("a\ud83d\ude00b\ud83d") == "a😀b\ufffd"


def test_no_text_raises_pings_or_shows_a_picture() -> None:
    for text in random_texts(1, 1_500):
        for streaming in (True, False):
            shown = safe(text, streaming=streaming)
            prose = without_code(shown)
            shown.encode()
            assert not re.search(r"<\s*/?\s*at", shown, re.IGNORECASE), (text, shown)
            assert not re.search(r"<(?!br>)", prose), (text, shown)
            assert "![" not in prose, (text, shown)
            assert not re.search(r"\]\((?!https?://)", prose, re.IGNORECASE), (text, shown)
            lines = prose.split("\n")
            rules = [below for above, below in pairwise(lines) if "|" in above]
            assert sum(bool(re.fullmatch(r"[|: -]*-\|[|: -]*", rule)) for rule in rules) <= 3


def test_safe_text_stays_as_it_is() -> None:
    for text in random_texts(2, 1_500):
        once = safe(text)
        assert safe(once) == once, text


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000, "![" * 10_000, "`" * 20_000, "` `` " * 4_000, "<" * 20_000, "\\" * 20_000,
        "[a](" * 5_000, "[a](b " * 4_000, ">" * 20_000, " " * 20_000, "| " * 10_000, "-|" * 9_000,
        "- a\n" * 5_000, "  " * 5_000 + "- a", "".join("`" * n + " " for n in range(200)),
    ],
)  # fmt: skip
@pytest.mark.timeout(5)
def test_no_text_takes_long(text: str) -> None:
    safe(text, streaming=True)
    summary_line(text)
    split_for_cards(text, 5_000)


def parts_of(text: str, limit: int) -> list[str]:
    parts: list[str] = []
    while text:
        head, text = split_for_cards(text, limit)
        parts.append(head)
        assert len(parts) < 2_000, "no progress"
    return parts


def test_a_short_text_is_not_split() -> None:
    assert split_for_cards("# a\n\nb", 1_000) == ("# a\n\nb", "")
    assert split_for_cards("", 1_000) == ("", "")


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


def test_a_table_is_cut_between_rows_and_its_head_repeated() -> None:
    head = "| name | value |\n|---|---|\n"
    rows = [f"| row {number} | {'x' * 20} |" for number in range(40)]

    parts = parts_of(head + "\n".join(rows), 500)

    assert len(parts) > 2
    assert all(part.startswith(head) for part in parts)
    assert [row for part in parts for row in part.split("\n")[2:]] == rows


def test_a_long_line_is_cut_after_a_sentence() -> None:
    text = "这是一句话。" * 300

    parts = parts_of(text, 1_000)

    assert "".join(parts) == text
    assert all(part.endswith("。") for part in parts)


@pytest.mark.parametrize("sign", [FAMILY, "🇨🇳", "👍🏽", "e\u0301", "✈\ufe0f", "😀"])
def test_what_reads_as_one_character_is_not_cut(sign: str) -> None:
    for shift in range(8):
        parts = parts_of("x" * shift + sign * 200, 300)
        assert all(len(part.lstrip("x")) % len(sign) == 0 for part in parts)


def test_every_part_fits_its_card_and_nothing_is_lost() -> None:
    dice = random.Random(3)
    for piece in random_texts(4, 400):
        text = piece * dice.randint(1, 8)
        limit = dice.randint(300, 900)
        parts = parts_of(text, limit)
        for part in parts:
            assert json_bytes(safe(part)) <= limit, text
        letters = re.sub(r"[^a-z]", "", text.encode(errors="replace").decode())
        kept = re.sub(r"[^a-z]", "", "".join(parts))
        assert len(kept) >= len(letters)


def test_a_growing_text_is_always_cut_at_the_same_place() -> None:
    text = "".join(
        f"## Part {n}\n\n- item `x`\n  - sub\n\n{TABLE}\n\n```py\nx = {n}\ny = 2\n```\n\nText.\n"
        for n in range(20)
    )
    heads = {
        head
        for end in range(0, len(text), 3)
        for head, rest in [split_for_cards(text[:end], 900)]
        if rest
    }

    assert len(heads) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# Title\n\nSome **bold** and `code`", "Title Some bold and code"),
        ("- [ ] a\n1. b\n> c", "a b c"),
        ("```py\nx = 1\n```\nend", "x = 1 end"),
        (f"{TABLE}", "a b 1 2"),
        ("![cat](https://x) [b](https://y) snake_case _i_", "cat b snake_case i"),
        ("", ""),
    ],
)
def test_a_summary_is_one_plain_line(text: str, line: str) -> None:
    assert summary_line(text) == line


def test_a_long_summary_is_cut_between_characters() -> None:
    assert summary_line("word " * 50, limit=12) == "word word w…"
    assert summary_line(FAMILY * 30, limit=12) == FAMILY * 2 + "…"
