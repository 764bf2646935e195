"""The parser's rules for formulas, in a line and on lines of their own."""

from __future__ import annotations

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from feishu_bot.feishu.cards.markdown.formulas import (
    MAX_LINES,
    MAX_SOURCE_CHARS,
    display_formula,
    display_signs,
    formula_at,
)
from feishu_bot.feishu.cards.markdown.half_marks import patience_with_formula


def math(state: StateInline, silent: bool) -> bool:
    """A formula in a line; the token's meta has it."""
    if state.src[state.pos] not in "$\\":
        return False
    formula = formula_at(state.src, state.pos, state.posMax)
    if formula is None:
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content, token.meta = formula.source, {"formula": formula}
    state.pos += len(formula.source)
    return True


def math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula on lines of its own, in the token's meta.

    While the text grows it may be without an end: then the meta has None, and where the end has
    been waited for long enough, the content has what there is of it.
    """
    at = state.bMarks[start] + state.tShift[start]
    if state.src[at : at + 1] not in ("$", "\\") or state.is_code_block(start):
        return False
    opening, closing = display_signs(state.src[at : state.eMarks[start]])
    if not opening:
        return False
    last = _last_line(state, start, end, opening, closing)
    formula, content = None, ""
    if last is None:
        # More of it may come as long as it stands at the text's end.
        last = min(end, start + MAX_LINES) - 1
        is_long = state.eMarks[last] - at > MAX_SOURCE_CHARS
        if not state.env["is_growing"] or last + 1 < state.lineMax or is_long:
            return False
        source = "\n".join(_line(state, one) for one in range(start, last + 1))
        content = source if len(source) > patience_with_formula(source) else ""
    else:
        formula = display_formula([_line(state, one) for one in range(start, last + 1)])
        if formula is None:
            return False
    if not silent:
        token = state.push("math_block", "", 0)
        token.map = [start, last + 1]
        token.content, token.meta = content, {"formula": formula}
        state.line = last + 1
    return True


def _last_line(state: StateBlock, start: int, end: int, opening: str, closing: str) -> int | None:
    """The line that has the formula's end; None where that is not found nearby."""
    at = state.bMarks[start] + state.tShift[start]
    if state.src.find(closing, at + len(opening), at + MAX_SOURCE_CHARS) < 0:
        return None
    for number in range(start, min(end, start + MAX_LINES)):
        if state.sCount[number] < state.blkIndent and not state.isEmpty(number):
            return start  # the list item has ended, and is no formula
        line = _line(state, number)
        if closing in (line[len(opening) :] if number == start else line):
            return number
    return None


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def has_open_formula_before_end(tokens: list[Token]) -> bool:
    """Whether a formula without an end stands in a block that has ended: no end will come."""
    for token in reversed(tokens):
        if token.nesting >= 0:
            break
    else:
        return False
    opened = [one for one in tokens if one.type == "math_block" and one.meta["formula"] is None]
    return any(one is not token for one in opened)
