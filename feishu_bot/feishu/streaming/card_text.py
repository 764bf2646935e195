"""An answer's text as its cards show it: what is on full cards, on the open one, and on none."""

from __future__ import annotations

import re

from feishu_bot.errors import CardRefused
from feishu_bot.feishu.cards.answer import ANSWER_BYTES, Remainder
from feishu_bot.feishu.cards.markdown import Cut, MarkdownStream, SafeMarkdown

MIN_CARD_BYTES = 4_000
# No answer has as many cards; a click's values can be forged.
MAX_STEPS = 300
_STEP = re.compile(r"(\d{4,5})(c?)")


class CardText:
    """The text that no full card shows yet, and the way it was cut so far.

    `position` is that of an earlier `Remainder`: the cards up to there are passed over once the
    text is whole. A position lists the cards' limits in bytes, with a `c` where tables were code,
    since the same text is always cut in the same places.
    """

    def __init__(self, position: str = "") -> None:
        found = _STEP.findall(position)
        if ",".join(map("".join, found)) != position or len(found) > MAX_STEPS:
            found = []
        self._passed_over = [(int(size), bool(code)) for size, code in found]
        self._steps: list[tuple[int, bool]] = []
        self._limit = ANSWER_BYTES
        self._tables_as_code = False
        self._markdown = MarkdownStream()

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
            self._markdown = MarkdownStream()
            self._steps.clear()
            if self._tables_as_code:
                self._markdown.show_tables_as_code()
        self._markdown.append(text)

    def finish(self, *, is_cut: bool) -> None:
        """The text is whole, or breaks off for good."""
        if self._markdown.is_finished:
            return
        self._markdown.finish(is_cut=is_cut)
        for size, as_code in self._passed_over:
            if as_code and not self._tables_as_code:
                self.show_tables_as_code()
            full = self._markdown.full_card(min(max(size, MIN_CARD_BYTES), ANSWER_BYTES))
            if full is None:
                break
            self._markdown.drop(full)

    def full_card(self) -> Cut | None:
        """What the open card shows when there is more than it can hold; else None."""
        return self._markdown.full_card(self._limit)

    def drop(self, full: Cut) -> None:
        """The open card is full and closed; what follows is for the next one."""
        self._steps.append((self._limit, self._tables_as_code))
        self._markdown.drop(full)

    def remainder(self, full: Cut) -> Remainder:
        """What is left when the open card is the last one."""
        steps = [*self._passed_over, *self._steps, (self._limit, self._tables_as_code)]
        position = ",".join(f"{size}{'c' if as_code else ''}" for size, as_code in steps)
        return Remainder(self._markdown.chars_after(full), position)

    def shrink(self) -> None:
        """Feishu found the card too large: put less into the next one. Raises CardRefused."""
        if self._limit <= MIN_CARD_BYTES:
            raise CardRefused("too large, however small")
        self._limit = self._limit * 2 // 3

    def show_tables_as_code(self) -> bool:
        """From now on no table is one; whether that changes the text."""
        self._tables_as_code = True
        return self._markdown.show_tables_as_code()
