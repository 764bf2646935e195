"""Separates a model's reasoning from its answer, where both come in one text."""

from __future__ import annotations

import re
from typing import Literal

from feishu_bot.core.chat_model import LateReasoning, ReasoningDelta, TextDelta

CLOSING_BY_OPENING = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "◁think▷": "◁/think▷",
    "[think]": "[/think]",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    # The channels of gpt-oss, where the server doesn't read them.
    "<|channel|>analysis<|message|>": "<|end|><|start|>assistant<|channel|>final<|message|>",
}
# Those that stand alone where the template of the model has written the other one.
_BARE = ("</think>", "</thinking>", "</thought>", "</seed:think>", "◁/think▷", "[/think]")
_BARE_TAG = re.compile("|".join(map(re.escape, _BARE)), re.IGNORECASE)
_OPENING_TAG = re.compile(r"<think|<thought|<seed:think|◁think|\[think\]", re.IGNORECASE)
_FIRST_CHARACTERS = re.compile("[<◁[]")

Delta = TextDelta | ReasoningDelta | LateReasoning


class ThinkSplitter:
    """Splits `<think>…</think>` at the start of a streamed text from the answer after it.

    Tags may be split over chunks; however the text is cut, the deltas join to the same. A closing
    tag without an opening one makes everything before it reasoning, which LateReasoning says.
    Later tags, and those in code, are left as they are. White space around the tags is dropped.
    """

    def __init__(self) -> None:
        self._state: Literal["start", "thinking", "after_thinking", "answer"] = "start"
        self._closing = ""
        self._begun = False
        self._held = ""
        # The text so far, while a bare closing tag may still come.
        self._before: list[str] | None = []

    def feed(self, text: str) -> list[Delta]:
        """The deltas that are certain with this text added."""
        if self._state == "answer":
            return self._answer(text)
        self._held += text
        if self._state == "start" and not self._start_is_known():
            return []
        deltas: list[Delta] = []
        if self._state == "thinking":
            reasoning = self._reasoning()
            if reasoning:
                deltas.append(ReasoningDelta(reasoning))
        if self._state == "after_thinking":
            self._held = self._held.lstrip()
            if self._held:
                self._state = "answer"
        if self._state == "answer" and self._held:
            held, self._held = self._held, ""
            deltas += self._answer(held)
        return deltas

    def end(self) -> list[Delta]:
        """The text that was held back for a tag that never came."""
        held, self._held = self._held, ""
        if self._state == "thinking":
            held = held.rstrip()
            return [ReasoningDelta(held)] if held else []
        return [TextDelta(held)] if held else []

    def _start_is_known(self) -> bool:
        """Whether enough has come to tell how the text begins."""
        start = self._held.lstrip()
        folded = start[:40].lower()
        for opening, closing in CLOSING_BY_OPENING.items():
            if folded.startswith(opening):
                self._state, self._closing = "thinking", closing
                self._held = start[len(opening) :]
                self._before = None
                return True
        if any(opening.startswith(folded) for opening in CLOSING_BY_OPENING):
            return False
        self._state = "answer"
        return True

    def _reasoning(self) -> str:
        """The reasoning that is certain; the rest stays held. Ends the thinking at its tag."""
        if not self._begun:
            self._held = self._held.lstrip()
        if tag := re.search(re.escape(self._closing), self._held, re.IGNORECASE):
            body = self._held[: tag.start()]
            self._state, self._held = "after_thinking", self._held[tag.end() :]
            return body.rstrip()
        certain = self._held[: len(self._held) - _overlap(self._held, self._closing)].rstrip()
        self._held = self._held[len(certain) :]
        self._begun = self._begun or bool(certain)
        return certain

    def _answer(self, text: str) -> list[Delta]:
        if self._before is None:
            return [TextDelta(text)] if text else []
        if not (self._held or _FIRST_CHARACTERS.search(text)):
            self._before.append(text)
            return [TextDelta(text)] if text else []
        text = self._held + text
        for tag in _BARE_TAG.finditer(text):
            if self._ends_reasoning(text[: tag.start()]):
                return self._late_reasoning(text[: tag.start()], text[tag.end() :])
        certain = text[: len(text) - max(_overlap(text, tag) for tag in _BARE)]
        self._held = text[len(certain) :]
        self._before.append(certain)
        if _OPENING_TAG.search(certain):
            # The text is about tags.
            self._before = None
            certain, self._held = text, ""
        return [TextDelta(certain)] if certain else []

    def _ends_reasoning(self, before: str) -> bool:
        """Whether a closing tag here is one, and no word of the answer: not in code or quotes."""
        assert self._before is not None
        before = "".join(self._before) + before
        line = before.rpartition("\n")[2]
        is_code = before.count("```") % 2 == 1 or line.count("`") % 2 == 1
        is_quoted = before.endswith(_QUOTES)
        return not (is_code or is_quoted or _OPENING_TAG.search(before))

    def _late_reasoning(self, before: str, rest: str) -> list[Delta]:
        assert self._before is not None
        has_shown = any(self._before)
        before = before.rstrip()
        self._before, self._held = None, ""
        deltas: list[Delta] = [TextDelta(before)] if before else []
        if has_shown or before:
            deltas.append(LateReasoning())
        self._state, self._held = "after_thinking", rest.lstrip()
        if self._held:
            self._state, self._held = "answer", ""
            deltas.append(TextDelta(rest.lstrip()))
        return deltas


_QUOTES = tuple("\"'“”‘’「」`")


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    longest = min(len(text), len(tag) - 1)
    end = text[-longest:].lower() if longest else ""
    return next((size for size in range(longest, 0, -1) if tag.startswith(end[-size:])), 0)
