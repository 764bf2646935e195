"""The last line of a growing text: what may yet become anything waits for its next word.

It never waits long: a reader has to see the text grow, whatever the model writes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from feishu_bot.feishu.cards.markdown.half_marks import HELD_ADDRESS, HELD_CHARS
from feishu_bot.feishu.cards.markdown.parser import ROW_BEGINNING, is_row
from feishu_bot.feishu.cards.markdown.pieces import Piece

# The first line of a table may be a wide one, and nothing else begins with a bar.
HELD_HEAD = 300

# Quotes, bullets and numbers, and behind them what may turn out to be another number, a heading,
# a rule, the line under a heading or a table's head, or a fence.
_BEGINNING = re.compile(
    r"[ \t]*+(?:(?:>|(?:[*+-]|\d{1,9}[.)])(?=[ \t]|\Z))[ \t]*+)*+"
    r"(?:\d{1,9}|\#{1,6}[ \t]*|=+[ \t]*|[-:|][-:| \t]*|\*[* \t]*|_[_ \t]*|`{1,2}|~{1,2}"
    r"|```[^`\n]*|~~~[^\n]*|\[[^\]\n]*(?:\]:?)?)?\Z"
)
# A link definition: its address has no blank in it, and a title stands in quotes.
_HALF_DEFINITION = re.compile(
    r"[ \t>]*+\[[^\]\n]{0,80}\]:[ \t]*"
    r"(?:[!-~]{0,80}|https?://[!-~]*(?:[ \t]+(?:[\"'(].{0,80})?)?)\Z"
)
_RULE_OF_TABLE = re.compile(r"[ \t>]*+(?=[-: \t]*\|)[-:| \t]*-[-:| \t]*\Z")
_MARKS = " \t>*+-.)0123456789"
_ENTITY = re.compile(r"&#\d+;")
_HALF_LINE = re.compile(r"[ \t>]*+(?:[-*=|#~_+:`$\\ \t]*|\d{1,9}[.)]|(?:```|~~~)[^\n`]*)\n*\Z")


def without_beginning(source: str) -> str:
    """The source without a last line of which it can't be told yet what it is."""
    start = source.rfind("\n") + 1
    chars = len(source) - start
    if chars <= HELD_CHARS and _BEGINNING.match(source, start):
        return source[:start]
    if start and _may_become_row(source, start):
        return source[:start]
    if chars <= HELD_ADDRESS and _HALF_DEFINITION.match(source, start):
        return source[:start]
    return source


def _may_become_row(source: str, start: int) -> bool:
    """Whether the last line stands below the rows of a table, and has no bar yet."""
    line = source[start:].lstrip(" \t>")
    if not line or "|" in line or len(line) >= ROW_BEGINNING:
        return False
    for above in reversed(source[:start].split("\n")[:-1]):
        if _RULE_OF_TABLE.match(above):
            return True
        if not is_row(above):
            return False
    return False


def without_half_line(source: str) -> str:
    """The source without a last line of nothing but marks, with which something was to begin."""
    start = source.rstrip("\n").rfind("\n") + 1
    return source[:start] if _HALF_LINE.match(source, start) else source


def without_half_row(pieces: list[Piece], view: str) -> list[Piece]:
    """Without the row of a table that is being written, unless it is a long one."""
    if not pieces or pieces[-1].kind != "table" or view.endswith("\n") or not pieces[-1].rows:
        return pieces
    if len(view) - view.rfind("\n") > HELD_CHARS:
        return pieces
    last = pieces[-1]
    return [*pieces[:-1], replace(last, rows=last.rows[:-1], raw=last.raw[:-1])]


def without_table_head(pieces: list[Piece], view: str, *, is_cut: bool) -> list[Piece]:
    """Without a last line that the next one may turn into the head of a table."""
    last = view.rpartition("\n")[2] or view[:-1].rpartition("\n")[2]
    if "|" not in last or not pieces or pieces[-1].kind != "text":
        return pieces
    begins_row = last.lstrip(_MARKS).startswith("|")
    if not begins_row and (is_cut or not view.endswith("\n")):
        return pieces
    if len(last) > (HELD_HEAD if begins_row else HELD_CHARS) and not is_cut:
        return pieces
    text, _, written = pieces[-1].text.rpartition("\n")
    if not _beginning_of(written).startswith(_beginning_of(last)):
        return pieces  # it is held back already
    return [*pieces[:-1], replace(pieces[-1], text=text)] if text else pieces[:-1]


def _beginning_of(line: str) -> str:
    """The first letters of a line, as it came or as it was written."""
    return "".join(filter(str.isalnum, _ENTITY.sub("", line).lstrip(_MARKS)))[:4]
