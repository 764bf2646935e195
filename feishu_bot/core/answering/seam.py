"""Where a model goes on with an answer that was broken off."""

from __future__ import annotations

import re

# So much of what comes is looked at before any of it is shown.
_HELD_CHARS = 80
# Shorter than that, in bytes, what is the same may be so by chance.
_LEAST_REPEATED = 8
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})", re.MULTILINE)
_REOPENED = re.compile(r"\s*(?:`{3,}|~{3,})[^\n`]*\n")


class Seam:
    """Joins what comes to what stands there `before`.

    Models are told not to repeat themselves, and some do all the same: they say the last words
    again, or open once more the block of code that they are in.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._held = ""
        self._is_open = bool(before)

    def add(self, text: str) -> str:
        """What of all that came by now is to be shown, after what was."""
        if not self._is_open:
            return text
        self._held += text
        return self.end() if len(self._held) >= _HELD_CHARS else ""

    def end(self) -> str:
        """The rest: there is no more."""
        if not self._is_open:
            return ""
        self._is_open = False
        return self._held[self._repeated() :]

    def _repeated(self) -> int:
        """How many characters at the beginning of what came are there already."""
        is_in_code = len(_FENCE.findall(self._before)) % 2 == 1
        reopened = _REOPENED.match(self._held) if is_in_code else None
        at = reopened.end() if reopened else 0
        said = self._held[at:]
        for size in range(min(len(said), len(self._before)), 0, -1):
            if self._before.endswith(said[:size]):
                is_chance = len(said[:size].encode()) < _LEAST_REPEATED
                return at + (0 if is_chance else size)
        return at
