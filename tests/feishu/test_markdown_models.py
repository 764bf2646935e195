"""Markdown as models write it, and what a renderer shows of the card that comes of it."""

from __future__ import annotations

import pytest

from feishu_bot.feishu.cards.markdown import safe_markdown
from tests.feishu.markdown_judge import Shown, shown


def card(text: str) -> Shown:
    return shown(safe_markdown(text, streaming=False))


def lines(text: str) -> list[str]:
    return card(text).own_lines


def test_a_paragraph_below_code_in_a_list_is_no_code() -> None:
    judged = card(
        "1. **准备**：\n\n    ```bash\n    pip install x\n    ```\n\n"
        "    再用 `x --help` 查 <选项>，**别忘**。\n\n2. 结束"
    )

    assert judged.code == ["pip install x\n"]
    assert "查 <选项>，别忘。" in judged.text
    assert judged.count("strong") == 2
    assert judged.count("li") == 2


def test_numbers_go_on_after_code_and_text() -> None:
    judged = card("1. 编译：\n   ```sh\n   make\n   ```\n   稍等。\n2. 运行\n3. 检查")

    assert judged.own_lines == ["编译：", "make", "稍等。", "运行", "检查"]
    assert judged.count("li") == 3


def test_numbers_under_a_line_stay_in_lines_of_their_own() -> None:
    assert lines("继续：\n4. 第四\n5. 第五\n10. 第十") == [
        "继续：",
        "4. 第四",
        "5. 第五",
        "10. 第十",
    ]
    # At the top of a card they mustn't become a list that counts by itself.
    assert safe_markdown("a\n4. b", streaming=False) == "a  \n4&#46; b"


def test_escaped_marks_are_shown_as_marks() -> None:
    assert card(r"写 \<div\> 与 List\<String\>，\*不斜\*，1\. 不是列表").own_lines == [
        "写 <div> 与 List<String>，*不斜*，1. 不是列表"
    ]
    assert lines(r"2\. a") == ["2. a"]
    assert lines("a &lt;b&gt; &amp;lt; &copy;") == ["a <b> &lt; ©"]


def test_code_by_indentation_is_code() -> None:
    judged = card("先写：\n\n    #include <stdio.h>\n    if (a < b) {}\n\n再编译。")

    assert judged.code == ["#include <stdio.h>\nif (a < b) {}\n"]


@pytest.mark.parametrize("mark", [99, 100, 1000])
def test_what_is_below_a_long_number_belongs_to_it(mark: int) -> None:
    judged = card(f"{mark}. 甲\n    - 子甲\n{mark + 1}. 乙\n    - 子乙\n\n      段\n    - 丙")

    assert judged.own_lines == ["甲", "子甲", "乙", "子乙", "段", "丙"]
    assert judged.count("li") == 5


def test_code_that_looks_like_a_long_number_keeps_its_spaces() -> None:
    text = "```\n100. a\n    - b\n```"

    assert safe_markdown(text, streaming=False) == text


def test_a_table_whose_rule_does_not_fit_is_shown_by_lines() -> None:
    text = "| 名 | 价 | 数 |\n|---|---|\n| 笔 | 1 | 5 |\n| 纸 | 2 | 6 |"

    assert lines(text) == text.split("\n")
    assert card(text).count("table") == 0


def test_a_row_with_too_many_cells_loses_none() -> None:
    judged = card("| a | b |\n|---|---|\n| 1 | 2 | 3 |")

    assert judged.count("td") == 2
    assert "2 | 3" in judged.text


def test_pipes_in_code_do_not_end_a_cell() -> None:
    judged = card(
        "| 写法 | 含义 |\n|---|---|\n| `a || b` | 或 |\n| `c \\| d` | 管道 |\n| e \\| f | g |"
    )

    assert judged.count("td") == 6
    assert judged.own_lines == ["写法", "含义", "a || b", "或", "c | d", "管道", "e | f", "g"]


