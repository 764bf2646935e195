"""Where an answer that is too long for one card is cut in two."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass

from feishu_bot.feishu.cards.markdown_lines import (
    Fence,
    closes,
    fence_at,
    indent_of,
    normalised,
    starts_table,
    unquoted,
)

_encode = json.JSONEncoder(ensure_ascii=False).encode
_SENTENCE_ENDS = frozenset("。！？；.!?; ，,")
# For the table or code block that is closed at the end.
_SLACK = 40


def split_for_cards(text: str, limit_bytes: int) -> tuple[str, str]:
    """The part that fits a card, and the rest, which is empty when everything fits.

    Bytes are those of the text as a JSON string in UTF-8, after `safe_markdown`, never less. The
    cut is at a paragraph if one ends in the second half, else at a line, else in the line. Code is
    closed in the first part and opened again in the second; a table's head is repeated. The first
    part depends on the beginning of the text only: a growing text is always cut at one place.
    """
    if 6 * len(text) <= limit_bytes:
        return text, ""
    text = normalised(text)
    if _cost(text) + 6 * text.count("\n") + 6 * text.count("  ") + _SLACK <= limit_bytes:
        return text, ""
    return _Cutter(text.split("\n"), limit_bytes - _SLACK).cut()


def kept_whole(text: str, end: int) -> int:
    """The last place at or before `end` that is not inside what a reader sees as one character."""
    at = min(end, len(text))
    # A line of nothing but combining marks has no good place: give up after a while.
    for candidate in range(at, max(at - 32, 0), -1):
        if candidate == len(text) or not _joined(text, candidate):
            return candidate
    return at


def _joined(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if after < "\u0300":
        return False
    if before == "\u200d" or after in "\u200d\ufe0e\ufe0f" or unicodedata.combining(after):
        return True
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\udc00" <= after <= "\udfff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    flags = 0
    while flags < at and "\U0001f1e6" <= text[at - 1 - flags] <= "\U0001f1ff":
        flags += 1
    return flags % 2 == 1 and "\U0001f1e6" <= after <= "\U0001f1ff"


def _size(text: str) -> int:
    return len(_encode(text).encode("utf-8", "surrogatepass")) - 2


def _cost(prose: str) -> int:
    """No less than what a line of prose takes once it is safe: entities are five bytes long."""
    cost = _size(prose) + 4 * (prose.count("<") + prose.count("`")) + 5 * prose.count("[")
    cost += prose.count("](")
    if "<http" in prose:
        cost += _size(prose) + 2 * (prose.count("(") + prose.count(")")) + 4 * prose.count("]")
    return cost


@dataclass(frozen=True, slots=True)
class _Cut:
    """A line before which the text may be cut, and what must be added to both sides."""

    line: int
    used: int
    closing: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()


class _Cutter:
    """Reads lines until the card is full and remembers the good places on the way."""

    def __init__(self, lines: list[str], room: int) -> None:
        self.lines = lines
        self.room = room
        self.used = 0
        self.fence: Fence | None = None
        self.table_at = -1
        self.best_paragraph: _Cut | None = None
        self.best_line: _Cut | None = None

    def cut(self) -> tuple[str, str]:
        for index, line in enumerate(self.lines):
            self._enter(index, line)
            cost = self._cost_of(line)
            if self.used + cost > self.room:
                return self._cut_at(index)
            self.used += cost
            self._leave(index, line)
        return "\n".join(self.lines), ""

    def _enter(self, index: int, line: str) -> None:
        """Note what begins or ends with this line, before it is counted."""
        if self.fence:
            if self.fence.quotes and not line.lstrip().startswith(">"):
                self.fence = None
            else:
                return
        if self.table_at >= 0 and ("|" not in line or fence_at(line)):
            self.table_at = -1
        following = self.lines[index + 1] if index + 1 < len(self.lines) else ""
        if self.table_at < 0 and starts_table(line, following):
            self.table_at = index

    def _cost_of(self, line: str) -> int:
        if self.fence:
            # An at-tag gets an invisible blank; a longer fence is needed around backticks.
            return _size(line) + 3 * line.count("<") + 2 * line.count("`") + 2
        return _cost(line) + 3 * indent_of(line) + 10

    def _leave(self, index: int, line: str) -> None:
        """Note what the line was, and whether the text may be cut after it."""
        if self.fence:
            if closes(unquoted(line, self.fence.quotes), self.fence):
                self.fence = None
                self.best_line = _Cut(index + 1, self.used)
            else:
                self.best_line = _Cut(
                    index + 1, self.used, (self.fence.closing,), (self.fence.opening,)
                )
            return
        self.fence = fence_at(line)
        if self.fence:
            self.used += 2 * len(self.fence.marks)
            return
        if self.table_at >= 0:
            head = tuple(self.lines[self.table_at : self.table_at + 2])
            if index >= self.table_at + 2 and sum(map(_cost, head)) < self.room // 4:
                self.best_line = _Cut(index + 1, self.used, (), head)
        elif not line.strip():
            self.best_paragraph = self.best_line = _Cut(index + 1, self.used)
        elif "|" not in line:  # what has a pipe may yet turn out to be a table's head
            self.best_line = _Cut(index + 1, self.used)

    def _cut_at(self, index: int) -> tuple[str, str]:
        """Cut at the best place before the line `index`, the first that does not fit."""
        for best, least in (
            (self.best_paragraph, self.room // 2),
            (self.best_line, self.room // 4),
        ):
            if best and best.used >= least:
                return self._parts(best)
        if self.table_at >= 0 and self.best_line:
            return self._parts(self.best_line)
        return self._cut_inside(index)

    def _parts(self, cut: _Cut) -> tuple[str, str]:
        head = [*self.lines[: cut.line], *cut.closing]
        rest = [*cut.opening, *self.lines[cut.line :]]
        return "\n".join(head).rstrip("\n"), "\n".join(rest).lstrip("\n")

    def _cut_inside(self, index: int) -> tuple[str, str]:
        line = self.lines[index]
        low, high = 1, max(len(line), 1)
        while low < high:
            middle = (low + high + 1) // 2
            if self.used + self._cost_of(line[:middle]) <= self.room:
                low = middle
            else:
                high = middle - 1
        end = kept_whole(line, low)
        # Rather after a sentence or a word, if one ends near by.
        nice = (at for at in range(end, end * 4 // 5, -1) if line[at - 1] in _SENTENCE_ENDS)
        end = max(next(nice, end), 1)
        closing, opening = ([self.fence.closing], [self.fence.opening]) if self.fence else ([], [])
        head = [*self.lines[:index], line[:end], *closing]
        rest = [*opening, line[end:], *self.lines[index + 1 :]]
        return "\n".join(head), "\n".join(rest)
