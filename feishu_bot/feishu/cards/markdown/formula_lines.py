"""Reads a formula with pylatexenc and writes it line by line.

pylatexenc knows LaTeX's grammar and its symbols. What it makes of a formula by itself can't be
used: it drops what it doesn't know, and writes `a+b/c` for a fraction. So each node is written
here, and whatever has no rule makes the formula one that stays LaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unicodedata import normalize

from feishu_bot.feishu.cards.markdown import formula_signs as signs
from feishu_bot.feishu.cards.markdown.formula_nodes import (
    Items,
    arguments_of,
    kind_of,
    read_nodes,
    symbol_of,
)
from feishu_bot.feishu.cards.markdown.formula_parts import (
    NotSimple,
    accented,
    cases,
    chemistry,
    fraction,
    matrix,
    root,
)
from feishu_bot.feishu.cards.markdown.scripts import subscript, superscript

_SPACES = re.compile(r"[ \t\n]+")
# What a fraction, a root or a function can't stand beside without brackets or a space.
_GLUED = re.compile(r"[\w)\]}√∛∜½⅓⅔¼¾⟩⌋⌉!′]")
_GLUED_AFTER = re.compile(r"[\w(\[{√∛∜½⅓⅔¼¾⟨⌊⌈∑∫∏]")
_DOT = frozenset("·∙⋅")


def formula_lines(latex: str) -> list[str]:
    """The lines of a formula; none where it isn't simple."""
    try:
        return _rows(read_nodes(latex))
    except NotSimple:
        return []


def _rows(nodes: Sequence[Any]) -> list[str]:
    """The lines of a formula, or of an environment that only arranges them."""
    inner = [node for node in nodes if node.latex_verbatim().strip()]
    if len(inner) == 1 and kind_of(inner[0]) == "Environment":
        name = _name_of(inner[0])
        if name in signs.ALIGNING:
            return ["".join(cells) for cells in _cells(inner[0].nodelist, name)]
    return [row for cells in _cells(nodes, "") for row in cells]


def _cells(nodes: Sequence[Any], environment: str) -> list[list[str]]:
    """Rows of cells, split at `\\\\` and `&`."""
    rows: list[list[list[Any]]] = [[[]]]
    for node in nodes:
        if kind_of(node) == "Macro" and node.macroname == "\\":
            rows.append([[]])
        elif kind_of(node) == "Specials" and node.specials_chars == "&":
            if not environment:
                raise NotSimple
            rows[-1].append([])
        else:
            rows[-1][-1].append(node)
    written = [[_line(cell) for cell in row] for row in rows]
    return [row for row in written if any(cell.strip() for cell in row)]


def _line(nodes: Sequence[Any]) -> str:
    return _SPACES.sub(" ", _Line(nodes).write())


