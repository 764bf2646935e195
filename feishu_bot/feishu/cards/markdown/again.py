"""What is written once more when further link definitions are known."""

from __future__ import annotations

from dataclasses import replace

from feishu_bot.feishu.cards.markdown.inline import InlineWriter
from feishu_bot.feishu.cards.markdown.parser import References
from feishu_bot.feishu.cards.markdown.pieces import Piece
from feishu_bot.feishu.cards.markdown.tables import Table


def inline(references: References, used: set[str], content: str, head: str) -> str:
    return head + InlineWriter(references, used, in_line=bool(head)).write(content)


def text_again(
    references: References, used: set[str], *, piece: Piece, content: str, head: str
) -> Piece:
    return replace(piece, text=inline(references, used, content, head))


def definition_again(_: References, used: set[str], *, piece: Piece, label: str) -> Piece:
    return replace(piece, kind="hidden" if label in used else "text")


def table_again(references: References, used: set[str], *, piece: Piece, table: Table) -> Piece:
    head, rows = table.write(references, used)
    return replace(piece, head=head, rows=rows)
