"""Answers as they are read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CODE = re.compile(r"^(`{3,}|~{3,}).*?(?:^\1|\Z)", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"^\|.*(?:\n\|.*)*", re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)")
_LINK = re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)")
_ADDRESS = re.compile(r"<?\bhttps?://[^\s<>，。；、）)]+>?")
# Headings, quotes, bullets and rules begin a line.
_LINE_MARK = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)", re.MULTILINE
)
_RULE = re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.MULTILINE)
_MARK = re.compile(r"\*{1,3}|~~|`|(?<!\w)_{1,2}|_{1,2}(?!\w)|</?[a-zA-Z][^<>\n]{0,100}>")
_BLANK_LINES = re.compile(r"\n\s*\n+")
# Where a text is cut best: after a paragraph, then a sentence, then a part of one.
_ENDS = ("\n\n", "\n", "。", "！", "？", ". ", "! ", "? ", "；", "; ", "，", ", ", " ")


def speakable(text: str, *, code: str, table: str, link: str) -> str:
    """The words of a Markdown text; `code`, `table` and `link` are said in place of such."""
    spoken = _CODE.sub(f"\n{code}\n", text)
    spoken = _TABLE.sub(f"\n{table}\n", spoken)
    spoken = _LINK.sub(r"\1", _PICTURE.sub("", spoken))
    spoken = _ADDRESS.sub(link, spoken)
    spoken = _LINE_MARK.sub("", _RULE.sub("", spoken))
    return _BLANK_LINES.sub("\n\n", _MARK.sub("", spoken)).strip()


def speech_parts(text: str, most_bytes: int) -> Iterator[str]:
    """The text in parts of so many bytes of UTF-8 at most, each cut where a speaker would pause.

    A third of a part is given up for that at most.
    """
    while text:
        piece = text.encode()[:most_bytes].decode("utf-8", "ignore")
        if len(piece) < len(text):
            ends = (piece.rfind(end) + len(end) for end in _ENDS if end in piece)
            piece = piece[: next((end for end in ends if end > len(piece) * 2 // 3), len(piece))]
        if said := piece.strip():
            yield said
        text = text[len(piece) :]
