from __future__ import annotations

import random
import re
import time
from itertools import pairwise

import pytest

from feishu_bot.feishu.cards.markdown import safe_markdown, summary_line
from tests.feishu.markdown_cards import card_texts

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


def test_a_line_break_tag_breaks_the_line() -> None:
    assert safe("a<br>b") == safe("a <BR/> b") == "a  \nb"
    assert safe("# a<br>b") == "# a<br>b"
    assert safe("| a<br />b |\n|---|") == "| a<br>b |\n|---|"
    # By itself in a line it would begin HTML, in which a fence is none.
    assert safe("<br>\n```\n[x](lark://a)\n```") == "```\n[x](lark://a)\n```"


def test_a_tag_in_code_is_kept_but_for_mentions() -> None:
    assert safe("`<div>`") == "`<div>`"
    assert safe("```html\n<a href='x'>\n```") == "```html\n<a href='x'>\n```"
    assert safe("`<at id=all>`") == "`<\u200bat id=all>`"
    assert safe("```\n<at id=all></at>\n```") == "```\n<\u200bat id=all><\u200b/at>\n```"


def test_a_stray_backtick_cannot_turn_prose_into_code() -> None:
    assert safe("a ` b\n`<at id=all>` `") == "a `b`&#60;at id=all>` `"
    assert safe("a ` b\n\n`<at id=all>` `") == "a &#96; b\n\n`<\u200bat id=all>` &#96;"
    assert safe(r"\`<at id=all>` x") == "&#96;&#60;at id=all>&#96; x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![cat](https://x.y/c.png)", "[cat](https://x.y/c.png)"),
        ("![](https://x.y/c.png)", "[🔗](https://x.y/c.png)"),
        ("![cat](img_v3_x)", "cat (img_v3_x)"),
        ("![cat](data:image/png;base64,AAAA)", "cat"),
        ("![cat][ref]", "&#33;[cat][ref]"),
        ("![cat]", "&#33;[cat]"),
        ("[ref]: img_v3_x", "[ref]&#58; img_v3_x"),
        ("[ref]: https://x.y", "[ref]&#58; [https://x.y](https://x.y)"),
        ("![cat][r]\n\n[r]: https://x.y", "[cat](https://x.y)"),
        ("[![ci](https://x/b.svg)](https://x/ci)", "[ci](https://x/ci)"),
        (r"\![cat](https://x.y)", "&#33;[cat](https://x.y)"),
        ("!<https://x.y>", "&#33;[https://x.y](https://x.y)"),
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
        ("[`a`](docs/b.md)", "`a` (docs/b.md)"),
        ("见[文档](docs/b.md)", "见文档 (docs/b.md)"),
        ("[`a`](https://x.y)", "[`a`](https://x.y)"),
        ("<https://x.y/(a)>", "[https://x.y/(a)](https://x.y/(a))"),
        ("[a](<https://x.y/z(>)", "[a](https://x.y/z%28)"),
        ("f(x)[0](y)", "f(x)&#91;0&#93;&#40;y&#41;"),
        ("[x][1]\n\n[1]: lark://z", "x (lark://z)"),
        ("ftp://x.y", "ftp&#58;//x.y"),
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
        ("- [ ] a\n- [x] b", "- ☐ a\n- ☑ b"),
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
    ["# T\n\n## U", "**b** _i_ ~~s~~", "from $5 to $10, x_1 2 * 3", "a@b.com :DONE: C:\\x"],
)
def test_plain_markdown_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_halves_of_an_emoji_are_joined() -> None:
    assert safe("a\ud83d\ude00b\ud83d") == "a😀b\ufffd"


def test_no_text_raises_pings_or_shows_a_picture() -> None:
    for text in random_texts(1, 600):
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
    for text in random_texts(2, 600):
        once = safe(text)
        assert safe(once) == once, text


@pytest.mark.parametrize(
    "text",
    [
        "[" * 8_000, "![" * 4_000, "`" * 8_000, "` `` " * 1_600, "<" * 8_000, "\\" * 8_000,
        "[a](" * 2_000, "[a](b " * 1_600, ">" * 8_000, " " * 8_000, "| " * 4_000, "-|" * 3_600,
        "- a\n" * 2_000, "  " * 2_000 + "- a", "".join("`" * n + " " for n in range(200)),
        "> " * 300, "- " * 300, "**a " * 2_000, "**“a”**b" * 1_200, "[a]: b\n" * 800,
        "[x][1] " * 1_200 + "\n\n[1]: http://" + "y" * 200, "http://" * 1_200, "\\(" * 3_200,
        "~~a " * 2_000, "x|y\n-|-\n" + "`|" * 1_200,
    ],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    # Time of the processor: others may have it for a while.
    started = time.thread_time()

    safe(text, streaming=True)
    summary_line(text)
    card_texts(text, 5_000)

    # A tenth of a second is usual; with the square of the length it would be minutes.
    assert time.thread_time() - started < 2.0


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
