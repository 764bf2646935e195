"""Tables, written by rows; as code if a card has too many of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from markdown_it.token import Token

from feishu_bot.feishu.cards.markdown.inline import InlineWriter
from feishu_bot.feishu.cards.markdown.parser import References

_ALIGNMENTS = {"center": ":-:", "left": ":--", "right": "--:"}
_LEADING_MARKS = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_CELL_PARTS = re.compile(r"(?P<code>(?<!`)(`+)(?!`).*?(?<!`)\2(?!`))|\\.|\||[^\\|`]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Table:
    """The rule under a table's head, and the Markdown of its cells, of which the head is first."""

    rule: str
    rows: Sequence[Sequence[str]]

    @classmethod
    def of(cls, tokens: Sequence[Token], lines: Sequence[str]) -> Self:
        """The table of these tokens; `lines` are those of the source."""
        rule: list[str] = []
        rows: list[list[str]] = []
        for token in tokens:
            if token.type == "th_open":
                style = str(token.attrs.get("style", "")).rpartition(":")[2]
                rule.append(_ALIGNMENTS.get(style, "---"))
            elif token.type == "tr_open":
                rows.append(_meant_cells(lines[token.map[0]] if token.map else "", len(rule)))
            elif token.type == "inline" and len(rows[-1]) < len(rule):
                rows[-1].append(token.content)
        return cls("|".join(["", *rule, ""]), rows)

    @property
    def may_have_references(self) -> bool:
        return any("[" in cell for row in self.rows for cell in row)

    def write(
        self, references: References, used: set[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The head with the rule under it, and the other rows."""
        writer = InlineWriter(references, used, in_cell=True, in_line=True)
        lines = [f"| {' | '.join(map(writer.write, row))} |" for row in self.rows]
        return (lines[0], self.rule), tuple(lines[1:])

    def with_half_cell(self, at_end: Callable[[str], str]) -> Self:
        """The table with its last cell made good, of which half may be missing."""
        *rows, last = self.rows
        index = max((at for at, cell in enumerate(last) if cell), default=0)
        half = [at_end(cell) if at == index else cell for at, cell in enumerate(last)]
        return replace(self, rows=[*rows, half])

    def raw(self, lines: Sequence[str]) -> tuple[str, ...]:
        """The lines of the source, as code."""
        first, *others = lines
        shown = [_LEADING_MARKS.sub("", first, count=1), *(line.lstrip(" \t>") for line in others)]
        return tuple(line.rstrip() for line in shown)


def _meant_cells(line: str, columns: int) -> list[str]:
    """The cells of a row where GFM would find more than the table has columns.

    A pipe in code is one that GFM takes for the end of a cell. What is still too much is kept in
    the last cell. Nothing when GFM's reading is fine.
    """
    line = line.strip(" \t>")
    cells_at_most = line.count("|") + 1 - line.startswith("|") - line.endswith("|")
    if not columns or cells_at_most <= columns:
        return []
    cells = _split(line)
    if len(cells) <= columns:
        return []
    whole = _split(line, keep_code=True)
    if len(whole) <= columns:
        return whole + [""] * (columns - len(whole))
    return [*cells[: columns - 1], " | ".join(cells[columns - 1 :])]


def _split(line: str, *, keep_code: bool = False) -> list[str]:
    line = line.removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    cells = [""]
    for part in _CELL_PARTS.finditer(line):
        if part["code"] and not keep_code:
            inner = part[0].replace("\\|", "\0").split("|")
            cells[-1] += inner[0].replace("\0", "|")
            cells += [cell.replace("\0", "|") for cell in inner[1:]]
        elif part[0] == "|":
            cells.append("")
        else:
            cells[-1] += "|" if part[0] == "\\|" else part[0].replace("\\|", "|")
    return [cell.strip() for cell in cells]
