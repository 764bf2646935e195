"""Where a formula in LaTeX stands in Markdown.

Dollars are prices and variables as well. Those around a formula follow Pandoc's rule ("Math",
extension tex_math_dollars): no blank behind the first and before the last, no digit behind the
last. What stands between has to look like mathematics, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from feishu_bot.feishu.cards.markdown.formula_text import formula_text

# The longest that is looked for; also how long a growing text waits for a formula's end.
MAX_SOURCE_CHARS = 2_000
MAX_LINES = 40

_CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_DOLLARS = re.compile(
    r"\$(?![\s$])((?:[^$\\`]|\\.){1,500}?)(?<![\s\\])\$(?![0-9${]|(?!(?:th|st|nd|rd|s)\b)[A-Za-z])",
    re.DOTALL | re.ASCII,
)
_BEGIN = re.compile(r"\\begin\{([a-zA-Z]{1,20}\*?)\}")
# With one of these inside it was probably no formula.
_NOT_MATH = re.compile(r"`|\]\(|\*\*|://|\n[ \t]*\n|</?[A-Za-z]++[^<>\n]*>")

_COMMAND = re.compile(r"\\[A-Za-z]{2,}|\\[,;:!{}%|]|[A-Za-z0-9)}]\s*[\^_]\s*[\w{(*+\\-]")
_OPERATOR = re.compile(r"[=<>+*≤≥±×÷→≈|]|\d\s*[-/]|[-/]\s*\d|\b[A-Za-z]\s*[-/]\s*[A-Za-z]\b")
_SHORT = re.compile(
    r"-?[A-Za-z]{1,3}['!]{0,3}|\d+!|-?\d+(?:[.,]\d+)*%?|[A-Za-z]\(\w(?:,\s*\w)*\)|[\u0370-\u03ff]"
)
_WORDS = re.compile(r"(?<![A-Za-z])[A-Za-z]{3,}+[,.]?\s++[A-Za-z]{2}")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")

_BARE_NAMES = (
    "dfrac|tfrac|frac|sqrt|alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|iota|kappa"
    "|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda"
    "|Xi|Pi|Sigma|Phi|Psi|Omega|times|cdot|div|pm|mp|leq|geq|neq|approx|equiv|infty|partial|nabla"
    "|sum|prod|int|oint|rightarrow|leftarrow|Rightarrow|Leftarrow|leftrightarrow|Leftrightarrow"
    "|implies|iff|to|in|notin|subset|subseteq|cup|cap|forall|exists|angle|triangle|perp|propto"
    "|ldots|cdots|therefore|because|le|ge|ne|degree"
)
_BRACES = r"\{(?:[^{}\n]|\{[^{}\n]{0,60}\}){0,120}\}"
_SCRIPTS = rf"(?:[_^](?:[A-Za-z0-9]|{_BRACES})){{0,2}}"
# A command in prose. Names of files and escapes have other characters beside them.
_BARE = re.compile(
    rf"\\(?:(?P<fraction>[dt]?frac){_BRACES}{_BRACES}|sqrt{_BRACES}"
    rf"|(?:{_BARE_NAMES})(?![A-Za-z\\{{])){_SCRIPTS}(?![\\\w/])",
    re.ASCII,
)
_BEFORE_BARE = re.compile(r"[A-Za-z0-9_\\:/.~@'\"]\Z")
_NUMBER_BEFORE = re.compile(r"(?:\A|[\s(=+*\u2e80-\uffef-])\d+(?:\.\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Formula:
    """`latex` is what stands between the signs, `source` has them too.

    `after` is the full stop or comma behind a formula on lines of its own. Where it doesn't look
    like mathematics (`is_math`), the signs were meant as characters.
    """

    source: str
    latex: str
    after: str = ""
    is_math: bool = True

    @property
    def text(self) -> str | None:
        """The formula in Unicode; None where only LaTeX says it."""
        text = formula_text(self.latex)
        return text and text + self.after


def formula_at(source: str, at: int, end: int) -> Formula | None:
    """The formula that begins at this dollar or backslash."""
    opening = source[at : at + 2]
    if closing := _CLOSING.get(opening):
        last = source.find(closing, at + 2, min(end, at + MAX_SOURCE_CHARS))
        if last < 0:
            return None
        following = source[last + 2 : last + 3]
        if opening == "\\[" and following and following in "([:":
            return None  # brackets that are escaped so that they are no link
        latex = source[at + 2 : last]
        if _NOT_MATH.search(latex):
            return None
        return Formula(source[at : last + 2], latex, is_math=_is_math(latex, opening))
    if source[at] == "$":
        return _between_dollars(source, at, end)
    if match := _BEGIN.match(source, at, end):
        mark = f"\\end{{{match[1]}}}"
        last = source.find(mark, match.end(), min(end, at + MAX_SOURCE_CHARS))
        whole = source[at : last + len(mark)]
        return Formula(whole, whole) if last >= 0 and not _NOT_MATH.search(whole) else None
    return _bare(source, at, end)


def _between_dollars(source: str, at: int, end: int) -> Formula | None:
    before = source[at - 1] if at else " "
    if before.isascii() and before.isalnum():
        return None
    match = _DOLLARS.match(source, at, end)
    return Formula(match[0], match[1]) if match and _is_math(match[1], "$") else None


def _bare(source: str, at: int, end: int) -> Formula | None:
    before = source[max(at - 20, 0) : at]
    if _BEFORE_BARE.search(before) and not _NUMBER_BEFORE.search(before):
        return None
    match = _BARE.match(source, at, end)
    # A single command that has no sign is left as it is.
    return Formula(match[0], match[0]) if match and formula_text(match[0]) else None


def _is_math(latex: str, opening: str) -> bool:
    stripped = latex.strip()
    if not stripped or _NOT_MATH.search(latex):
        return False
    if _COMMAND.search(stripped):
        return True
    if opening == "$" and (_WIDE.search(stripped) or _WORDS.search(stripped)):
        return False
    if _OPERATOR.search(stripped):
        return not _WORDS.search(stripped)
    return opening != "\\[" and bool(_SHORT.fullmatch(stripped))


_STOPS = ".,;。，；"
_DISPLAY = re.compile(r"\$\$|\\\[|\\begin\{([a-zA-Z]{1,20}\*?)\}")


def display_signs(line: str) -> tuple[str, str]:
    """The signs around a formula on lines of its own that begins so; empty for none."""
    match = _DISPLAY.match(line)
    return (match[0], _closing_of(match[0])) if match else ("", "")


def _closing_of(opening: str) -> str:
    return _CLOSING.get(opening) or opening.replace("begin", "end")


def display_formula(lines: list[str]) -> Formula | None:
    """The formula that these lines are, if the last of them ends with it."""
    opening, closing = display_signs(lines[0])
    source = "\n".join(line.rstrip() for line in lines)
    inner = source.rstrip(_STOPS)
    if len(inner) < len(opening) + len(closing) or not inner.endswith(closing) or "`" in inner:
        return None
    if inner.find(closing, len(opening)) != len(inner) - len(closing):
        return None
    after = source[len(inner) :]
    if opening.startswith("\\begin"):
        return Formula(source, inner, after)
    latex = inner[len(opening) : -len(closing)]
    is_math = _is_math(re.sub(r"\n\s*\n", "\n", latex), opening)
    return Formula(source, latex, after) if is_math else None
