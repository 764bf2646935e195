"""The parser's rules for formulas, in a line and on lines of their own."""

from __future__ import annotations

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from feishu_bot.feishu.cards.markdown.formulas import (
    MAX_LINES,
    MAX_SOURCE_CHARS,
    display_formula,
    display_opening,
    formula_at,
)


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

    While the text grows it may be without an end: then the meta has None.
    """
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if first[:1] not in ("$", "\\") or state.is_code_block(start) or not display_opening(first):
        return False
    lines: list[str] = []
    chars = 0
    for number in range(start, min(end, start + MAX_LINES)):
        if state.sCount[number] < state.blkIndent and not state.isEmpty(number):
            return False
        lines.append(state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]])
        chars += len(lines[-1])
        formula = display_formula(lines)
        if formula or chars > MAX_SOURCE_CHARS:
            break
    else:
        formula = None
        if not state.env["is_growing"] or number + 1 < state.lineMax:
            return False
    if formula is None and (chars > MAX_SOURCE_CHARS or not state.env["is_growing"]):
        return False
    if not silent:
        token = state.push("math_block", "", 0)
        token.map = [start, number + 1]
        token.meta = {"formula": formula}
        state.line = number + 1
    return True


def has_open_formula_before_end(tokens: list[Token]) -> bool:
    """Whether a formula without an end stands in a block that has ended: no end will come."""
    for token in reversed(tokens):
        if token.nesting >= 0:
            break
    else:
        return False
    opened = [one for one in tokens if one.type == "math_block" and one.meta["formula"] is None]
    return any(one is not token for one in opened)
