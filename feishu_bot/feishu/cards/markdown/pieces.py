"""The pieces of an answer: what is put on a card as a whole, or cut between two of its lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from feishu_bot.feishu.cards.markdown.parser import References

Kind = Literal["text", "heading", "code", "table", "rule", "hidden"]


class SafeMarkdown(str):
    """Markdown for a card that has been made safe."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Container:
    """A quote or a list item. "Rich text (Markdown) component": lists nest by four spaces.

    `width` is how far the item's further lines are indented: four, or more where the number is
    so long that the item's own text begins later. Its `line` in the answer and its `level` tell
    it from others, also when it is read once more.
    """

    mark: str
    line: int
    level: int
    width: int = 4

    @property
    def is_quote(self) -> bool:
        return self.mark == ">"


@dataclass(slots=True, kw_only=True, eq=False)
class Piece:
    """A paragraph, a heading, a code block, a table or a rule, and where it stands.

    `opens` are the list items of `inside` whose mark stands before this piece. `text` is code as
    it is, or lines that are safe. A table has its `head` and its `rows`, and as code its `raw`
    lines. A paragraph that `continues` the one before stands in the same line, after a space
    (" ") or without ("joined"), or in the next ("\\n"). `again` writes the piece once more, when
    further link definitions are known.
    """

    kind: Kind
    text: str = ""
    inside: tuple[Container, ...] = ()
    opens: tuple[Container, ...] = ()
    after_blank: bool = False
    is_first: bool = False  # of a block that is in no other
    continues: str = ""
    language: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    again: Callable[[References, set[str]], Piece] | None = None

    @property
    def units(self) -> int:
        """How many parts the piece can be cut into: rows, or characters."""
        return len(self.rows) if self.kind == "table" else len(self.text)

    def until(self, unit: int) -> Piece:
        """The first part of a code block or a table."""
        if self.kind == "table":
            return replace(self, rows=self.rows[:unit], raw=self.raw[: 2 + unit])
        return replace(self, text=self.text[:unit].removesuffix("\n"))

    def since(self, unit: int) -> Piece:
        """The rest of a code block or a table, for the next card."""
        if self.kind == "table":
            raw = self.raw[:2] + self.raw[2 + unit :]
            return replace(self, rows=self.rows[unit:], raw=raw, is_first=False, again=None)
        return replace(self, text=self.text[unit:], is_first=False, again=None)

    def as_code(self) -> Piece:
        """A table as code, for a card that has as many tables as Feishu takes."""
        return replace(self, kind="code", text="\n".join(self.raw), head=(), rows=(), again=None)


@dataclass(slots=True)
class Unit:
    """A block that is in no other, or one item of a list that is in no other."""

    line: int
    used: frozenset[str]  # labels of link definitions that were used before it
    pieces: list[Piece] = field(default_factory=list)
    number: int = -1  # of the list item, from 0 for bullets
    continues: bool = False  # a list, of which the item before is another unit
