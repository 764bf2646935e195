"""The parser of model Markdown: CommonMark with tables, strikethrough and bare addresses.

HTML is not read, so a tag is text wherever it stands. Some readings differ from CommonMark, each
because models mean it so: dashes under a line are a rule and no heading, LaTeX is a formula
(`formulas.py`), `<br>` is a line break, `<sub>` and `<sup>` set their text low and high, and `[^1]`
is a footnote's number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import (
    StateBlock,
    blockquote,
    lheading,
    list_block,
    paragraph,
    table,
)
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from feishu_bot.feishu.cards.markdown.emphasis import delimiters, unambiguous
from feishu_bot.feishu.cards.markdown.math_rules import (
    has_open_formula_before_end,
    math,
    math_block,
)
from feishu_bot.feishu.cards.markdown.scripts import subscript, superscript

References = dict[str, Any]

# Deeper than any answer; below this a quote mark or a bullet is text, and the stack is safe.
MAX_DEPTH = 40

# A row has its first bar within so many characters.
ROW_BEGINNING = 80

_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SCHEME = re.compile(r"(?<![a-z0-9])https?$", re.IGNORECASE)
_ADDRESS = re.compile(r"://[A-Za-z0-9][A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]*")
_WIDE_NUMBER = re.compile(r"^[ ]*\d{3,9}[.)][ ]+(?=\S)", re.MULTILINE)
_FENCE = re.compile(r"[ ]*(`{3,}|~{3,})")
_SCRIPT = re.compile(r"<(su[bp])>([^<>\n]{1,60})</\1>", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\[\^(\d{1,3})\](?!\()")
_DISPLAY = re.compile(r"\$\$|\\\[|\\begin\{")
_BEGINS_BLOCK = frozenset("`~>-+*_#[|:0123456789")
_BLOCK_ENDERS = ["paragraph", "reference", "blockquote", "list"]

BlockRule = Callable[[StateBlock, int, int, bool], bool]


def parse_blocks(source: str, references: References, *, is_growing: bool = False) -> list[Token]:
    """The block tokens of the source; `references` gets the link definitions in it.

    While it `is_growing`, a formula that has no end yet is one without content.
    """
    tokens: list[Token] = []
    if _WIDE_NUMBER.search(source):
        source = _with_children_indented(source)
    parser = _blocks_with_formulas if _DISPLAY.search(source) else _blocks
    known = dict(references)
    env = {"references": references, "is_growing": is_growing}
    parser.block.parse(source, parser, env, tokens)
    if is_growing and has_open_formula_before_end(tokens):
        references.clear()
        references.update(known)
        return parse_blocks(source, references)
    return tokens


def parse_inline(content: str, references: References) -> list[Token]:
    """The tokens of a paragraph's content, strictly read.

    Where bold is left unread beside Chinese text, the paragraph is read once more with the rules
    for emphasis that fit languages without spaces.
    """
    tokens = _inline(content, references, lenient=False)
    if "**" in content and not content.isascii() and _has_stars(tokens):
        return unambiguous(_inline(content, references, lenient=True))
    return tokens


def _with_children_indented(source: str) -> str:
    """The source with more room before what stands below a number of three or more digits.

    Models indent by four there as everywhere, which is less than where the item's text begins.
    """
    lines = source.split("\n")
    least = text_at = 0  # the columns of the item's children, as written and as CommonMark wants
    fence = ""
    is_below = False
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if found := _FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        if indent == len(line):
            continue
        if not fence and (item := _WIDE_NUMBER.match(line)) and (not text_at or indent < least):
            least, text_at, is_below = indent + 4, item.end(), False
        elif text_at and indent < least:
            text_at = 0
        elif text_at and (is_below or indent < text_at):
            is_below = True
            lines[number] = " " * (text_at - least) + line
        else:
            text_at = 0
    return "\n".join(lines)


def _inline(content: str, references: References, *, lenient: bool) -> list[Token]:
    env = {"references": references, "lenient": lenient}
    return _inlines.inline.parse(content, _inlines, env, [])


def _has_stars(tokens: list[Token]) -> bool:
    return any(token.type == "text" and "**" in token.content for token in tokens)


def _limited(rule: BlockRule) -> BlockRule:
    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < MAX_DEPTH and rule(state, start, end, silent)

    return limited


def _plain_paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Most paragraphs, without asking each rule whether they are something else."""
    if silent or state.is_code_block(start) or "=" in state.src:
        return False
    if state.src[state.bMarks[start] + state.tShift[start]] in _BEGINS_BLOCK:
        return False
    following = state.bMarks[start + 1] + state.tShift[start + 1]
    if state.src[following : following + 1] in ("|", "-", ":"):
        return False  # the head of a table
    return paragraph(state, start, end, silent)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if start + 2 > end:
        return False
    following = state.bMarks[start + 1] + state.tShift[start + 1]
    if state.src[following : following + 1] not in ("|", "-", ":"):
        return False
    last = start + 2
    while last < end and is_row(state.src[state.bMarks[last] : state.eMarks[last]]):
        last += 1
    return table(state, start, last, silent)


