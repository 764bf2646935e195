"""Text on its way from the thread that reads the model to the one that draws."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from feishu_bot.core.messenger import FinalAnswer
from feishu_bot.feishu.streaming.paced_calls import Abandoned


class TextBuffer:
    """Text that was written and not drawn yet. Closed once no more will come.

    One that `waits_for_text` has no news before the first text: what else there is to tell would
    be shown in its place.
    """

    def __init__(
        self, *, waits_for_text: bool = False, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._waits_for_text = waits_for_text
        self._timer = timer
        self._changed = threading.Condition()
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._note = ""
        self._waiting = 0
        self._heard = ""
        self._is_rewritten = False
        self._is_used = False
        self._has_news = False
        self._is_closed = False
        self._ending: FinalAnswer | None = None

    def write(self, text: str = "", reasoning: str = "") -> None:
        """Add to the answer. Never waits for the thread that draws."""
        with self._changed:
            self._is_used = True
            self._note = ""
            wakes = not self._has_news
            if text:
                wakes = wakes or self._waits_for_text
                self._waits_for_text = False
                self._text.append(text)
            if reasoning:
                self._reasoning.append(reasoning)
            if wakes:
                self._has_news = True
                self._changed.notify()

    def rewrite(self, text: str, reasoning: str) -> None:
        """Put this in place of all that was written, what is drawn already included."""
        with self._changed:
            self._is_used = self._is_rewritten = self._has_news = True
            self._waits_for_text = False
            self._text, self._reasoning = [text], [reasoning]
            self._changed.notify()

    def put_note(self, note: str) -> None:
        """Show this while there is no text; it goes with the next thing that is written."""
        with self._changed:
            self._note, self._has_news = note, True
            self._changed.notify()

    def put_waiting(self, messages: int) -> None:
        """Show how many messages wait for this answer."""
        with self._changed:
            self._waiting, self._has_news = messages, True
            self._changed.notify()

    def put_heard(self, text: str) -> None:
        """Show what the question said that is answered here."""
        with self._changed:
            self._heard, self._has_news = text, True
            self._changed.notify()

    @property
    def heard(self) -> str:
        return self._heard

    @property
    def waiting(self) -> int:
        return self._waiting

    @property
    def note(self) -> str:
        return self._note

    def end(self, ending: FinalAnswer) -> None:
        """The end is known."""
        with self._changed:
            if not self._is_used:
                # Nothing was written: the text comes from what an earlier attempt saved.
                self._text, self._reasoning = [ending.text], [ending.reasoning]
            self._ending, self._note = ending, ""
            self._is_closed = True
            self._changed.notify()

    def abandon(self) -> None:
        """Nobody wants the answer from this process any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def take(self) -> tuple[str, str, bool]:
        """The text and the reasoning that are new, and whether they replace all before them."""
        with self._changed:
            self._has_news = False
            taken = "".join(self._text), "".join(self._reasoning), self._is_rewritten
            self._text.clear()
            self._reasoning.clear()
            self._is_rewritten = False
            return taken

    def mark_undrawn(self) -> None:
        """The text taken last couldn't be shown: `wait_for_news` returns at once."""
        with self._changed:
            self._has_news = True

    def wait_for_news(self) -> None:
        """Wait for what is not drawn yet, or until the buffer is closed."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or (self._has_news and not self._waits_for_text)
            )

    def wait_until(self, due: float) -> bool:
        """Wait for this time of the timer; False as soon as the buffer is closed."""
        with self._changed:
            while not self._is_closed and (left := due - self._timer()) > 0:
                self._changed.wait(left)
            return not self._is_closed

    def wait_for_ending(self) -> FinalAnswer:
        """Wait for the end. Raises Abandoned when there won't be one."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed)
            if self._ending is None:
                raise Abandoned
            return self._ending
