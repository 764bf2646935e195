"""Tells what is new in each piece of a streamed text, where pieces repeat what came before."""

from __future__ import annotations

from feishu_bot.core.text import storable

# Shorter texts may well be repeated by the model itself, as in "ha" and "haha".
_LEAST_REPEATED = 20


class StreamedText:
    """The pieces so far. Some services send the whole text once more at the end."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._pieces = 0
        self._length = 0
        self._has_deltas = False
        self._half = ""

    def added(
        self, text: str, *, pieces: int = 1, is_message: bool = False, is_last: bool = False
    ) -> str:
        """What this piece adds to the text, or these `pieces` that came together.

        A `message` holds the whole text where it comes alone, and everything so far where there
        was more. `is_last` is a piece that ends the answer.
        """
        if is_message and self._texts:
            text = self._news_in_message(text)
        elif is_last and self._is_repeated(text):
            return ""
        self._has_deltas = self._has_deltas or not is_message
        if self._half:
            text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            # Half of an emoji; the other half is in the next piece.
            text, self._half = text[:-1], text[-1]
        text = storable(text)
        if text:
            self._texts.append(text)
            self._pieces += pieces
            self._length += len(text)
        return text

    def rest(self) -> str:
        """What was held back for a piece that never came."""
        half, self._half = self._half, ""
        return storable(half)

    def _news_in_message(self, text: str) -> str:
        if self._has_deltas:
            return ""
        before = "".join(self._texts)
        return text.removeprefix(before)

    def _is_repeated(self, text: str) -> bool:
        if len(text) != self._length or self._pieces < 2 or len(text) < _LEAST_REPEATED:
            return False
        return text == "".join(self._texts)
