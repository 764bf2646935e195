"""The one plain line that a chat list shows of an answer."""

from __future__ import annotations

import html
import re

from feishu_bot.feishu.cards.characters import kept_whole, normalised

_FENCE = re.compile(r"[ \t>]*(?:`{3,}[^`]*|~{3,}.*)$")
_RULE = re.compile(r"(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|=+|[|:-][|:\- ]*")
_SIGNS = re.compile(r"^[ \t>]*(?:#{1,6}[ \t]+|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,9}[.)][ \t]+)?")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"\*+|__+|~~+|`+|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|<br>")
_PREVIEW_CHARS = 1000


def summary_line(text: str, limit: int = 60) -> str:
    """One plain line of Markdown, at most `limit` characters long."""
    words: list[str] = []
    for line in normalised(text[:_PREVIEW_CHARS]).split("\n"):
        stripped = line.strip()
        if _FENCE.match(line) or _RULE.fullmatch(stripped):
            continue
        plain = _EMPHASIS.sub("", _LINK.sub(r"\1", _SIGNS.sub("", stripped)))
        words += html.unescape(plain.replace("|", " ")).split()
    line = " ".join(words)
    if len(line) <= limit:
        return line
    return line[: kept_whole(line, max(limit - 1, 0))].rstrip() + "…"
