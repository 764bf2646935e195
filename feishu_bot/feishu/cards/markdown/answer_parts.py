"""The tables and the code of an answer, for files of them."""

from __future__ import annotations

from markdown_it.token import Token

from feishu_bot.core import tables
from feishu_bot.core.answer_files import AnswerParts, CodeBlock
from feishu_bot.feishu.cards.characters import normalised
from feishu_bot.feishu.cards.markdown.inline import plain_text_of
from feishu_bot.feishu.cards.markdown.parser import References, parse_blocks, parse_inline
from feishu_bot.feishu.cards.markdown.tables import Table


def answer_parts(text: str) -> AnswerParts:
    """Implements `core.answer_files.AnswerParser`."""
    source = normalised(text)
    lines = source.split("\n")
    references: References = {}
    found: list[tables.Table] = []
    codes: list[CodeBlock] = []
    inside: list[Token] = []
    for token in parse_blocks(source, references):
        if token.type in ("fence", "code_block"):
            words = token.info.split()
            code = token.content.removesuffix("\n")
            codes.append(CodeBlock(words[0].strip("{.}") if words else "", code))
        elif token.type == "table_open" or inside:
            inside.append(token)
            if token.type == "table_close":
                found.append(_as_values(Table.of(inside, lines), references))
                inside = []
    return AnswerParts(tuple(found), tuple(codes))


def _as_values(table: Table, references: References) -> tables.Table:
    head, *rows = ([_plain(cell, references) for cell in row] for row in table.rows)
    width = len(head)
    return tables.Table(tuple(head), [tuple((row + [""] * width)[:width]) for row in rows])


def _plain(cell: str, references: References) -> str:
    """The words of a cell, as they are read."""
    return plain_text_of(parse_inline(cell, references)).strip()
