"""An answer's Markdown while it grows: each block is read and written once, when it has ended.

Only what may still change is parsed again for a frame: the last block, and of a list the last
item. What is shown is the same as if the whole text had been read at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from feishu_bot.feishu.cards.characters import half_character, normalised
from feishu_bot.feishu.cards.markdown.blocks import BlockWriter
from feishu_bot.feishu.cards.markdown.cut import Cut, cut
from feishu_bot.feishu.cards.markdown.half_lines import (
    without_beginning,
    without_half_line,
    without_half_row,
    without_table_head,
)
from feishu_bot.feishu.cards.markdown.half_marks import closed, held_back
from feishu_bot.feishu.cards.markdown.page import TABLES_PER_CARD, Page
from feishu_bot.feishu.cards.markdown.parser import References, parse_blocks
from feishu_bot.feishu.cards.markdown.pieces import Piece, SafeMarkdown, Unit


class MarkdownStream:
    """The text that is on no full card yet. `tables` is how many tables a card may have.

    `pictures` has the keys of pictures by what the text calls them. More may be put into it before
    the text that names them.
    """

    def __init__(
        self,
        text: str = "",
        *,
        tables: int = TABLES_PER_CARD,
        pictures: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._tables = tables
        self._pictures = pictures
        self._is_finished = False
        self._at_end: Callable[[str], str] | None = held_back
        self._half = ""  # a character, or a line end, of which the rest is still to come
        self._tail = ""  # from the first block that may still change
        self._references: References = {}
        self._used: frozenset[str] = frozenset()  # labels of them, before the tail
        self._used_before: frozenset[str] = frozenset()  # on the full cards
        self._done: list[Piece] = []  # what is before the tail and on no full card
        self._page = Page(tables)
        self._line = 0  # of the tail, in the answer
        self._after_blank = False
        self._is_list = False
        self._number = -1
        # What of the tail is on a full card already: pieces, and how much of the next one.
        self._skipped = 0
        self._steps: list[tuple[int, bool]] = []
        self._rest: Piece | None = None
        self._known: tuple[Page, list[Piece], list[Piece]] | None = None
        self.append(text)

    def append(self, text: str) -> None:
        """Add what the model has written since."""
        if not text:
            return
        assert not self._is_finished
        text = self._half + text
        self._half = half_character(text)
        self._tail += normalised(text[: len(text) - len(self._half)])
        self._known = None

    def finish(self, *, is_cut: bool = False) -> None:
        """No more text comes: nothing is held back or waited for.

        With `is_cut` the text breaks off: what is open at its end is closed, or left out.
        """
        if self._is_finished:
            return
        self._is_finished = True
        self._at_end = closed if is_cut else None
        if is_cut:
            self._tail = without_half_line(self._tail)
        self._tail += normalised(self._half)
        page, done, pieces = self._read_tail()
        self._tail, self._known = "", None
        self._skipped, self._steps, self._rest = 0, [], None
        self._done, self._page = [*done, *pieces], page

    def text(self) -> SafeMarkdown:
        """The card's text, without what has only begun at its end."""
        return self._read()[0].text

    def full_card(self, limit: int) -> Cut | None:
        """The first card of at most `limit` bytes; None when the text fits one.

        The end of a paragraph is waited for, so a growing text may exceed the limit by a part of
        one (`CHUNK_CHARS`) for a while.
        """
        page, done, pieces = self._read()
        if page.size <= limit:
            return None
        pieces = [*done, *pieces]
        if not self._is_finished and pieces[-1].kind in ("text", "heading"):
            pieces.pop()
        return cut(pieces, limit, self._tables)

    @property
    def is_finished(self) -> bool:
        """Whether no more text comes."""
        return self._is_finished

    def chars_after(self, card: Cut) -> int:
        """How many characters the cards after this one show."""
        _, done, pieces = self._read()
        left = [*done, *pieces][card.index :]
        chars = sum(len(piece.text) + sum(map(len, piece.rows)) for piece in left)
        if not left:
            return chars
        first = left[0]
        if card.rest:
            return chars - len(first.text) + len(card.rest.text)
        return chars - (len(first.until(card.unit).text) + sum(map(len, first.rows[: card.unit])))

    def show_tables_as_code(self) -> bool:
        """From now on no table is one; whether that changes the text."""
        before = self.text()
        self._tables = 0
        self._page = Page(0).extended(self._done)
        self._known = None
        return self.text() != before

    def write_pictures_again(self) -> None:
        """Show the pictures that are known since, and no more those that aren't any more."""
        used = set(self._used_before)
        self._done = [_again(piece, self._references, used) for piece in self._done]
        self._used = frozenset(used)
        self._page = Page(self._tables).extended(self._done)
        self._known = None

    def fitting(self, limit: int) -> SafeMarkdown:
        """The text, or the first card of it if it doesn't fit one."""
        card = self.full_card(limit)
        return card.text if card else self.text()

    def drop(self, card: Cut) -> None:
        """The card is full and closed: what follows begins where it was cut."""
        self._known = None
        index = card.index - len(self._done)
        steps = [(card.unit, card.as_code)] if card.unit else []
        if index < 0:
            rest = self._done[card.index :]
            rest[0] = card.rest or _since(rest[0], steps)
            self._done = rest
        else:
            self._done = []
            if index or card.rest or steps:
                self._rest = card.rest
                self._steps = steps if index else self._steps + steps
                self._skipped += index
        self._used_before = self._used
        self._page = Page(self._tables).extended(self._done)

    def _read(self) -> tuple[Page, list[Piece], list[Piece]]:
        """The card's text, and its pieces: those that have ended, and those that may change."""
        if self._known is None:
            self._known = self._read_tail()
        return self._known

    def _read_tail(self) -> tuple[Page, list[Piece], list[Piece]]:
        view = self._tail if self._is_finished else without_beginning(self._tail)
        if not view:
            return self._page, self._done, []
        references = dict(self._references)
        tokens = parse_blocks(view, references, is_growing=not self._is_finished)
        used, page, done = set(self._used), self._page, self._done
        if len(references) > len(self._references) and done:
            used = set(self._used_before)
            done = [_again(piece, references, used) for piece in done]
            page = Page(self._tables).extended(done)
        lines = view.split("\n")
        writer = BlockWriter(
            lines,
            references,
            used,
            first_line=self._line,
            after_blank=self._after_blank,
            is_list=self._is_list,
            number=self._number,
            at_end=self._at_end,
            pictures=self._pictures,
        )
        units = writer.write(tokens)
        if not self._is_finished and len(units) > 1:
            line = units[-1].line
            if all(found["map"][0] < line for found in _new(references, self._references)):
                self._done, self._page = done, page
                self._references = references
                self._finish(units, lines)
                units, page = units[-1:], self._page
        pieces = self._left(units)
        if self._at_end:
            pieces = without_table_head(pieces, view, is_cut=self._is_finished)
        if not self._is_finished:
            pieces = without_half_row(pieces, view)
        return page.copy().extended(pieces), done, pieces

    def _finish(self, units: Sequence[Unit], lines: Sequence[str]) -> None:
        """Never read again what comes before the last unit."""
        *ended, last = units
        count = sum(len(unit.pieces) for unit in ended)
        if count > self._skipped:
            pieces = self._left(ended)
            self._done += pieces
            self._page.extended(pieces)
            self._skipped, self._steps, self._rest = 0, [], None
        else:
            self._skipped -= count
        self._tail = self._tail[sum(len(line) + 1 for line in lines[: last.line]) :]
        self._line += last.line
        self._used = last.used
        self._after_blank = not lines[last.line - 1].strip(" \t>")
        self._is_list = last.continues
        self._number = ended[-1].number if last.continues else -1

    def _left(self, units: Sequence[Unit]) -> list[Piece]:
        """The pieces of these units that are on no full card."""
        pieces = [piece for unit in units for piece in unit.pieces][self._skipped :]
        if pieces and (self._rest or self._steps):
            pieces[0] = self._rest or _since(pieces[0], self._steps)
        return pieces


def _new(references: References, known: References) -> list[dict[str, list[int]]]:
    return [found for label, found in references.items() if label not in known]


def _again(piece: Piece, references: References, used: set[str]) -> Piece:
    return replace(piece.again(references, used), again=piece.again) if piece.again else piece


def _since(piece: Piece, steps: Sequence[tuple[int, bool]]) -> Piece:
    for unit, as_code in steps:
        piece = (piece.as_code() if as_code else piece).since(unit)
    return piece
