"""Where an answer that is too long for one card is cut, so that each card is whole by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from feishu_bot.feishu.cards.characters import kept_whole
from feishu_bot.feishu.cards.markdown.page import Page
from feishu_bot.feishu.cards.markdown.pieces import Piece, SafeMarkdown

# A longer paragraph may stand before a list without it.
LEAD_CHARS = 200
_BOLD_TITLE = re.compile(r"\*\*[^*\n]{1,60}\*\*[:：]?")
_SENTENCE_ENDS = frozenset("。！？；.!?; ，,\n")
_UNIT = re.compile(
    r"(?P<link>\[[^\[\]]*\]\((?:[^\s()]|\([^\s()]*\))*\))"
    r"|(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|&\#?\w{1,32};|<br>|(?P<mark>\*+|~~|_+)|.",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A full card's text, and where the next one begins: at the piece `index`.

    `unit` is how much of that piece is on the full card if it is code or a table (`as_code` if a
    row of it is too long for any card); of a paragraph the `rest` is left.
    """

    text: SafeMarkdown
    index: int
    unit: int = 0
    as_code: bool = False
    rest: Piece | None = None


def cut(pieces: Sequence[Piece], limit: int, tables: int) -> Cut | None:
    """The first card of at most `limit` bytes; None when everything fits.

    Between blocks if one ends in the card's second half, else between the items of a list, the
    rows of a table, the lines of code, and else in a line. Never right after a heading, or after
    a line that leads up to what follows where there is another place. The place depends on what
    stands before it only: a growing text is always cut at one place.
    """
    page = Page(tables)
    sizes = [0]
    for index, piece in enumerate(pieces):
        page.add(piece)
        sizes.append(page.size)
        if page.size > limit:
            return _Cutter(pieces, sizes, limit, tables).cut_at(index)
    return None


