"""Markdown put together from what models write, well and badly, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

# `{n}` is a number of its own, so that the order of the words can be told.
SOUND = [
    "# 标题{n}",
    "## Head {n} **b{n}**",
    "T{n}\n===",
    "段落{n}，**重点{n}**与`code{n}`。",
    "word{n} *it{n}* and ~~gone{n}~~ __b{n}__ _i{n}_",
    "line{n}a\nline{n}b  \nline{n}c\\\nline{n}d",
    "- item{n}a\n- item{n}b",
    "* star{n}\n+ plus{n}",
    "- item{n}a\n  - sub{n}b\n    - deep{n}\n- item{n}c",
    "1. one{n}\n2. two{n}\n   more{n}\n3. three{n}",
    "1) one{n}\n1) two{n}",
    "1. one{n}\n   - sub{n}\n\n   para{n}\n2. two{n}",
    "1. 步骤{n}：\n   ```sh\n   run {n} <x>\n   ```\n   后{n}\n2. 下{n}",
    "- a{n}\n\n\n- b{n}\n\n      code{n}",
    "- [ ] todo{n}\n- [x] done{n}",
    "- \n- x{n}\n-",
    "4. four{n}\n5. five{n}",
    "text{n}\n4. four{n}\n10. ten{n}",
    "text{n}\n- li{n}\n  text{n}",
    "100. wide{n}\n     - kid{n}",
    "- > quoted{n}\n  > more{n}\n- # head{n}",
    "- - - x{n}\n\n      y{n}",
    "```py\nx = {n} < 2\n\nif a{n}:\n    b\n```",
    "~~~\n```\ncode{n}\n~~~",
    "    indented{n} <at id=all>\n\n    more{n}",
    "| a{n} | b |\n|---|:-:|\n| `c{n}` | **d{n}** |\n| e{n} \\| f | g |",
    "- | t{n} | u |\n  |---|---|\n  | v{n} | w |",
    "> quote{n}\n> more{n}\nlazy{n}",
    "> - q{n}\n>   - r{n}\n>\n> end{n}",
    "> ```js\n> x{n}\n> ```\n> after{n}",
    "***",
    "---",
    "[link{n}](https://x.y/a_{n}_b) [`c{n}`](https://x.y)",
    "![](https://x.y/{n}.png)[![](b.svg)](https://x.y)",
    "see https://x.y/p_{n}_q, and <https://a.b/{n}>",
    "[ref{n}][r{n}]\n\n[r{n}]: https://r.e/{n}\n\n",
    "a{n}<br>b{n}",
    "<b>x{n}</b> 2 * {n} * 3 and a_b_{n} 1 < 2 > 3 & c",
    "10~{n} and ~30",
    "\\(字_{n}\\) \\[ y{n} \\] \\*{n}\\* \\# \\< $5 and $10 C:\\new{n}",
    "**“引{n}”**后 **注{n}：**x 用**`f{n}`**的",
    "`` a`b{n} `` ``` c``d{n} ``` un`closed{n}",
    "***both{n}*** **a *b{n}* c** **open{n}",
    "&lt;b{n}&gt; &amp;amp; &copy; !{n}",
    "字" * 60 + "。句{n}。" * 30,
    "long{n} " * 60,
]
HOSTILE = [
    "<at id=all></at>",
    "<AT id=all>",
    "< at\tid=all>",
    "<br>\n",
    "<div>\n",
    "<!--\n",
    "<font color=red>",
    "<text_tag>",
    "<person id=x>",
    "<link url=lark://x>",
    "&#60;at id=all&#62;",
    "![a](img_v3_x)",
    "![a][r]",
    "[x](javascript:alert)",
    "[x](lark://a)",
    "[x][1]",
    "\n[1]: javascript:alert\n",
    "\n> - [1]: <lark://y>\n",
    "<lark://z>",
    "ftp://x.y",
    "```",
    "```py\n",
    "~~~\n",
    "\n> ",
    "\n- ",
    "\n    ",
    "\n1. ",
    "\n\n",
    "\n",
    "`",
    "``",
    "[",
    "](",
    ")",
    "!",
    "\\",
    "$",
    "$$",
    "\n$$\n",
    "\\(",
    "\\)",
    "\n\\[\n",
    "\\]",
    "\\begin{align}",
    "\\end{align}",
    "\\frac{a}{b}",
    "x^2",
    "<sub>",
    "</sub>",
    "|",
    "\n|a|b|\n|-|-|\n",
    "*",
    "**",
    "~",
    "_",
    "word",
    "字，",
    "\ud83d",
    "\ude00",
    "\r",
    "\x00",
]


@st.composite
def sound_texts(draw: st.DrawFn) -> str:
    """Blocks that CommonMark and models agree about, perhaps in a quote or a list item."""
    parts = draw(st.lists(st.sampled_from(SOUND), min_size=1, max_size=9))
    text = ""
    for number, part in enumerate(parts):
        text += part.replace("{n}", str(10 + number))
        if "|--" in part and not text.endswith("\n\n"):
            # A line right below a table is a row of it for GFM, and text for us.
            text += "\n"
        # Dashes right below a line are a heading for CommonMark, and a rule for us.
        text += draw(st.sampled_from(["\n\n", "\n\n", "\n"]))
        if text.endswith("\n") and parts[number + 1 : number + 2] in (["---"], ["- \n- x{n}\n-"]):
            text += "\n"
    match draw(st.integers(0, 5)):
        case 0:
            return "".join(f"> {line}\n" for line in text.split("\n"))
        case 1:
            return "- " + "\n  ".join(text.split("\n"))
    return text


def hostile_texts() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=30).map("".join)


# What a text may be full of, and begin with.
_LONG = [
    "0 1 2 3 ",
    "3.14159 ",
    "1234567890",
    "12:30 ",
    "-1 +2 ",
    "01",
    '{"a": [1, "b c"]}, ',
    "aGVsbG8gd29ybGQ",
    "some words here ",
    "这是一些文字，",
    "（甲）【乙】",
    "[1, 2], ",
    "a_b*c ",
    "x = y + 1; ",
    "path/to/file_",
    "甲 | 乙 ",
    "<b> ",
    "12\n",
    "a | b\n",
    "| a | b |\n",
    "- 1\n",
    "3.\n",
    "\\alpha + ",
    "👩‍👩‍👧",
]
# fmt: off
_BEGIN = [
    "[", "[甲](", "[a][", "[a]: ", "![", "$", "$$", "$$\n", "\\(", "\\[\n", "\\frac{", "|", "| ",
    "a | ", "`", "```", "```\n", "~~~", "<", "<a ", "<sub>", "**", "***", "_", "~~", "- ", "> ",
    "# ", "1. ", "- [", "> - 1. ", "\\begin{align}\n", "(", "“", "\\", "& ", "https://x.y/", "",
    "| a | b |\n|---|---|\n| ", "[^1]: ", "前\n", "---", "===", "+ ", "10. ", ": ", "#", "@",
]
# fmt: on


def long_texts() -> st.SearchStrategy[str]:
    """Much of one kind, behind what may begin something."""
    part = st.tuples(st.sampled_from(_BEGIN), st.sampled_from(_LONG), st.integers(1, 60))
    parts = part.map(lambda one: one[0] + one[1] * one[2])
    return st.lists(parts, min_size=1, max_size=3).map("".join)