def is_row(line: str) -> bool:
    """Whether a line right below a table's row is one: GFM takes any, models mean text.

    A bar far behind is the text's own: a growing text waits for it no longer.
    """
    return "|" in line.lstrip(" \t>")[:ROW_BEGINNING]


def _heading_over_equals(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A heading with `===` under it; with dashes a line and a rule were meant."""
    if "=" not in state.src:
        return False
    line, parent, count = state.line, state.parentType, len(state.tokens)
    if lheading(state, start, end, silent) and state.tokens[count].markup == "=":
        return True
    state.line, state.parentType = line, parent
    del state.tokens[count:]
    return False


def _line_break(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "<":
        return False
    match = _LINE_BREAK.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = match.end()
    return True


def _address(state: StateInline, silent: bool) -> bool:
    """A web address that stands by itself: `https://…`.

    It ends before the first character that is not ASCII, since in Chinese no space follows it.
    """
    if state.src[state.pos] != ":" or state.linkLevel:
        return False
    match = _ADDRESS.match(state.src, state.pos, state.posMax)
    scheme = _SCHEME.search(state.pending) if match else None
    if match is None or scheme is None:
        return False
    rest = _without_trailing_marks(match[0])
    if not silent:
        state.pending = state.pending[: scheme.start()]
        state.push("address", "a", 0).content = scheme[0] + rest
    state.pos += len(rest)
    return True


def _without_trailing_marks(address: str) -> str:
    """As GFM's "Autolinks (extension)": no final punctuation, no bracket that wasn't opened."""
    while True:
        trimmed = address.rstrip("?!.,:;*_~'")
        if trimmed.endswith(")") and trimmed.count(")") > trimmed.count("("):
            trimmed = trimmed[:-1]
        if trimmed == address:
            return address
        address = trimmed


def _set_low_or_high(state: StateInline, silent: bool) -> bool:
    """`<sub>` and `<sup>`, where Unicode has the characters."""
    match = _SCRIPT.match(state.src, state.pos) if state.src[state.pos] == "<" else None
    if match is None or match.end() > state.posMax:
        return False
    text = (subscript if match[1].lower() == "sub" else superscript)(match[2].replace(" ", ""))
    if not text:
        return False
    if not silent:
        state.pending += text
    state.pos = match.end()
    return True


def _footnote(state: StateInline, silent: bool) -> bool:
    match = _FOOTNOTE.match(state.src, state.pos) if state.src[state.pos] == "[" else None
    if match is None or match.end() > state.posMax:
        return False
    if not silent:
        state.pending += f"[{match[1]}]"
    state.pos = match.end()
    return True


def _make_block_parser(*, has_formulas: bool) -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": False, "inline_definitions": True, "maxNesting": 3 * MAX_DEPTH}
    )
    parser.enable("table").disable("html_block")
    _keep_targets(parser)
    block = parser.block.ruler
    block.at("list", _limited(list_block), {"alt": ["paragraph", "reference", "blockquote"]})
    block.at("blockquote", _limited(blockquote), {"alt": _BLOCK_ENDERS})
    block.at("lheading", _heading_over_equals)
    block.at("table", _table, {"alt": ["paragraph", "reference"]})
    block.before("table", "plain_paragraph", _plain_paragraph)
    if has_formulas:
        block.before("plain_paragraph", "math", math_block, {"alt": _BLOCK_ENDERS})
    return parser


def _make_inline_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "store_labels": True, "maxNesting": 10})
    parser.enable("strikethrough").disable("html_inline")
    _keep_targets(parser)
    inline = parser.inline.ruler
    inline.at("emphasis", delimiters)
    inline.before("escape", "math", math)
    inline.before("escape", "address", _address)
    inline.before("autolink", "line_break", _line_break)
    inline.before("autolink", "script", _set_low_or_high)
    inline.before("link", "footnote", _footnote)
    # Only where one of the rules may match: the parser tries all of them at each such place.
    parser.inline.terminator_re = re.compile(r"[\n!$&*<\[\\\]_`~]|:(?=//)")
    return parser


def _keep_targets(parser: MarkdownIt) -> None:
    """Read every target as it is; the writer decides which of them stays a link."""
    for name, value in (
        ("validateLink", lambda url: True),
        ("normalizeLink", str),
        ("normalizeLinkText", str),
    ):
        setattr(parser, name, value)


_blocks = _make_block_parser(has_formulas=False)
_blocks_with_formulas = _make_block_parser(has_formulas=True)
_inlines = _make_inline_parser()
