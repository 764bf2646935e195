"""What a service's word for the end of an answer means."""

from __future__ import annotations

import re

from feishu_bot.core.chat_model import FinishReason

# Not an end at all: some services send such a word with every chunk.
_NONE = frozenset({"", "null", "none", "nil", "undefined", "unspecified"})
_WHOLE = re.compile(
    r"stop|eos|end|ended|end_?turn|stop_?sequence|end_?of_?(turn|text|sequence)|(eos|stop)_?token"
    r"|complete|completed|finish|finished|done|success|normal|tool_?(calls?|use)|function_?calls?"
)
_LENGTH = re.compile(r"length|max_?(\w+_)?tokens?|token_?limit|context_?window|max_?output|truncat")
_FILTER = re.compile(
    r"filter|sensitive|safety|moderat|block|prohibit|recitation|spii|refus|guardrail|polic|censor|risk"
)


def is_end(word: str) -> bool:
    """Whether the word says that the answer is over."""
    return word.strip().lower().removeprefix("finish_reason_") not in _NONE


def reason_of(word: str) -> FinishReason:
    """The reason that the word stands for; an unknown one means that the answer was cut."""
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word.strip()).lower().replace("-", "_")
    word = word.removeprefix("finish_reason_")
    if _WHOLE.fullmatch(word):
        return "stop"
    if _LENGTH.search(word):
        return "length"
    return "content_filter" if _FILTER.search(word) else "cut"
