"""The tables, the code and the headings of an answer, for files of them."""

from __future__ import annotations

import re

from markdown_it.token import Token

from feishu_bot.core import tables
from feishu_bot.core.answer_files import AnswerParts, CodeBlock
from feishu_bot.feishu.cards.characters import normalised
from feishu_bot.feishu.cards.markdown.inline import plain_text_of
from feishu_bot.feishu.cards.markdown.parser import References, parse_blocks, parse_inline
from feishu_bot.feishu.cards.markdown.tables import Table

# The word for a language ends here: "python:app.py", "js{1,3}", '{.sql title="x"}'.
_AFTER_LANGUAGE = re.compile(r"[\s:,;{}=(\[\"']")
# Of "#", "##" and "###".
_TOLD_HEADINGS = frozenset(["h1", "h2", "h3"])


def answer_parts(text: str) -> AnswerParts:
    """Implements `core.answer_files.AnswerParser`."""
    source = normalised(text)
    lines = source.split("\n")
    references: References = {}
    found: list[tables.Table] = []
    codes: list[CodeBlock] = []
    headings: list[str] = []
    inside: list[Token] = []
    tokens = parse_blocks(source, references)
    for number, token in enumerate(tokens):
        if token.type in ("fence", "code_block"):
            codes.append(CodeBlock(_language(token.info), token.content.removesuffix("\n")))
        elif token.type == "heading_open" and token.tag in _TOLD_HEADINGS:
            headings.append(_plain(tokens[number + 1].content, references))
        elif token.type == "table_open" or inside:
            inside.append(token)
            if token.type == "table_close":
                found.append(_as_values(Table.of(inside, lines), references))
                inside = []
    return AnswerParts(tuple(found), tuple(codes), tuple(filter(None, headings)))


def _language(info: str) -> str:
    return _AFTER_LANGUAGE.split(info.strip().lstrip("{."), maxsplit=1)[0]


def _as_values(table: Table, references: References) -> tables.Table:
    head, *rows = ([_plain(cell, references) for cell in row] for row in table.rows)
    width = len(head)
    return tables.Table(tuple(head), [tuple((row + [""] * width)[:width]) for row in rows])


def _plain(cell: str, references: References) -> str:
    """The words of a cell, as they are read."""
    return plain_text_of(parse_inline(cell, references)).strip()