def test_a_call_on_an_index_is_no_link() -> None:
    judged = card("用 handlers[type](data) 与 f(x)[0](y)。")

    assert judged.own_lines == ["用 handlers[type](data) 与 f(x)[0](y)。"]
    assert judged.links == []


@pytest.mark.parametrize(
    ("text", "line", "strong"),
    [
        ("资料里，**“关键”**后文", "资料里，“关键”后文", 1),
        ("**提示：**请保存", "提示：请保存", 1),
        ("再看**（附注）**部分", "再看（附注）部分", 1),
        ("**提示：**Please", "提示：Please", 1),
        ("他说**“走吧”**，然后**《书》**里", "他说“走吧”，然后《书》里", 2),
        ("**甲：**乙，**丙：**丁", "甲：乙，丙：丁", 2),
        ("使用**`f()`**函数", "使用 f() 函数", 1),
        ("**！**叹", "！叹", 0),
        ("幂 2**3**4 与 a**b", "幂 234 与 a**b", 1),
    ],
)
def test_bold_beside_chinese_punctuation_is_bold(text: str, line: str, strong: int) -> None:
    judged = card(text)

    assert judged.own_lines == [line]
    assert judged.count("strong") == strong


def test_punctuation_is_moved_out_of_bold_in_pairs() -> None:
    assert safe_markdown("**“重点”**后", streaming=False) == "“**重点**”后"
    assert safe_markdown("**重点。**", streaming=False) == "**重点。**"


def test_ranges_are_not_struck_out() -> None:
    judged = card("今天26~32°C，明天25~33°C；~~旧~~ 约~30")

    assert judged.own_lines == ["今天26~32°C，明天25~33°C；旧 约~30"]
    assert judged.count("del") == 1


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("见 https://x.y/out/r_2026_final.png 。", "https://x.y/out/r_2026_final.png"),
        ("见https://x.y/a_b，再看", "https://x.y/a_b"),
        ("(https://x.y/z_(1))。", "https://x.y/z_(1)"),
        ("**https://x.y/a_b**", "https://x.y/a_b"),
        ("<https://x.y/a_b>", "https://x.y/a_b"),
        ("HTTPS://X.y/a?b=c&d=1.", "HTTPS://X.y/a?b=c&d=1"),
    ],
)
def test_a_bare_address_becomes_a_link_of_its_own(text: str, target: str) -> None:
    text = safe_markdown(text, streaming=False)

    assert shown(text).links == [target]
    assert f"]({target})" in text


def test_a_definition_that_nothing_uses_is_shown() -> None:
    judged = card("看 [文档][1] 和 [图][2]。\n\n[1]: https://x.y/a_b\n[3]: https://x.y/c '别名'")

    assert judged.links == ["https://x.y/a_b", "https://x.y/c"]
    assert judged.own_lines == ["看 文档 和 [图][2]。", "[3]: https://x.y/c '别名'"]


def test_a_definition_deep_inside_leads_nowhere_foreign() -> None:
    judged = card("> - [1]: javascript:alert(1)\n\n[x][1] [y](<lark://z>)")

    assert judged.links == []
    assert "javascript:alert(1)" in judged.text


def test_dashes_under_a_line_are_a_rule() -> None:
    assert card("结果如上。\n---\n下面").count("h2") == 0
    assert card("结果如上。\n---\n下面").count("hr") == 1
    assert card("标题\n====").count("h1") == 1


def test_html_is_shown_as_it_is_written() -> None:
    judged = card("<details>\n<summary>更多</summary>\n\n- a\n\n</details>\n<!-- x --> <b>y</b>")

    assert judged.own_lines == [
        "<details>",
        "<summary>更多</summary>",
        "a",
        "</details>",
        "<!-- x --> <b>y</b>",
    ]
    assert judged.count("html") == 0


def test_depth_without_end_is_shown_as_text() -> None:
    assert "end" in card("> " * 500 + "end").text
    assert "end" in card("- " * 500 + "end").text
