"""Text that is not read as Markdown: for messages of the type `text`."""

from __future__ import annotations

import json
import re
from html import unescape

from feishu_bot.feishu.cards.characters import kept_whole

_encode = json.JSONEncoder(ensure_ascii=False).encode
_GOOD_ENDS = (re.compile(r"\n\n"), re.compile(r"\n"), re.compile(r"[。！？；.!?; ，,]"))
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"((?<!`)(?:`+)(?!`).+?(?<!`)(?:`+)(?!`))")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&\w{0,8}$")


def split_plain_text(text: str, limit_bytes: int) -> tuple[str, str]:
    """The part that fits, and the rest, which is empty when everything fits.

    Bytes are those of the text as a JSON string in UTF-8. The cut is after a paragraph, a line or
    a sentence that ends in the second half, and never in a character or an entity.
    """
    if 6 * len(text) <= limit_bytes or _size(text) <= limit_bytes:
        return text, ""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if _size(text[:middle]) <= limit_bytes:
            low = middle
        else:
            high = middle - 1
    end = kept_whole(text, low)
    if entity := _ENTITY.search(text, max(end - 9, 0), end):
        end = entity.start() or end
    for good in _GOOD_ENDS:
        ends = [found.end() for found in good.finditer(text, end // 2, end)]
        if ends:
            end = ends[-1]
            break
    return text[:end].rstrip("\n"), text[end:].lstrip("\n")


def without_escapes(markdown: str) -> str:
    """A card's Markdown where nothing renders it: code stays, escapes elsewhere are undone."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        opened = _FENCE.match(line)
        if fence or opened:
            lines.append(line)
            if fence:
                fence = "" if line.strip() == fence else fence
            elif opened:
                fence = opened[1]
        else:
            parts = _CODE_SPAN.split(line)
            parts[::2] = [unescape(_ESCAPE.sub(r"\1", part)) for part in parts[::2]]
            lines.append("".join(parts))
    return "\n".join(lines)


def _size(text: str) -> int:
    return len(_encode(text).encode("utf-8", "surrogatepass")) - 2
