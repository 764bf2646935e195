"""When the next frame of a card is due."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from feishu_bot.feishu.backoff import backoff

NEVER = float("-inf")
# After a frame that was not shown: a moment, then longer while Feishu is away.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


class FrameTimer:
    """The times of one card's frames, in seconds of `timer`. The first is due at once."""

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self.last_shown = NEVER
        # What the last frame shows, None before the first.
        self.view: object = None
        self._last_try = NEVER
        self._pause = 0.0
        # None while Feishu takes them.
        self._pauses: Iterator[float] | None = None

    @property
    def is_first(self) -> bool:
        """Whether no frame was tried yet."""
        return self._last_try == NEVER

    def due(self, interval: float) -> float:
        """When the next frame may be tried, `interval` seconds after the last one."""
        return self._last_try + interval + self._pause

    def note_shown(self, view: object = None) -> None:
        """The frame is on the screen, and shows this."""
        self.view = view
        self._last_try = self.last_shown = self._timer()
        self._pause, self._pauses = 0.0, None

    def note_refused(self) -> None:
        """Feishu won't have this very frame; the next one is due as usual."""
        self._last_try = self._timer()

    def note_unchanged(self) -> None:
        """There was nothing new to be seen; the next one is due as usual."""
        self._last_try = self._timer()

    def note_missed(self) -> None:
        """The frame didn't get through: the next one is due later."""
        self._last_try = self._timer()
        if self._pauses is None:
            self._pauses = backoff(FIRST_PAUSE, LONGEST_PAUSE)
        self._pause = next(self._pauses)
