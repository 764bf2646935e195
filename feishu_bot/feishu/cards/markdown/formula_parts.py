"""Parts of a formula in one line: fractions, accents, brackets, chemistry."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feishu_bot.feishu.cards.markdown import formula_signs as signs
from feishu_bot.feishu.cards.markdown.scripts import subscript, superscript

_SCRIPTED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ′"
# What needs no brackets: a number, a letter, dx, a word.
_ATOM = re.compile(rf"√?\d+(?:\.\d+)?|√?[d∂δΔ]?[^\W\d_]\u0302?[{_SCRIPTED}]*|[^\W\d_]{{3,}}|∞")
# A function of one thing, such as P(B).
_CALL = re.compile(r"[A-Z]\([^()+/·-]*\)")
_CHEMISTRY = re.compile(r"(\^\{[\d+-]*\}|\^[\d+-]+|<=>|<-->|->|\s+)")
_CHEMICAL_SCRIPT = re.compile(r"\^\{[\d+-]*\}|_\{?\d+\}?")
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_REACTIONS = {"->": " → ", "<=>": " ⇌ ", "<-->": " ⇌ "}


class NotSimple(Exception):
    """The formula stays LaTeX."""


def fraction(top: str, bottom: str) -> str:
    """`a/b`, with the brackets that it needs. Raises NotSimple."""
    if "\n" in top + bottom or not (top and bottom):
        raise NotSimple
    top = top if _is_product(top) else f"({top})"
    is_one = is_atom(bottom) or _CALL.fullmatch(bottom) or is_bracketed(bottom)
    return f"{top}/{bottom}" if is_one else f"{top}/({bottom})"


def root(degree: str, content: str, *, is_glued: bool) -> str:
    """`√x`; `is_glued` says that a letter or a number follows at once. Raises NotSimple."""
    sign = _ROOTS.get(degree) or superscript(degree) + "√"
    if sign == "√" != _ROOTS.get(degree) or not content or "\n" in content:
        raise NotSimple
    needs_none = (is_atom(content) and not is_glued) or is_bracketed(content)
    return sign + (content if needs_none else f"({content})")


def accented(accent: str, text: str) -> str:
    """A letter under its accent; a bar stands over several. Raises NotSimple."""
    letters = [sign for sign in text if not sign.isspace()]
    is_bar = accent == signs.ACCENTS["bar"]
    if len(letters) == 1 or (is_bar and 1 < len(letters) <= 4 and text.isalnum()):
        return "".join(letter + accent for letter in letters)
    raise NotSimple


def cases(rows: Sequence[Sequence[str]]) -> str:
    """`{ x, x > 0; 0, otherwise }`."""
    lines = [", ".join(cell.strip().rstrip(",，") for cell in row) for row in rows]
    return "{ " + "; ".join(line.rstrip(",; ，；") for line in lines) + " }"


def matrix(brackets: str, rows: Sequence[Sequence[str]]) -> str:
    """`[a b; c d]`. Raises NotSimple without brackets, and where a cell has spaces itself."""
    cells = [[cell.strip() for cell in row] for row in rows]
    if not brackets or any(" " in cell or not cell for row in cells for cell in row):
        raise NotSimple
    return brackets[0] + "; ".join(map(" ".join, cells)) + brackets[1]


def chemistry(source: str) -> str:
    """mhchem's notation, `2H2 + O2 -> 2H2O` or `SO4^2-`. Raises NotSimple."""
    if re.search(r"[\\$_{}\[\]]", _CHEMICAL_SCRIPT.sub("", source)):
        raise NotSimple
    source = re.sub(r"_\{?(\d+)\}?", r"\1", source)
    out = ""
    for part in _CHEMISTRY.split(source):
        if part.startswith("^"):
            out += superscript(part.strip("^{}"))
        elif part in _REACTIONS:
            out = out.rstrip() + _REACTIONS[part]
        elif part.isspace():
            out += "" if out.endswith(" ") else " "
        else:
            out += _with_counts(part)
    return out.strip()


def _with_counts(part: str) -> str:
    """A number behind an element or a bracket counts its atoms; a sign at the end is charge."""
    part = re.sub(r"(?<=[A-Za-z)\]])\d+", lambda found: subscript(found[0]), part)
    return re.sub(r"(?<=[A-Za-z₀-₉)])[+-]$", lambda found: superscript(found[0]), part)


def is_atom(text: str) -> bool:
    """Whether the text is one number, letter or word, with what stands high or low beside it."""
    return _ATOM.fullmatch(text) is not None


def is_bracketed(text: str) -> bool:
    """Whether one pair of brackets encloses all of the text."""
    if text[:1] not in ("(", "[") or text[-1:] not in (")", "]"):
        return False
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if not depth:
            return at == len(text) - 1
    return False


def _is_product(text: str) -> bool:
    """Whether the text may stand before a slash: no sum, list or function outside brackets."""
    depth = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if not depth and sign in signs.TERM_ENDS:
            return False
    return not any(name in text for name in signs.FUNCTIONS) and text.count("|") % 2 == 0
