"""What pylatexenc reads in a formula: nodes, and the signs that macros stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pylatexenc.latex2text import get_default_latex_context_db
from pylatexenc.latexwalker import LatexWalker, LatexWalkerError

from feishu_bot.feishu.cards.markdown import formula_signs as signs
from feishu_bot.feishu.cards.markdown.formula_parts import NotSimple

_symbols = get_default_latex_context_db()


def read_nodes(latex: str) -> Sequence[Any]:
    """The nodes of a formula. Raises NotSimple where it isn't well-formed."""
    try:
        nodes, _, length = LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()
    except LatexWalkerError as exc:
        raise NotSimple from exc
    if length != len(latex):
        raise NotSimple
    return list(nodes)


def kind_of(node: Any) -> str:
    """Chars, Group, Macro, Environment, Specials, Comment or Math."""
    return type(node).__name__.removeprefix("Latex").removesuffix("Node")


def arguments_of(node: Any) -> list[Any]:
    """Those that pylatexenc has found, of a macro or an environment that it knows."""
    return [one for one in node.nodeargd.argnlist if one is not None] if node.nodeargd else []


def symbol_of(name: str) -> str:
    """The sign of a macro that stands for one; empty for others."""
    if name in signs.SYMBOLS:
        return signs.SYMBOLS[name]
    known = getattr(_symbols.get_macro_spec(name), "simplify_repl", None)
    return known if isinstance(known, str) and known.strip() and "%" not in known else ""


class Items:
    """Nodes one after the other; those that are text as single characters."""

    def __init__(self, nodes: Sequence[Any]) -> None:
        self._items: list[Any] = []
        for node in nodes:
            if kind_of(node) == "Chars":
                self._items += node.chars
            else:
                self._items.append(node)
        self._at = 0

    @property
    def is_over(self) -> bool:
        return self._at == len(self._items)

    @property
    def character(self) -> str:
        """The character that is next; empty before a node and at the end."""
        item = "" if self.is_over else self._items[self._at]
        return item if isinstance(item, str) else ""

    @property
    def begins_word(self) -> bool:
        """Whether a letter, a number or a node is next."""
        return self.character.isalnum() or not (self.is_over or self.character)

    def next(self) -> Any:
        """The next character or node. Raises NotSimple at the end."""
        if self.is_over:
            raise NotSimple
        self._at += 1
        return self._items[self._at - 1]

    def next_node(self) -> Any:
        """The next node. Raises NotSimple where there is none."""
        if self.character:
            raise NotSimple
        return self.next()

    def skip_spaces(self) -> None:
        while self.character.isspace():
            self._at += 1

    def beginning_of_rest(self) -> str:
        """The first character of what follows; a letter for a macro that may be one."""
        for item in self._items[self._at :]:
            if isinstance(item, str):
                if not item.isspace():
                    return item
            elif kind_of(item) != "Macro":
                return "("
            elif item.macroname in signs.ENDS:
                return ""
            elif item.macroname not in signs.SPACES | signs.DROPPED:
                return "" if symbol_of(item.macroname) in signs.SPACED | signs.OPERATORS else "x"
        return ""
