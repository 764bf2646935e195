"""What a code block holds, whose end may still be to come."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
# Each run of blanks is looked at once.
_BLANK_END = re.compile(r"(?:\A[ \t\n]*+|(?<![ \t\n])([ \t]*+)\n[ \t\n]*+)\Z")


def code_of(token: Token, lines: Sequence[str]) -> str:
    """Its text, of a source with these lines."""
    code = token.content
    if token.type == "code_block" or _is_open(token, lines):
        code = _BLANK_END.sub(r"\1", code)
    return code.removesuffix("\n")


def language_of(token: Token) -> str:
    """The language that its fence names; empty for none."""
    found = _LANGUAGE.match(token.info.strip().strip("{.}"))
    return found[0] if found else ""


def _is_open(token: Token, lines: Sequence[str]) -> bool:
    """Whether the end of the fence is still to come."""
    if not token.map:
        return False
    first, end = token.map
    last = lines[end - 1] if end <= len(lines) else ""
    marks = last.lstrip(" \t>").rstrip()
    has_end = marks.startswith(token.markup) and not marks.strip(token.markup[0])
    return end - first < 2 or not has_end