class _Line:
    """Writes nodes one after the other. An item is a character or a node."""

    def __init__(self, nodes: Sequence[Any]) -> None:
        self._items = Items(nodes)
        self._out = ""

    def write(self) -> str:
        while not self._items.is_over:
            item = self._items.next()
            if not isinstance(item, str):
                self._write_node(item)
            elif item in "^_":
                self._write_script(item)
            elif item in "&#$\\":
                raise NotSimple
            else:
                self._add(signs.CHARACTERS.get(item, item))
        return self._out

    def _argument(self) -> str:
        """The next group, macro or character, written."""
        self._items.skip_spaces()
        item = self._items.next()
        if isinstance(item, str):
            if item in "^_":
                raise NotSimple
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
        if not (self._out.strip() or small):
            raise NotSimple
        if small:
            self._out = self._out.rstrip(" ") + small
        elif "\n" in written:
            raise NotSimple
        else:
            is_word = close.isalnum() and normalize("NFKC", close) == close
            bare = len(close) == 1 or (mark == "_" and is_word)
            self._out = self._out.rstrip(" ") + (f"{mark}{close}" if bare else f"{mark}({close})")
            if self._items.begins_word:
                self._out += " "

    def _write_node(self, node: Any) -> None:
        match kind_of(node):
            case "Group":
                if node.delimiters[0] != "{":
                    raise NotSimple
                self._add(_line(node.nodelist))
            case "Macro":
                self._write_macro(node)
            case "Environment":
                self._add(_environment(node))
            case "Specials" if node.specials_chars in signs.SPECIALS:
                self._add(signs.SPECIALS[node.specials_chars])
            case _:
                raise NotSimple

    def _arguments(self, node: Any, count: int) -> list[str]:
        """The arguments of a macro, whether pylatexenc knows that it has some or not."""
        given = arguments_of(node)
        if len(given) > count:
            raise NotSimple
        written = [_line([one]).strip() for one in given]
        while len(written) < count:
            written.append(self._argument().strip())
        return written

    def _write_macro(self, node: Any) -> None:
        name = node.macroname
        if name in _WRITERS:
            _WRITERS[name](self, node)
        elif (sign := symbol_of(name)) and not arguments_of(node):
            self._write_symbol(sign, " " if node.macro_post_space else "")
        else:
            raise NotSimple

    def drop(self, _: Any) -> None:
        """What only says how large or where something stands."""

    def write_space(self, _: Any) -> None:
        self._out += " "

    def write_function(self, node: Any) -> None:
        glue = " " if _GLUED.match(self._out[-1:]) else ""
        self._add(glue + signs.FUNCTIONS[node.macroname])
        self._out += " " if node.macro_post_space else ""

    def write_letters(self, node: Any) -> None:
        letters = signs.BLACKBOARD if node.macroname == "mathbb" else signs.SCRIPT
        self._add("".join(letters.get(one, one) for one in self._arguments(node, 1)[0]))

    def write_accent(self, node: Any) -> None:
        self._out += accented(signs.ACCENTS[node.macroname], self._arguments(node, 1)[0])

    def write_binomial(self, node: Any) -> None:
        self._add("C({}, {})".format(*self._arguments(node, 2)))

    def write_modulus(self, node: Any) -> None:
        self._out = self._out.rstrip() + f" (mod {self._arguments(node, 1)[0]})"

    def write_tag(self, node: Any) -> None:
        self._out = self._out.rstrip() + f"  ({self._arguments(node, 1)[0]})"

    def write_arrow(self, node: Any) -> None:
        label = self._arguments(node, 1)[0]
        self._spaced(f"—({label})→" if label else "→")

    def write_negated(self, node: Any) -> None:
        sign = signs.NEGATED.get(self._arguments(node, 1)[0])
        if sign is None:
            raise NotSimple
        self._spaced(sign)

    def write_chemistry(self, node: Any) -> None:
        self._add(chemistry(self._items.next_node().latex_verbatim()[1:-1]))

    def _write_symbol(self, sign: str, space: str) -> None:
        if sign in signs.SPACED or sign in signs.NEGATED.values():
            self._spaced(sign)
        elif sign in _DOT:
            # Spaces on both sides or on none.
            self._add("· " if self._out.endswith(" ") else "·")
            self._items.skip_spaces()
        elif (sign[-1:].isalpha() or sign in "∂∀∃¬") and self._items.begins_word:
            self._add(sign)
        else:
            self._add(sign + space)

    def _spaced(self, sign: str) -> None:
        self._out = self._out.rstrip(" ") + (f" {sign} " if self._out.strip() else sign)
        self._items.skip_spaces()

    def write_delimiter(self, node: Any) -> None:
        sign = self._argument()
        if node.macroname == "right":
            self._out = self._out.rstrip(" ")
        self._out += "" if sign == "." else sign
        if sign in signs.OPENING:
            self._items.skip_spaces()

    def write_text(self, node: Any) -> None:
        """Words keep their spaces."""
        given = arguments_of(node)
        text = given[-1] if given else self._items.next_node()
        inner = text.nodelist if kind_of(text) == "Group" else [text]
        is_plain = all(kind_of(one) == "Chars" for one in inner)
        self._add("".join(one.chars for one in inner) if is_plain else _line(inner))

    def write_fraction(self, node: Any) -> None:
        top, bottom = self._arguments(node, 2)
        vulgar = signs.VULGAR.get((top, bottom))
        if vulgar and not self._out[-1:].isdigit():
            self._out += vulgar
            return
        written = fraction(top, bottom)
        before, after = self._out[-1:], self._items.beginning_of_rest()
        if _GLUED.match(before) or _GLUED_AFTER.match(after) or after == "^":
            written = f"({written})"
        self._out += written

    def write_root(self, node: Any) -> None:
        given = node.nodeargd.argnlist if node.nodeargd else []
        if len(given) != 2 or given[1] is None:
            raise NotSimple
        degree = _line(given[0].nodelist).strip() if given[0] is not None else ""
        is_glued = bool(_GLUED_AFTER.match(self._items.beginning_of_rest()))
        self._out += root(degree, _line([given[1]]).strip(), is_glued=is_glued)


_Writer = Callable[[_Line, Any], None]
_WRITERS: Mapping[str, _Writer] = {
    **dict.fromkeys(signs.DROPPED, _Line.drop),
    **dict.fromkeys(signs.SPACES, _Line.write_space),
    **dict.fromkeys(signs.FUNCTIONS, _Line.write_function),
    **dict.fromkeys({"left", "right", *signs.SIZES}, _Line.write_delimiter),
    **dict.fromkeys(signs.FRACTIONS, _Line.write_fraction),
    **dict.fromkeys(signs.TEXTS, _Line.write_text),
    **dict.fromkeys(signs.ACCENTS, _Line.write_accent),
    **dict.fromkeys(("mathbb", "mathcal", "mathscr"), _Line.write_letters),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), _Line.write_binomial),
    "sqrt": _Line.write_root,
    "pmod": _Line.write_modulus,
    "tag": _Line.write_tag,
    "xrightarrow": _Line.write_arrow,
    "not": _Line.write_negated,
    "ce": _Line.write_chemistry,
}


def _environment(node: Any) -> str:
    name = _name_of(node)
    rows = _cells(node.nodelist, name)
    if name in ("cases", "dcases"):
        return cases(rows)
    return matrix(signs.MATRICES.get(name, ""), rows)


def _name_of(environment: Any) -> str:
    if arguments_of(environment):
        raise NotSimple
    return str(environment.environmentname).rstrip("*")