class _Cutter:
    """Looks for the best place at or before the first piece that doesn't fit."""

    def __init__(
        self, pieces: Sequence[Piece], sizes: Sequence[int], limit: int, tables: int
    ) -> None:
        self._pieces = pieces
        self._sizes = sizes
        self._limit = limit
        self._tables = tables

    def cut_at(self, index: int) -> Cut:
        places = [place for place in map(self._before_heading, range(1, index + 1)) if place]
        tops = [place for place in places if self._pieces[place].is_first]
        breaks = [place for place in places if not self._pieces[place].continues]
        if place := self._last_of(tops, self._limit // 2):
            return self._cut_before(place)
        if self._pieces[index].kind in ("code", "table"):
            found = self._cut_inside(index)
            if found and (self._sizes[index] + found.unit > 0):
                return found
        for candidates in (breaks, places):
            if place := self._last_of(candidates, self._limit // 4):
                return self._cut_before(place)
        return self._cut_inside(index) or self._cut_before(self._last_of(places, 1) or index or 1)

    def _before_heading(self, place: int) -> int:
        while place and _leads(self._pieces[place - 1], self._pieces[place]):
            place -= 1
        return place

    def _last_of(self, places: Sequence[int], least: int) -> int:
        return next((at for at in reversed(places) if self._sizes[at] >= least), 0)

    def _page(self, end: int) -> Page:
        return Page(self._tables).extended(self._pieces[:end])

    def _cut_before(self, place: int) -> Cut:
        return Cut(self._page(place).text, place)

    def _cut_inside(self, index: int) -> Cut | None:
        """Cut in a piece; None if not even a line of it fits below what is on the card."""
        piece, page = self._pieces[index], self._page(index)

        def fits(part: Piece) -> bool:
            return page.copy().extended([part]).size <= self._limit

        if piece.kind in ("text", "heading"):
            return self._cut_text(index, page, fits)
        as_code = False
        if piece.kind == "table" and not self._has_room_for_rows(piece):
            piece, as_code = piece.as_code(), True
        unit = _most(piece.units - 1, lambda unit: fits(piece.until(unit)))
        if piece.kind == "code":
            unit = self._end_of_line(piece.text, unit, is_alone=not page.size)
        if not unit:
            return None
        return Cut(page.extended([piece.until(unit)]).text, index, unit, as_code)

    def _has_room_for_rows(self, piece: Piece) -> bool:
        """Whether the head leaves room for the longest row on a card of its own."""
        longest = max(piece.rows, key=lambda row: len(row.encode()), default="")
        page = Page(1).extended([replace(piece, rows=(longest,))])
        return page.size <= self._limit

    def _end_of_line(self, code: str, unit: int, *, is_alone: bool) -> int:
        # The line's own end isn't shown, unless the line is empty.
        end = unit if code[unit - 1 : unit] == "\n" else code.rfind("\n", 0, unit + 1) + 1
        if end > 1 or not is_alone:
            return end
        return kept_whole(code, unit)

    def _cut_text(self, index: int, page: Page, fits: Callable[[Piece], bool]) -> Cut | None:
        piece = self._pieces[index]
        head, rest = cut_text(piece.text, lambda text: fits(replace(piece, text=text)))
        if not rest:
            return None
        if not head:
            return None if page.size else self._cut_before(index + 1)
        left = replace(piece, text=rest, opens=(), is_first=False, again=None)
        if piece.kind == "heading":
            left = replace(left, text=f"{piece.text.partition(' ')[0]} {rest}")
        elif not head.endswith("\n"):
            left = replace(left, continues="joined")
        return Cut(page.extended([replace(piece, text=head.rstrip())]).text, index, rest=left)


def _leads(piece: Piece, following: Piece) -> bool:
    """Whether the piece would look lost at the end of a card: a title, or "as follows:"."""
    if piece.kind in ("heading", "hidden"):
        return True
    if piece.kind != "text" or piece.inside or len(piece.text) > LEAD_CHARS:
        return False
    if _BOLD_TITLE.fullmatch(piece.text):
        return True
    begins = following.kind in ("code", "table") or bool(following.opens)
    return begins and piece.text.rstrip("*_").endswith((":", "："))


def cut_text(text: str, fits: Callable[[str], bool]) -> tuple[str, str]:
    """The most of a paragraph that fits, and the rest, both with their emphasis closed."""
    ends: list[tuple[int, tuple[str, ...]]] = []
    marks: list[str] = []
    for unit in _UNIT.finditer(text):
        if unit["mark"]:
            _note(marks, unit["mark"])
        ends.append((unit.end(), tuple(marks)))

    def head_at(number: int) -> str:
        end, open_marks = ends[number - 1]
        return text[:end].rstrip(" ") + "".join(reversed(open_marks))

    most = _most(len(ends) - 1, lambda number: fits(head_at(number)))
    if not most:
        return _cut_unit(text, ends[0][0] if ends else 0, fits)
    nice = [
        number
        for number in range(most, most * 3 // 5, -1)
        if text[ends[number - 1][0] - 1] in _SENTENCE_ENDS
    ]
    plain = [number for number in nice if not ends[number - 1][1]]
    number = (plain or nice or [most])[0]
    end, open_marks = ends[number - 1]
    whole = kept_whole(text, end)
    if not open_marks and whole > 0 and any(at == whole for at, _ in ends):
        end = whole
    head = text[:end].rstrip(" ") + "".join(reversed(open_marks))
    return head, "".join(open_marks) + text[end:].lstrip()


def _note(marks: list[str], run: str) -> None:
    while run and marks and run.startswith(marks[-1]):
        run = run[len(marks.pop()) :]
    if run:
        marks.append(run)


def _cut_unit(text: str, end: int, fits: Callable[[str], bool]) -> tuple[str, str]:
    """Cut a link or a code span that is too long for a card."""
    unit = text[:end]
    ticks = len(unit) - len(unit.lstrip("`"))
    if ticks:
        marks, code = unit[:ticks], unit[ticks:-ticks]
        most = _most(len(code) - 1, lambda at: fits(f"{marks}{code[:at]}{marks}"))
        if not most:
            return "", text
        return f"{marks}{code[:most]}{marks}", f"{marks}{code[most:]}{marks}{text[end:]}"
    plain = unit.replace("[", "&#91;").replace("]", "&#93;").replace("_", "&#95;")
    plain = plain.replace("*", "&#42;").replace("://", "&#58;//")
    if plain == unit:
        return "", text
    return cut_text(plain + text[end:], fits)


def _most(count: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `count` that fits; 0 when not even one does."""
    low, high = 0, max(count, 0)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
