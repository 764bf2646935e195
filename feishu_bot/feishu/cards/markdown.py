"""Markdown as models write it, made safe and readable for a card's markdown element.

The rules are those of "Rich text (Markdown) component" in Feishu's public documentation: fences
begin their line, lists nest by four blanks, pictures are image keys, a card takes few tables.
"""

from __future__ import annotations

import re

from feishu_bot.feishu.cards.markdown_lines import (
    Fence,
    closes,
    dedented,
    fence_at,
    indent_of,
    is_table_rule,
    normalised,
    safe_code,
    safe_line,
    starts_table,
    unquoted,
)
from feishu_bot.feishu.cards.markdown_split import kept_whole, split_for_cards

__all__ = ["TABLES_PER_CARD", "safe_markdown", "split_for_cards", "summary_line"]

# The documentation says 4 a component and 5 a card; cards with a fourth were refused (11310).
TABLES_PER_CARD = 3

_ITEM = re.compile(r"([-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_TICK_RUN = re.compile(r"`{3,}")
_HEADING = re.compile(r"#{1,6}(?:[ \t]|$)")
_RULE = re.compile(r"(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}")


def safe_markdown(text: str, *, streaming: bool, tables_left: int = TABLES_PER_CARD) -> str:
    """Text that Feishu takes, shows as the model meant it, and that can ping nobody.

    With `streaming`, what has only begun at the very end (a closing fence) is held back. Tables
    beyond `tables_left` become code blocks. A line break stays one: models write one line per
    item, and a single newline would run them together.
    """
    text = normalised(text)
    has_code = "```" in text or "~~~" in text
    lines = text.split("\n")
    if streaming and not (lines[-1].strip().strip("`") and lines[-1].strip().strip("~")):
        lines.pop()
    page = _Page(tables_left)
    index = 0
    while index < len(lines):
        line = lines[index]
        if has_code and (fence := fence_at(line)):
            index = page.add_code(lines, index, fence)
        elif "|" in line and index + 1 < len(lines) and starts_table(line, lines[index + 1]):
            index = page.add_table(lines, index)
        else:
            page.add_line(line)
            index += 1
    return "\n".join(page.out)


class _Page:
    """The lines written so far, and what the next one has to know of them."""

    __slots__ = ("flows", "lists", "out", "tables_left")

    def __init__(self, tables_left: int) -> None:
        self.out: list[str] = []
        self.tables_left = tables_left
        self.lists: list[int] = []  # indents of the list items that are open, outermost first
        self.flows = False  # whether the last line is text that the next may go on

    def add_code(self, lines: list[str], index: int, fence: Fence) -> int:
        """Write the code block that opens at `index`; its end is the return value."""
        if fence.item[-1:] in (".", ")"):
            self.add_line(fence.item)
        code: list[str] = []
        closed = False
        index += 1
        while index < len(lines) and not closed:
            line = unquoted(lines[index], fence.quotes)
            if fence.quotes and not lines[index].lstrip().startswith(">"):
                break  # the quote is over, and the code in it
            closed = closes(line, fence)
            if not closed:
                code.append(line)
            index += 1
        while not closed and code and not code[-1].strip():
            code.pop()
        if fence.indent:
            code = [dedented(line, fence.indent) for line in code]
        self._write_code(code, fence.language)
        return index

    def add_table(self, lines: list[str], index: int) -> int:
        """Write the table that begins at `index`; its end is the return value."""
        start = index
        index += 2
        while index < len(lines) and "|" in lines[index] and fence_at(lines[index]) is None:
            if starts_table(lines[index], lines[index + 1] if index + 1 < len(lines) else ""):
                break
            index += 1
        rows = lines[start:index]
        self.lists.clear()
        if self.tables_left <= 0:
            self._write_code([row.lstrip("> \t") for row in rows], "")
            return index
        self.tables_left -= 1
        if self.out and self.out[-1].strip("> \t"):
            self._push("")
        for row in rows:
            self._push(safe_line(row.strip()))
        return index

    def add_line(self, line: str) -> None:
        """Write a line of prose: a paragraph's, a list item, a heading, a quote, or a blank."""
        stripped = line.strip()
        if not stripped:
            self._push("")
            return
        first = stripped[0]
        indent = indent_of(line) if line[0] in " \t" else 0
        if first in "-*+_" and _RULE.fullmatch(stripped):
            if self.flows:
                self._push("")  # or dashes would make a heading of the line above
            self._push(stripped)
            self.lists.clear()
        elif (first in "-*+" or first.isdigit()) and (item := _ITEM.match(stripped)):
            level = self._level_of_item(indent)
            text = f"{item[1]} {safe_line(stripped[item.end() :])}".rstrip()
            self._push("    " * level + text, flows=True)
        elif first == "#" and _HEADING.match(stripped):
            self.lists.clear()
            self._push(safe_line(stripped))
        else:
            self._add_text(line, stripped, indent)

    def _add_text(self, line: str, stripped: str, indent: int) -> None:
        depth = sum(marker < indent for marker in self.lists)
        in_list = bool(self.lists)
        if not self.flows and not depth:
            self.lists.clear()  # a new paragraph at the margin ends the list
        elif self.flows and not self.out[-1].endswith("\\"):
            self.out[-1] += "  "  # a hard break
        text = safe_line(stripped if in_list else line.rstrip())
        self._push("    " * depth + text, flows=True)

    def _level_of_item(self, indent: int) -> int:
        """How deep an item is; models indent by two, three or four."""
        while self.lists and indent < self.lists[-1]:
            self.lists.pop()
        if not self.lists or indent >= self.lists[-1] + 2:
            self.lists.append(indent)
        return len(self.lists) - 1

    def _write_code(self, code: list[str], language: str) -> None:
        runs = [found[0] for line in code if (found := _TICK_RUN.match(line.lstrip()))]
        marks = "`" * (max(map(len, runs)) + 1 if runs else 3)
        self._push(f"{marks}{language}")
        self.out.extend(code if "<" not in "".join(code) else map(safe_code, code))
        self._push(marks)
        self.lists.clear()

    def _push(self, line: str, *, flows: bool = False) -> None:
        self.out.append(line)
        self.flows = flows


_SIGNS = re.compile(r"^[ \t>]*(?:#{1,6}[ \t]+|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,9}[.)][ \t]+)?")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"\*+|__+|~~+|`+|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)")
_PREVIEW_CHARS = 1000


def summary_line(text: str, limit: int = 60) -> str:
    """One plain line for the chat list, at most `limit` characters long."""
    words: list[str] = []
    for line in normalised(text[:_PREVIEW_CHARS]).split("\n"):
        stripped = line.strip()
        if fence_at(line) or _RULE.fullmatch(stripped) or is_table_rule(stripped):
            continue
        plain = _EMPHASIS.sub("", _LINK.sub(r"\1", _SIGNS.sub("", stripped)))
        words += plain.replace("|", " ").split()
    line = " ".join(words)
    if len(line) <= limit:
        return line
    return line[: kept_whole(line, max(limit - 1, 0))].rstrip() + "…"
