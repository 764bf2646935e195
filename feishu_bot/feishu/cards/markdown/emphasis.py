"""Bold and italics beside Chinese text.

CommonMark takes `**` for the end of bold only if no letter follows punctuation: in
`**“重点”**后文` the stars stay. Models write this all the time, so it is read as bold; and it is
written with the punctuation outside the stars, which every renderer reads in one way.
"""

from __future__ import annotations

import unicodedata

from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

_PAIRS = {"”": "“", "’": "‘", "）": "（", "》": "《", "」": "「", "』": "『", "】": "【", ")": "("}
_PAIRS |= {'"': '"', "'": "'", "〉": "〈", "]": "["}


def delimiters(state: StateInline, silent: bool) -> bool:
    """The parser's rule for `*` and `_`: as CommonMark's, or lenient if the environment says so."""
    start = state.pos
    marker = state.src[start]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(start, marker == "*")
    can_open, can_close = scanned.can_open, scanned.can_close
    if marker == "*" and scanned.length > 1 and state.env["lenient"]:
        before = state.src[start - 1] if start else " "
        end = start + scanned.length
        after = state.src[end] if end < state.posMax else " "
        if _is_wide(before) or _is_wide(after):
            can_open, can_close = not after.isspace(), not before.isspace()
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos += scanned.length
    return True


def unambiguous(tokens: list[Token]) -> list[Token]:
    """The tokens with punctuation moved out of bold where it would hide the stars' meaning."""
    if not any(token.type == "strong_open" and token.markup == "**" for token in tokens):
        return tokens
    tokens = [token for token in tokens if token.type != "text" or token.content]
    index = 0
    while index < len(tokens):
        if tokens[index].type == "strong_close" and tokens[index].markup == "**":
            index = _move_out(tokens, index)
        index += 1
    return tokens


def _move_out(tokens: list[Token], close: int) -> int:
    """Make both ends of this bold text unambiguous; the new place of its end."""
    close = _clear_end(tokens, close)
    close = _clear_beginning(tokens, close)
    start = _opening_of(tokens, close)
    if close - start == 1:
        del tokens[start : close + 1]
        return start - 1
    return close


def _clear_end(tokens: list[Token], close: int) -> int:
    """Move punctuation before the closing stars behind them, if a letter follows."""
    start = _opening_of(tokens, close)
    while close - start > 1 and _is_word(_first(tokens, close + 1)):
        last = tokens[close - 1]
        if last.type != "text":
            tokens.insert(close + 1, _text(" "))
            break
        if _is_word(last.content[-1]):
            break
        mate = _PAIRS.get(last.content[-1], "")
        close = _move_last(tokens, close)
        if mate and close - start > 1 and _first(tokens, start + 1) == mate:
            close = _move_first(tokens, start, close)
            start = _opening_of(tokens, close)
    return close


def _clear_beginning(tokens: list[Token], close: int) -> int:
    """Move punctuation behind the opening stars before them, if a letter comes before."""
    start = _opening_of(tokens, close)
    while close - start > 1 and _is_word(_last(tokens, start - 1)):
        first = tokens[start + 1]
        if first.type != "text":
            tokens.insert(start, _text(" "))
            return close + 1
        if _is_word(first.content[0]):
            break
        close = _move_first(tokens, start, close)
        start = _opening_of(tokens, close)
        last = tokens[close - 1]
        if last.type == "text" and _PAIRS.get(last.content[-1], "") == _last(tokens, start - 1):
            close = _move_last(tokens, close)
    return close


def _move_last(tokens: list[Token], close: int) -> int:
    """Move the last character out of the bold text; the new place of its end."""
    last = tokens[close - 1]
    tokens.insert(close + 1, _text(last.content[-1]))
    last.content = last.content[:-1]
    if last.content:
        return close
    del tokens[close - 1]
    return close - 1


def _move_first(tokens: list[Token], start: int, close: int) -> int:
    """Move the first character out of the bold text; the new place of its end."""
    first = tokens[start + 1]
    tokens.insert(start, _text(first.content[0]))
    first.content = first.content[1:]
    if not first.content:
        del tokens[start + 2]
        return close
    return close + 1


def _opening_of(tokens: list[Token], close: int) -> int:
    depth = 0
    for index in range(close, -1, -1):
        if tokens[index].type == "strong_close":
            depth += 1
        elif tokens[index].type == "strong_open":
            depth -= 1
            if not depth:
                return index
    raise AssertionError("an end without a beginning")


def _first(tokens: list[Token], index: int) -> str:
    """The character with which the token begins; a letter only where it is text."""
    token = tokens[index] if index < len(tokens) else None
    if token is None or token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content[0] if _is_texty(token) else "*"


def _last(tokens: list[Token], index: int) -> str:
    token = tokens[index] if index >= 0 else None
    if token is None or token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content[-1] if _is_texty(token) else "*"


def _is_texty(token: Token) -> bool:
    return token.type in ("text", "text_special") and bool(token.content)


def _is_word(character: str) -> bool:
    return not (character.isspace() or _is_punctuation(character))


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _is_wide(character: str) -> bool:
    return character >= "\u2e80" or character in "“”‘’—…·"


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token
