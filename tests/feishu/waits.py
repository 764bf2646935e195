"""Waiting without time passing."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Waits:
    """A wait that does these things in turn, and says at last that it is time to end."""

    def __init__(self, steps: Iterable[Callable[[], object]]) -> None:
        self._steps = iter(steps)
        self.made: list[float] = []

    def __call__(self, seconds: float) -> bool:
        self.made.append(seconds)
        step = next(self._steps, None)
        if step:
            step()
        return step is None
