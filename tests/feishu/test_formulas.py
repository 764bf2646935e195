"""Formulas in LaTeX, as models write them although they are asked not to."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.feishu.cards.markdown import MarkdownStream, parser, safe_markdown
from feishu_bot.feishu.cards.markdown.formula_text import formula_text
from tests.feishu.markdown_judge import shown
from tests.feishu.test_markdown_properties import PROFILE


def safe(text: str) -> str:
    return safe_markdown(text, streaming=False)


def lines(text: str) -> list[str]:
    return shown(safe(text)).own_lines


def frames(text: str) -> list[str]:
    stream = MarkdownStream()
    out = []
    for sign in text:
        stream.append(sign)
        out.append(str(stream.text()))
    return out


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}", "x = (-b ± √(b² - 4ac))/(2a)"),
        (r"\int_0^1 x^2\,dx = \frac{1}{3}", "∫₀¹ x² dx = ⅓"),
        (r"\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}", "∫_(-∞)^∞ e^(-x²) dx = √π"),
        (r"\sum_{i=1}^{n} i = \frac{n(n+1)}{2}", "∑ᵢ₌₁ⁿ i = n(n+1)/2"),
        (r"\lim_{x \to 0} \frac{\sin x}{x} = 1", "lim_(x→0) (sin x)/x = 1"),
        (r"\frac{1}{2}mv^2", "½mv²"),
        (r"\frac{a+b}{c}", "(a+b)/c"),
        (r"\frac{a}{2b}", "a/(2b)"),
        (r"x\frac{a}{b}y", "x(a/b)y"),
        (r"\sqrt{2}x", "√(2)x"),
        (r"\frac{\partial f}{\partial x} = 2x", "∂f/∂x = 2x"),
        (r"\bar{x} = \frac{1}{n}\sum_{i=1}^n x_i", "x̄ = (1/n)∑ᵢ₌₁ⁿ xᵢ"),
        (r"X \sim \mathcal{N}(\mu, \sigma^2)", "X ~ N(μ, σ²)"),
        (r"\hat{\beta} = (X^T X)^{-1} X^T y", "β̂ = (Xᵀ X)⁻¹ Xᵀ y"),
        (r"A = \begin{pmatrix} a & b \\ c & d \end{pmatrix}", "A = (a b; c d)"),
        (
            r"f(x) = \begin{cases} x^2, & x \ge 0 \\ -x, & \text{otherwise} \end{cases}",
            "f(x) = { x², x ≥ 0; -x, otherwise }",
        ),
        (r"\ce{2H2 + O2 -> 2H2O}", "2H₂ + O₂ → 2H₂O"),
        (r"\ce{SO4^2-}", "SO₄²⁻"),
        (r"2\text{H}_2 \xrightarrow{\text{点燃}} \text{H}_2\text{O}", "2H₂ —(点燃)→ H₂O"),
        (r"25^{\circ}\text{C}", "25°C"),
        (r"e^{i\pi} + 1 = 0", "e^(iπ) + 1 = 0"),
        (r"2\sin x\cos x", "2 sin x cos x"),
        (r"\forall x \in \mathbb{R}", "∀x ∈ ℝ"),
        (r"\left\{ x \mid x > 0 \right\}", "{x | x > 0}"),
        (r"\vec{a}\cdot\vec{b}", "a⃗·b⃗"),
        (r"\binom{n}{k} = \frac{n!}{k!(n-k)!}", "C(n, k) = n!/(k!(n-k)!)"),
        (r"\text{准确率} = \frac{TP + TN}{N} \times 100\%", "准确率 = (TP + TN)/N × 100%"),
        (r"p = 50%", "p = 50%"),
        (r"x_{max} + y_{b}", "xₘₐₓ + y_b"),
        (r"a \not= b \pmod{n}", "a ≠ b (mod n)"),
        (r"a_{n_k} + v_{平均} + w^\top x", "a_(nₖ) + v_平均 + wᵀx"),
        (r"\frac{[\ce{H+}][\ce{A-}]}{[\ce{HA}]} = 95\%", "[H⁺][A⁻]/[HA] = 95%"),
    ],
)
def test_a_simple_formula_is_unicode(latex: str, text: str) -> None:
    assert formula_text(latex) == text
    assert lines(f"由 ${latex}$ 可知") == [f"由 {text} 可知"]
    assert lines(f"由\n\\[\n{latex}\n\\]\n可知") == ["由", text, "可知"]


@pytest.mark.parametrize(
    "latex",
    [
        r"\underbrace{a+b}_{c}",
        r"\unknown{x} + 1",
        r"\color{red}{x} + 1",
        r"\overrightarrow{AB} + 1",
        r"\cite{x} + 1",
        r"\begin{array}{cc} 1 & 2 \end{array}",
        r"\frac{a}",
        r"{a",
        r"\hspace{1cm}x + 1",
        r"a \\ b & c",
        "{" * 40 + "x" + "}" * 40,
        "x + " * 400 + "x",
    ],
)
def test_what_unicode_cannot_say_stays_latex_in_code(latex: str) -> None:
    assert formula_text(latex) is None
    # A formula in a line that is recognised at all is code, letter by letter.
    inline = safe(f"由 \\({latex}\\) 可知")
    assert f"`\\({latex}\\)`" in inline or latex.replace("\\", "") in shown(inline).text.replace(
        "\\", ""
    )


def test_a_formula_on_lines_of_its_own_that_is_not_simple_is_a_code_block() -> None:
    text = "$$\n\\begin{array}{cc}\na & b \\\\\nc & d\n\\end{array}\n$$"

    assert safe(f"前\n{text}\n后") == f"前\n```latex\n{text}\n```\n后"


def test_rows_of_a_formula_are_lines() -> None:
    text = "\\begin{align}\n(a+b)^2 &= a^2 + 2ab + b^2 \\\\\n&= c\n\\end{align}"

    assert lines(text) == ["(a+b)² = a² + 2ab + b²", "= c"]


def test_formulas_stand_wherever_text_does() -> None:
    assert lines("## 由 $x^2$ 得") == ["由 x² 得"]
    assert lines("1. 先求 $x_1$：\n   $$\n   x_1 = -2\n   $$\n2. 再") == [
        "先求 x₁：",
        "x₁ = -2",
        "再",
    ]
    assert shown(safe("| 名 | 式 |\n|---|---|\n| 面积 | $\\pi r^2$ |")).own_lines[-1] == "πr²"
    assert lines("> 设 \\(n \\ge 2\\)。") == ["设 n ≥ 2。"]
    assert lines("**结果是 $x^2$**") == ["结果是 x²"]
    assert lines("占 $95\\%$，$n!$、$y'$ 与 $-x$") == ["占 95%，n!、y′ 与 -x"]
    assert lines("面积 2\\pi r，第 $n$th 个，$k$-近邻") == ["面积 2π r，第 nth 个，k-近邻"]
    assert lines("公式 \\alpha 与 \\frac{a}{b}，A \\times B") == ["公式 α 与 a/b，A × B"]


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "从 $5 涨到 $10，再到$20",
        "from $5-$10 to $1,000/$2,000",
        "US$5 and US$6",
        "echo $HOME/$USER and $PATH:$HOME",
        "变量 $HOME 和 $PATH 都要设置",
        "$$$ and $ and $$",
        "${A_B}-${C_D} and $A=$B and $A$1:$B$2",
        "用$user_id和$order_id查，输入$3/百万，输出$15/百万（约$20）",
        r"D:\v2\pi and v2\pi",
        "$ x $",
        "$5 a_b $6 c_d",
        r"C:\new\table and D:\alpha\beta.txt",
        r"a regex \d+\w* and \n or \t",
        r"\server\share \\server\share",
        r"\alphabet and \timeserver \frac and \unknown{x}",
        r"a\times",
        "`$x^2$` and `\\(x\\)`",
        "```\n$x^2$ \\frac{a}{b}\n```",
    ],
)
def test_what_is_no_formula_is_left_alone(text: str) -> None:
    text_shown = "\n".join(shown(safe(text)).own_lines)

    assert text_shown == "\n".join(shown(_without_math(text)).own_lines)
    if r"\\" not in text:
        assert text_shown.count("\\") == text.count("\\")
    assert text_shown.count("$") == text.count("$")


def _without_math(text: str) -> str:
    """The text as it would be written if there were no formulas."""
    rules = parser._inlines.inline.ruler
    blocks = parser._blocks_with_formulas.block.ruler
    rules.disable("math")
    blocks.disable("math")
    try:
        return safe(text)
    finally:
        rules.enable("math")
        blocks.enable("math")


def test_brackets_that_are_escaped_are_no_formula() -> None:
    assert lines(r"见 \[1\] 和 \[可选\]、\(例如\)") == [r"见 \[1\] 和 \[可选\]、\(例如\)"]
    assert lines(r"\[不是链接\](x)") == [r"[不是链接](x)"]


def test_a_formula_cannot_call_anyone() -> None:
    card = safe(r"$<at id=all></at>^2$ \(\text{<at id=all></at>}\) $$x <at id=all>$$")

    assert "<at" not in card.replace("<\u200bat", "")


@pytest.mark.parametrize(
    "text",
    [
        r"由 $x^2 + y_1$ 可知，\(\frac{a}{b}\) 是比值。",
        "先看：\n\n\\[\nx = \\frac{-b \\pm \\sqrt{b^2}}{2a}\n\\]\n\n再看 $$y=1$$ 好",
        "1. 甲 $x_1$\n2. 乙\n   $$\n   \\begin{aligned}\n   a &= b \\\\\n   &= c\n"
        "   \\end{aligned}\n   $$\n3. 丙",
        "价格 $5 到 $10 之间，C:\\new 目录",
        r"\begin{align} a &= b \\ c &= d \end{align} 完",
        "希腊字母 \\alpha 和 \\frac{1}{2} 等",
    ],
)
def test_while_it_grows_a_formula_shows_no_half_and_moves_nothing(text: str) -> None:
    before = ""
    for frame in frames(text):
        assert "&#92;" not in frame.replace("C:&#92;", "")
        assert not re.search(r"\\(?!n)", frame)
        # Only a closing mark, or the end of a line, may have to go again.
        assert frame.startswith(before.rstrip()[:-2]), (before, frame)
        before = frame
    assert "frac" not in safe(text)


def test_prices_are_shown_a_moment_later_and_stay() -> None:
    shown_frames = frames("It costs $5 or more, or $10 at most.")

    assert shown_frames[-1].startswith("It costs $5 or more, or $10 at most")
    assert all(after.startswith(before) for before, after in pairwise(shown_frames))


def test_a_formula_without_an_end_is_text_in_the_end() -> None:
    assert lines("看 $x^2 + 1 就是") == ["看 $x^2 + 1 就是"]
    assert lines("公式\n\\[\nx + 1\n\n就是") == ["公式", "\\[", "x + 1", "就是"]


def test_text_without_a_formula_never_imports_the_parser_of_formulas() -> None:
    code = (
        "import sys\n"
        "from feishu_bot.feishu.cards.markdown import safe_markdown\n"
        "safe_markdown('**a** costs $5, C:\\\\new', streaming=False)\n"
        "assert 'pylatexenc' not in sys.modules\n"
        "safe_markdown('$x^2$', streaming=False)\n"
        "assert 'pylatexenc' in sys.modules\n"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


PROSE = st.lists(
    st.sampled_from([*"ab1 .,:;-+*_#|>()!?~`'\"\n\t\\中，。", "\\n", "C:\\x", "\\d+", "5"]),
    max_size=80,
).map("".join)


@PROFILE
@given(PROSE)
def test_text_without_a_formula_is_written_as_before(text: str) -> None:
    if not re.search(r"\\[(\[]|\$", text):
        assert safe(text) == _without_math(text)


@PROFILE
@given(
    st.lists(st.sampled_from(["C:\\new", "\\d+", "\\n", "\\w", "x", " ", "，", "5", "\\s*", "(a)"]))
)
def test_no_backslash_outside_a_formula_is_lost(parts: list[str]) -> None:
    text = "".join(parts)

    # An escaped mark loses its backslash in CommonMark; these are none.
    assert shown(safe(text)).text.count("\\") >= len(re.findall(r"\\[a-zA-Z]", text))


LATEX = st.lists(
    st.sampled_from(
        [
            *"xyzαn12+-=<>()[]{}^_&|!',.$%#~ \n\\",
            *("\\frac", "\\sqrt", "\\sum", "\\int", "\\left(", "\\right)", "\\text{a b}", "\\\\"),
            *("\\begin{cases}", "\\end{cases}", "\\begin{matrix}", "\\end{matrix}", "\\ce{H2O}"),
            *("\\alpha", "\\hat{x}", "\\foo", "\\not", "\\left", "\\operatorname", "{a}", "中"),
        ]
    ),
    max_size=30,
).map("".join)


@PROFILE
@given(LATEX)
def test_any_latex_becomes_unicode_without_a_command_or_stays(latex: str) -> None:
    text = formula_text(latex)

    assert text is None or not re.search(r"\\[A-Za-z]", text)
    for source in (f"${latex}$", f"\\({latex}\\)", f"\\[\n{latex}\n\\]", latex):
        safe(f"a {source} b\n\n{source}")
        for end in range(0, len(source), 5):
            safe_markdown(source[:end], streaming=True)


@pytest.mark.parametrize(
    "hostile",
    [
        "$" * 20_000,
        "$a " * 6_000,
        "$$a " * 5_000,
        "\\(" * 10_000,
        "\\[\n" * 2_000,
        "$$\n" * 2_000,
        "\\begin{align}\n" * 1_600,
        "\\frac" * 4_000,
        "\\frac{" * 3_000,
        "$" + "{" * 2_000 + "}" * 2_000 + "$",
        "$" + "\\frac{a}{" * 200 + "$",
        "x^" * 10_000,
        "**" * 10_000,
        "[" * 10_000,
        "<sub>" * 4_000,
        "`$" * 10_000,
    ],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)
def test_hostile_text_takes_no_more_than_its_length(hostile: str) -> None:
    started = time.thread_time()
    safe(hostile)
    safe_markdown(hostile, streaming=True)

    assert time.thread_time() - started < 2


def test_html_that_sets_low_and_high_is_unicode() -> None:
    assert lines("H<sub>2</sub>O，x<sup>n+1</sup>，10<SUP>-3</SUP>") == ["H₂O，xⁿ⁺¹，10⁻³"]
    assert lines("a<sub>中</sub> <sup>") == ["a<sub>中</sub> <sup>"]


def test_tasks_are_boxes_and_footnotes_are_numbers() -> None:
    assert lines("- [ ] 待办\n- [x] 完成\n1. [X] 也是") == ["☐ 待办", "☑ 完成", "☑ 也是"]
    assert lines("[x] 不是任务 - [ ]") == ["[x] 不是任务 - [ ]"]
    assert lines("如上[^1]。\n\n[^1]: 出处见年报\n[^2]: https://x.y") == [
        "如上[1]。",
        "[1]: 出处见年报",
        "[2]: https://x.y",
    ]
