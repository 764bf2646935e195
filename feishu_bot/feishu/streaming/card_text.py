"""An answer's text as its cards show it: what is on full cards, on the open one, and on none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from typing_extensions import override

from feishu_bot.errors import CardRefused
from feishu_bot.feishu.cards.answer import ANSWER_BYTES
from feishu_bot.feishu.cards.answer_buttons import Remainder
from feishu_bot.feishu.cards.markdown import Cut, MarkdownStream, SafeMarkdown

MIN_CARD_BYTES = 4_000
# No answer has as many cards; a click's values can be forged.
MAX_STEPS = 300
_STEP = re.compile(r"(\d{4,5})(c?)(p?)")


@dataclass(frozen=True, slots=True)
class _Step:
    """How the text of one card was cut."""

    limit: int
    is_simple: bool
    has_late_pictures: bool

    @override
    def __str__(self) -> str:
        return f"{self.limit}{'c' * self.is_simple}{'p' * self.has_late_pictures}"


class CardText:
    """The text that no full card shows yet, and the way it was cut so far.

    `position` is that of an earlier `Remainder`: the cards up to there are passed over once the
    text is whole. A position lists the cards' limits in bytes, with a `c` where tables were code
    and a `p` where the pictures were known that come last, since the same text is always cut in
    the same places.
    """

    def __init__(self, position: str = "") -> None:
        found = _STEP.findall(position)
        if ",".join(map("".join, found)) != position or len(found) > MAX_STEPS:
            found = []
        self._passed_over = [_Step(int(size), bool(code), bool(late)) for size, code, late in found]
        self._steps: list[_Step] = []
        self._limit = ANSWER_BYTES
        self._is_simple = False
        self._pictures: dict[str, str] = {}
        self._late_pictures: dict[str, str] = {}
        self._has_late_pictures = False
        self._markdown = MarkdownStream(pictures=self._pictures)

    @property
    def cards_before(self) -> int:
        """How many cards of an earlier answer show the text up to here."""
        return len(self._passed_over)

    @property
    def text(self) -> SafeMarkdown:
        """All that is on no full card."""
        return self._markdown.text()

    @property
    def first_card(self) -> SafeMarkdown:
        """As much of it as one card can show."""
        return self._markdown.fitting(self._limit)

    def append(self, text: str, *, replaces: bool) -> None:
        """Add what the model has written since, or put it in place of all before it."""
        if replaces:
            self._markdown = MarkdownStream(pictures=self._pictures)
            self._steps.clear()
            if self._is_simple:
                self._markdown.show_tables_as_code()
        self._markdown.append(text)

    def finish(self, *, is_cut: bool) -> None:
        """The text is whole, or breaks off for good."""
        if self._markdown.is_finished:
            return
        self._markdown.finish(is_cut=is_cut)
        for step in self._passed_over:
            if step.is_simple and not self._is_simple:
                self.simplify()
            if step.has_late_pictures:
                self._show_late_pictures()
            full = self._markdown.full_card(min(max(step.limit, MIN_CARD_BYTES), ANSWER_BYTES))
            if full is None:
                break
            self._markdown.drop(full)
        self._show_late_pictures()

    def full_card(self) -> Cut | None:
        """What the open card shows when there is more than it can hold; else None."""
        return self._markdown.full_card(self._limit)

    def drop(self, full: Cut) -> None:
        """The open card is full and closed; what follows is for the next one."""
        self._steps.append(self._step())
        self._markdown.drop(full)

    def remainder(self, full: Cut) -> Remainder:
        """What is left when the open card is the last one."""
        steps = [*self._passed_over, *self._steps, self._step()]
        position = ",".join(map(str, steps))
        return Remainder(self._markdown.chars_after(full), position)

    def shrink(self) -> None:
        """Feishu found the card too large: put less into the next one. Raises CardRefused."""
        if self._limit <= MIN_CARD_BYTES:
            raise CardRefused("too large, however small")
        self._limit = self._limit * 2 // 3

    def simplify(self) -> bool:
        """From now on no table is one, and no picture; whether that changes the text."""
        self._is_simple = True
        had_pictures = bool(self._pictures)
        self._pictures.clear()
        self._late_pictures.clear()
        if had_pictures:
            self._markdown.write_pictures_again()
        return self._markdown.show_tables_as_code() or had_pictures

    def add_picture(self, target: str, key: str) -> None:
        """A picture that the text will call by this name. Any thread may say so before it does."""
        if not self._is_simple:
            self._pictures[target] = key

    def add_pictures(self, pictures: Mapping[str, str]) -> None:
        """All that there are in the end, before the text is finished.

        Those with addresses come late: full cards show them as links.
        """
        if self._is_simple:
            return
        self._late_pictures.update(pictures)
        for name in [name for name in pictures if name.startswith("picture:")]:
            self._pictures.setdefault(name, self._late_pictures.pop(name))

    def _show_late_pictures(self) -> None:
        if self._late_pictures:
            self._pictures.update(self._late_pictures)
            self._late_pictures.clear()
            self._has_late_pictures = True
            self._markdown.write_pictures_again()

    def _step(self) -> _Step:
        return _Step(self._limit, self._is_simple, self._has_late_pictures)
