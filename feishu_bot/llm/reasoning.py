"""Separates a model's reasoning from its answer, where both come in one text."""

from __future__ import annotations

from typing import Literal

from feishu_bot.core.chat_model import ReasoningDelta, TextDelta

CLOSING_BY_OPENING = {"<think>": "</think>", "<thinking>": "</thinking>"}


class ThinkSplitter:
    """Splits `<think>…</think>` at the start of a streamed text from the answer after it.

    Tags may be split over chunks; however the text is cut, the deltas join to the same. Later
    tags, and a text that does not begin with one, are left as they are. White space around the
    tags is dropped.
    """

    def __init__(self) -> None:
        self._state: Literal["start", "thinking", "after_thinking", "answer"] = "start"
        self._closing = ""
        self._begun = False
        self._held = ""

    def feed(self, text: str) -> list[TextDelta | ReasoningDelta]:
        """The deltas that are certain with this text added."""
        if self._state == "answer":
            return [TextDelta(text)] if text else []
        self._held += text
        if self._state == "start" and not self._start_is_known():
            return []
        deltas: list[TextDelta | ReasoningDelta] = []
        if self._state == "thinking":
            reasoning = self._reasoning()
            if reasoning:
                deltas.append(ReasoningDelta(reasoning))
        if self._state == "after_thinking":
            self._held = self._held.lstrip()
            if self._held:
                self._state = "answer"
        if self._state == "answer" and self._held:
            deltas.append(TextDelta(self._held))
            self._held = ""
        return deltas

    def end(self) -> list[TextDelta | ReasoningDelta]:
        """The text that was held back for a tag that never came."""
        held, self._held = self._held, ""
        if self._state == "thinking":
            held = held.rstrip()
            return [ReasoningDelta(held)] if held else []
        return [TextDelta(held)] if held else []

    def _start_is_known(self) -> bool:
        """Whether enough has come to tell how the text begins."""
        start = self._held.lstrip()
        for opening, closing in CLOSING_BY_OPENING.items():
            if start.startswith(opening):
                self._state, self._closing = "thinking", closing
                self._held = start.removeprefix(opening)
                return True
        if any(opening.startswith(start) for opening in CLOSING_BY_OPENING):
            return False
        self._state = "answer"
        return True

    def _reasoning(self) -> str:
        """The reasoning that is certain; the rest stays held. Ends the thinking at its tag."""
        if not self._begun:
            self._held = self._held.lstrip()
        body, found, rest = self._held.partition(self._closing)
        if found:
            self._state, self._held = "after_thinking", rest
            return body.rstrip()
        certain = body[: len(body) - _overlap(body, self._closing)].rstrip()
        self._held = body[len(certain) :]
        self._begun = self._begun or bool(certain)
        return certain


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    longest = min(len(text), len(tag) - 1)
    return next((size for size in range(longest, 0, -1) if tag.startswith(text[-size:])), 0)
