"""The signs with which models end a turn, where a server lets them through as text.

llama.cpp, vLLM and their like do so when a model's template isn't the one it was trained with.
"""

from __future__ import annotations

import re

_TOKENS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|return|>",
    "<|EOT|>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
    "<｜end▁of▁sentence｜>",
)
_LONGEST = 100
_WHOLE = "|".join(map(re.escape, _TOKENS))
_BEGUN = "|".join(
    re.escape(begun)
    for begun in sorted({token[:size] for token in _TOKENS for size in range(1, len(token))})[::-1]
)
_AT_END = re.compile(rf"\s*+(?:(?:{_WHOLE})\s*+)*+(?:{_BEGUN})?\Z")
_ONLY_TOKENS = re.compile(rf"\s*(?:(?:{_WHOLE})\s*)+\Z")


class EndTokens:
    """Takes them off the end of a streamed text. Elsewhere they are the text's own."""

    def __init__(self) -> None:
        self._held = ""
        self._has_struck_out = False  # `</s>` may end what `<s>` has begun

    def feed(self, text: str) -> str:
        """What is certain with this text added."""
        if not self._held and "<" not in text:
            return text
        text = self._held + text
        self._held = ""
        self._has_struck_out = self._has_struck_out or "<s" in text
        start = max(len(text) - _LONGEST, 0)
        found = _AT_END.search(text, start)
        if found and "<" in found[0]:
            text, self._held = text[: found.start()], found[0]
        return text

    def end(self) -> str:
        """What was held back and is no such sign."""
        held, self._held = self._held, ""
        if self._has_struck_out and "</s>" in held:
            return held
        return "" if _ONLY_TOKENS.match(held) else held
