"""A formula in LaTeX as a line of Unicode, where that reads well.

pylatexenc reads the LaTeX and knows the symbols. What it makes of a formula by itself can't be
used: it drops what it doesn't know, and writes `a+b/c` for a fraction. So each node is written
here, and whatever has no rule makes the formula one that stays LaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from feishu_bot.feishu.cards.markdown import formula_signs as signs
from feishu_bot.feishu.cards.markdown.scripts import subscript, superscript

if TYPE_CHECKING:
    from pylatexenc.macrospec import LatexContextDb

# Longer ones aren't simple; a parser that calls itself must not be led deeper than that.
MAX_CHARS = 1_000
MAX_DEPTH = 12
MAX_ENVIRONMENTS = 4

_COMMENT = re.compile(r"(?<!\\)%")
_SPACES = re.compile(r"[ \t\n]+")
_GLUED = re.compile(r"[\w)\]}√∛∜½⅓⅔¼¾⟩⌋⌉!′]")
_GLUED_AFTER = re.compile(r"[\w(\[{√∛∜½⅓⅔¼¾⟨⌊⌈∑∫∏]")
_SCRIPTED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ′"
# What needs no brackets: a number, a letter, dx, a word.
_ATOM = re.compile(rf"√?\d+(?:\.\d+)?|√?[d∂δΔ]?[^\W\d_]\u0302?[{_SCRIPTED}]*|[^\W\d_]{{3,}}|∞")
# A function of one thing, such as P(B).
_CALL = re.compile(r"[A-Z]\([^()+/·-]*\)")


class _NotSimple(Exception):
    """The formula stays LaTeX."""


@lru_cache(maxsize=1_000)
def formula_text(latex: str) -> str | None:
    """The formula, without the signs around it, as Unicode; a line for each row that it has.

    None where that would lose something or read badly.
    """
    if len(latex) > MAX_CHARS or _depth(latex) > MAX_DEPTH:
        return None
    if latex.count("\\begin") > MAX_ENVIRONMENTS:
        return None
    from pylatexenc.latexwalker import LatexWalker, LatexWalkerError

    walker = LatexWalker(_COMMENT.sub(r"\\%", latex), tolerant_parsing=False)
    try:
        nodes, _, length = walker.get_latex_nodes()
        if length != len(walker.s):
            return None
        rows = _rows(nodes)
    except (LatexWalkerError, _NotSimple):
        return None
    return "\n".join(filter(None, (row.strip() for row in rows))) or None


def _depth(latex: str) -> int:
    depth = most = 0
    for sign in latex:
        depth += (sign == "{") - (sign == "}")
        most = max(most, depth)
    return most + latex.count("$") * MAX_DEPTH


@cache
def _symbols() -> LatexContextDb:
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()


def _symbol(name: str) -> str:
    """The sign of a macro that stands for one."""
    if name in signs.SYMBOLS:
        return signs.SYMBOLS[name]
    known = getattr(_symbols().get_macro_spec(name), "simplify_repl", None)
    if not isinstance(known, str) or not known.strip() or "%" in known:
        raise _NotSimple
    return known


def _rows(nodes: Sequence[Any]) -> list[str]:
    """The lines of a formula, or of an environment that only arranges them."""
    inner = [node for node in nodes if not _is_blank(node)]
    if len(inner) == 1 and _kind(inner[0]) == "Environment":
        name = _name_of(inner[0])
        if name in signs.ALIGNING:
            return ["".join(cells) for cells in _cells(inner[0].nodelist, name)]
    return [row for cells in _cells(nodes, "") for row in cells]


def _cells(nodes: Sequence[Any], environment: str) -> list[list[str]]:
    """Rows of cells, split at `\\\\` and `&`."""
    rows: list[list[list[Any]]] = [[[]]]
    for node in nodes:
        if _kind(node) == "Macro" and node.macroname == "\\":
            rows.append([[]])
        elif _kind(node) == "Specials" and node.specials_chars == "&":
            if not environment:
                raise _NotSimple
            rows[-1].append([])
        else:
            rows[-1][-1].append(node)
    written = [[_line(cell) for cell in row] for row in rows]
    return [row for row in written if any(cell.strip() for cell in row)]


def _line(nodes: Sequence[Any]) -> str:
    return _SPACES.sub(" ", _Line(nodes).write())


def _kind(node: Any) -> str:
    return type(node).__name__.removeprefix("Latex").removesuffix("Node")


def _is_blank(node: Any) -> bool:
    return _kind(node) == "Chars" and not node.chars.strip()


class _Line:
    """Writes nodes one after the other. An item is a character or a node."""

    def __init__(self, nodes: Sequence[Any]) -> None:
        self._items: list[Any] = []
        for node in nodes:
            if _kind(node) == "Chars":
                self._items += node.chars
            else:
                self._items.append(node)
        self._at = 0
        self._out = ""

    def write(self) -> str:
        while self._at < len(self._items):
            item = self._next()
            if not isinstance(item, str):
                self._write_node(item)
            elif item in "^_":
                self._write_script(item)
            elif item in "&#$\\":
                raise _NotSimple
            else:
                self._add(signs.CHARACTERS.get(item, item))
        return self._out

    def _next(self) -> Any:
        item = self._items[self._at]
        self._at += 1
        return item

    def _character(self) -> str:
        """The character that is next; empty before a node and at the end."""
        item = self._items[self._at] if self._at < len(self._items) else ""
        return item if isinstance(item, str) else ""

    def _skip_spaces(self) -> None:
        while self._character().isspace():
            self._at += 1

    def _argument(self) -> str:
        """The next group, macro or character, written."""
        self._skip_spaces()
        if self._at == len(self._items):
            raise _NotSimple
        item = self._next()
        if isinstance(item, str):
            if item in "^_":
                raise _NotSimple
            return item
        return _line([item]).strip()

    def _add(self, text: str) -> None:
        # A word such as `sin` and what stands beside it need a space.
        if self._out[-1:].isalnum() and text[:1].isalnum() and self._ends_with_word():
            self._out += " "
        self._out += text

    def _ends_with_word(self) -> bool:
        return any(self._out.endswith(name) for name in signs.FUNCTIONS)

    def _write_script(self, mark: str) -> None:
        written = self._argument().strip()
        close = written.replace(" ", "")
        small = superscript(close) if mark == "^" else subscript(close)
        if written == "∘":
            small = "°"
        if not written:
            return
        if not self._out.strip():
            self._out += small
            if not small:
                raise _NotSimple
        elif small:
            self._out = self._out.rstrip(" ") + small
        elif "\n" in written:
            raise _NotSimple
        else:
            bare = len(close) == 1 or (mark == "_" and close.isalnum())
            self._out = self._out.rstrip(" ") + (f"{mark}{close}" if bare else f"{mark}({close})")
            if self._follows_word():
                self._out += " "

    def _follows_word(self) -> bool:
        is_node = self._at < len(self._items) and not self._character()
        return is_node or self._character().isalnum()

    def _write_node(self, node: Any) -> None:
        match _kind(node):
            case "Group":
                if node.delimiters[0] != "{":
                    raise _NotSimple
                self._add(_line(node.nodelist))
            case "Macro":
                self._write_macro(node)
            case "Environment":
                self._add(_environment(node))
            case "Specials" if node.specials_chars in signs.SPECIALS:
                self._add(signs.SPECIALS[node.specials_chars])
            case _:
                raise _NotSimple

    def _arguments(self, node: Any, count: int) -> list[str]:
        """The arguments of a macro, whether pylatexenc knows that it has some or not."""
        given = [one for one in node.nodeargd.argnlist if one is not None] if node.nodeargd else []
        if len(given) > count:
            raise _NotSimple
        written = [_line([one]).strip() for one in given]
        while len(written) < count:
            written.append(self._argument().strip())
        return written

    def _write_macro(self, node: Any) -> None:
        name = node.macroname
        space = " " if node.macro_post_space else ""
        if name in signs.DROPPED:
            return
        if name in signs.SPACES:
            self._out += " "
        elif name in ("left", "right", *signs.SIZES):
            self._write_delimiter(is_end=name == "right")
        elif name in signs.FRACTIONS:
            self._write_fraction(*self._arguments(node, 2))
        elif name == "sqrt":
            self._write_root(node)
        elif name in signs.TEXTS:
            self._write_text(node)
        elif name in signs.ACCENTS:
            self._out += _accented(signs.ACCENTS[name], self._arguments(node, 1)[0])
        elif name in ("mathbb", "mathcal", "mathscr"):
            letters = signs.BLACKBOARD if name == "mathbb" else signs.SCRIPT
            self._add("".join(letters.get(one, one) for one in self._arguments(node, 1)[0]))
        elif name in ("binom", "dbinom", "tbinom"):
            top, bottom = self._arguments(node, 2)
            self._add(f"C({top}, {bottom})")
        elif name == "pmod":
            self._out = self._out.rstrip() + f" (mod {self._arguments(node, 1)[0]})"
        elif name == "tag":
            self._out = self._out.rstrip() + f"  ({self._arguments(node, 1)[0]})"
        elif name in signs.LABELLED_ARROWS:
            self._write_arrow(signs.LABELLED_ARROWS[name], self._arguments(node, 1)[0])
        elif name == "not":
            sign = self._arguments(node, 1)[0]
            self._spaced(signs.NEGATED.get(sign) or _refused())
        elif name == "ce":
            self._write_chemistry(node)
        elif name in signs.FUNCTIONS:
            glue = " " if _GLUED.match(self._out[-1:]) else ""
            self._add(glue + signs.FUNCTIONS[name] + space)
        else:
            if node.nodeargd and any(node.nodeargd.argnlist):
                raise _NotSimple
            self._write_symbol(_symbol(name), space)

    def _write_symbol(self, sign: str, space: str) -> None:
        if sign in signs.SPACED or sign in signs.NEGATED.values():
            self._spaced(sign)
        elif sign in "·∙⋅":
            # Spaces on both sides or on none.
            self._add("· " if self._out.endswith(" ") else "·")
            self._skip_spaces()
        elif (sign[-1:].isalpha() or sign in "∂∀∃¬") and self._follows_word():
            self._add(sign)
        else:
            self._add(sign + space)

    def _spaced(self, sign: str) -> None:
        self._out = self._out.rstrip(" ") + (f" {sign} " if self._out.strip() else sign)
        self._skip_spaces()

    def _write_delimiter(self, *, is_end: bool) -> None:
        sign = self._argument()
        if is_end:
            self._out = self._out.rstrip(" ")
        self._out += "" if sign == "." else sign
        if sign in signs.OPENING:
            self._skip_spaces()

    def _write_text(self, node: Any) -> None:
        if node.nodeargd and any(node.nodeargd.argnlist):
            [text] = [one for one in node.nodeargd.argnlist if one is not None][-1:]
        elif self._at < len(self._items) and not isinstance(self._items[self._at], str):
            text = self._next()
        else:
            raise _NotSimple
        # Words keep their spaces, and the minus is a hyphen.
        inner = text.nodelist if _kind(text) == "Group" else [text]
        if all(_kind(one) == "Chars" for one in inner):
            self._add("".join(one.chars for one in inner))
        else:
            self._add(_line(inner))

    def _write_fraction(self, top: str, bottom: str) -> None:
        vulgar = signs.VULGAR.get((top, bottom))
        if vulgar and not self._out[-1:].isdigit():
            self._out += vulgar
            return
        if "\n" in top + bottom or not (top and bottom):
            raise _NotSimple
        top = top if _is_product(top) else f"({top})"
        is_one = _ATOM.fullmatch(bottom) or _CALL.fullmatch(bottom) or _is_bracketed(bottom)
        bottom = bottom if is_one else f"({bottom})"
        written = f"{top}/{bottom}"
        before, after = self._out[-1:], self._beginning_of_next()
        if _GLUED.match(before) or _GLUED_AFTER.match(after) or after == "^":
            written = f"({written})"
        self._out += written

    def _beginning_of_next(self) -> str:
        """The first character of what follows; a letter for a macro that may be one."""
        for item in self._items[self._at :]:
            if isinstance(item, str):
                if not item.isspace():
                    return item
                continue
            if _kind(item) != "Macro":
                return "("
            name = item.macroname
            if name in signs.SPACES or name in signs.DROPPED:
                continue
            is_closing = name in ("right", "\\", "tag", "pmod") or name in signs.SIZES
            if is_closing or name in signs.LABELLED_ARROWS:
                return ""
            if name in signs.SYMBOLS or _symbols().get_macro_spec(name) is not None:
                known = signs.SYMBOLS.get(name) or getattr(
                    _symbols().get_macro_spec(name), "simplify_repl", None
                )
                if isinstance(known, str) and known in signs.SPACED | signs.OPERATORS:
                    return ""
            return "x"
        return ""

    def _write_root(self, node: Any) -> None:
        given = node.nodeargd.argnlist if node.nodeargd else []
        if len(given) != 2 or given[1] is None:
            raise _NotSimple
        degree = _line(given[0].nodelist).strip() if given[0] is not None else ""
        content = _line([given[1]]).strip()
        root = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree) or (
            superscript(degree) and superscript(degree) + "√"
        )
        if not root or not content or "\n" in content:
            raise _NotSimple
        is_glued = bool(_GLUED_AFTER.match(self._beginning_of_next()))
        is_atom = bool(_ATOM.fullmatch(content)) and not is_glued
        self._out += root + (content if is_atom or _is_bracketed(content) else f"({content})")

    def _write_arrow(self, sign: str, label: str) -> None:
        self._spaced(f"—({label})→" if label and sign == "→" else sign if not label else _refused())

    def _write_chemistry(self, node: Any) -> None:
        if self._at == len(self._items) or isinstance(self._items[self._at], str):
            raise _NotSimple
        source = self._next().latex_verbatim()[1:-1]
        self._add(_chemistry(source))


def _environment(node: Any) -> str:
    name = _name_of(node)
    rows = _cells(node.nodelist, name)
    if name in ("cases", "dcases"):
        written = [", ".join(cell.strip().rstrip(",，") for cell in row) for row in rows]
        return "{ " + "; ".join(line.rstrip(",; ，；") for line in written) + " }"
    brackets = signs.MATRICES.get(name)
    if brackets is None:
        raise _NotSimple
    cells = [[cell.strip() for cell in row] for row in rows]
    if any(" " in cell or not cell for row in cells for cell in row):
        raise _NotSimple
    return brackets[0] + "; ".join(" ".join(row) for row in cells) + brackets[1]


def _name_of(environment: Any) -> str:
    if environment.nodeargd and any(environment.nodeargd.argnlist):
        raise _NotSimple
    return str(environment.environmentname).rstrip("*")


def _accented(accent: str, text: str) -> str:
    letters = [sign for sign in text if not sign.isspace()]
    if len(letters) == 1 or (accent == "\u0304" and 1 < len(letters) <= 4 and text.isalnum()):
        return "".join(letter + accent for letter in letters)
    raise _NotSimple


def _chemistry(source: str) -> str:
    """mhchem's notation: `2H2 + O2 -> 2H2O`, `SO4^2-`."""
    if re.search(r"[\\$_{}\[\]]", re.sub(r"\^\{[\d+-]*\}|_\{?\d+\}?", "", source)):
        raise _NotSimple
    source = re.sub(r"_\{?(\d+)\}?", r"\1", source)
    out = ""
    for part in re.split(r"(\^\{[\d+-]*\}|\^[\d+-]+|<=>|<-->|->|\s+)", source):
        if part.startswith("^"):
            out += superscript(part.strip("^{}"))
        elif part in ("->", "<=>", "<-->"):
            out = out.rstrip() + (" → " if part == "->" else " ⇌ ")
        elif part.isspace():
            out += " " if not out.endswith(" ") else ""
        else:
            # A number behind an element or a bracket counts its atoms; a sign at the end is charge.
            part = re.sub(r"(?<=[A-Za-z)\]])\d+", lambda found: subscript(found[0]), part)
            part = re.sub(r"(?<=[A-Za-z₀-₉)])[+-]$", lambda found: superscript(found[0]), part)
            out += part
    return out.strip()


def _is_product(text: str) -> bool:
    """Whether the text may stand before a slash: no sum, no list and no function outside brackets."""
    depth = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if not depth and sign in signs.TERM_ENDS:
            return False
    return not any(name in text for name in signs.FUNCTIONS) and text.count("|") % 2 == 0


def _is_bracketed(text: str) -> bool:
    """Whether one pair of round brackets encloses all of the text."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return at == len(text) - 1
    return False


def _refused() -> str:
    raise _NotSimple
