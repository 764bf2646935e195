"""One card's text, put together from pieces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from feishu_bot.feishu.cards.markdown.inline import safe_code
from feishu_bot.feishu.cards.markdown.pieces import Container, Piece, SafeMarkdown

# "Rich text (Markdown) component" says 4 a component, "Table component" 5 a card; cards with a
# fourth were refused (11310).
TABLES_PER_CARD = 3

_TICK_RUN = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)
_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(slots=True)
class Page:
    """A card's text so far. Beyond `tables_left` tables are shown as code."""

    tables_left: int = TABLES_PER_CARD
    parts: list[str] = field(default_factory=list)
    size: int = 0  # bytes, as a JSON string
    _open: set[Container] = field(default_factory=set)
    _last: Piece | None = None

    @property
    def text(self) -> SafeMarkdown:
        return SafeMarkdown("".join(self.parts))

    def copy(self) -> Page:
        """The same page, to which more can be added without a trace in this one."""
        return Page(self.tables_left, self.parts.copy(), self.size, self._open.copy(), self._last)

    def extended(self, pieces: Iterable[Piece]) -> Self:
        for piece in pieces:
            self.add(piece)
        return self

    def add(self, piece: Piece) -> None:
        """Write the piece below the others."""
        if piece.kind == "hidden":
            return
        if piece.kind == "table" and self.tables_left <= 0:
            piece = piece.as_code()
        separator = self._separator(piece)
        within_line = bool(self._last) and separator in ("", " ")
        if piece.kind == "code":
            text = _fenced(piece)
            self._open.clear()
        elif piece.kind == "table":
            text = "\n".join((*piece.head, *piece.rows))
            self._open.clear()
            self.tables_left -= 1
        else:
            text = self._text(piece, within_line=within_line)
        text = f"{separator}{text}"
        self.parts.append(text)
        self.size += len(_encode(text).encode("utf-8", "replace")) - 2
        self._last = piece

    def _text(self, piece: Piece, *, within_line: bool) -> str:
        if not piece.inside:
            return piece.text.replace("\n", "  \n") if "\n" in piece.text else piece.text
        first = "" if within_line else self._prefix(piece, piece.opens)
        self._open.update(piece.opens)
        if "\n" not in piece.text:
            return (first + piece.text).rstrip(" ") if piece.opens else first + piece.text
        return first + piece.text.replace("\n", "  \n" + self._prefix(piece, ()))

    def _prefix(self, piece: Piece, opens: tuple[Container, ...]) -> str:
        """What stands before a line. An item that began in another card indents nothing."""
        out = []
        for container in piece.inside:
            if container.is_quote:
                out.append("> ")
            elif container in opens:
                out.append(f"{container.mark} ")
            elif container in self._open:
                out.append(" " * container.width)
        return "".join(out)

    def _separator(self, piece: Piece) -> str:
        last = self._last
        if last is None:
            return ""
        if piece.continues and last.kind == "text" and last.inside == piece.inside:
            line_break = "  \n" + self._prefix(piece, ())
            return {" ": " ", "\n": line_break}.get(piece.continues, "")
        if not (piece.after_blank or piece.continues or self._needs_blank(last, piece)):
            return "\n"
        # Within a quote the empty line is one of the quote.
        common = []
        for ours, theirs in zip(last.inside, piece.inside, strict=False):
            if ours != theirs:
                break
            common.append(ours)
        if last.kind in ("code", "table") or piece.kind in ("code", "table"):
            return "\n\n"
        mark = "".join(
            "> " if container.is_quote else " " * container.width
            for container in common
            if container.is_quote or container in self._open
        )
        return f"\n{mark.rstrip()}\n"

    def _needs_blank(self, last: Piece, piece: Piece) -> bool:
        """Whether the piece would be read as a part of the last one without a blank line."""
        if "table" in (last.kind, piece.kind):
            return True
        if last.kind != "text" or piece.kind in ("code", "heading"):
            return False
        if piece.kind == "rule" or not piece.opens:
            begins_quote = len(piece.inside) > len(last.inside) and piece.inside[-1].is_quote
            return piece.kind == "rule" or not begins_quote
        return not self._may_interrupt(last, piece)

    def _may_interrupt(self, last: Piece, piece: Piece) -> bool:
        """Whether this list item may stand right under that paragraph."""
        item = piece.opens[0]
        around = piece.inside[: piece.inside.index(item)]
        deeper = [one for one in last.inside[len(around) :] if one in self._open]
        if deeper and last.inside[: len(around)] == around:
            return True  # the paragraph is an item's, and this is the next item
        if last.inside != around:
            return False
        return bool(piece.text) and (item.mark in "-+*" or item.mark[:-1] == "1")


def _fenced(piece: Piece) -> str:
    """A code block; its fence begins the line and is longer than any in the code."""
    runs = _TICK_RUN.findall(piece.text) if "```" in piece.text else []
    marks = "`" * (max(map(len, runs)) + 1 if runs else 3)
    if not piece.text:
        return f"{marks}{piece.language}\n{marks}"
    return f"{marks}{piece.language}\n{safe_code(piece.text)}\n{marks}"
