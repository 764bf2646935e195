"""What is written once more when further link definitions, or pictures, are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from feishu_bot.feishu.cards.markdown.inline import write_inline
from feishu_bot.feishu.cards.markdown.parser import References
from feishu_bot.feishu.cards.markdown.pieces import Piece
from feishu_bot.feishu.cards.markdown.tables import Table


def text_again(
    references: References,
    used: set[str],
    *,
    piece: Piece,
    content: str,
    head: str,
    pictures: Mapping[str, str],
) -> Piece:
    return replace(piece, text=write_inline(references, used, content, head, pictures))


def definition_again(_: References, used: set[str], *, piece: Piece, label: str) -> Piece:
    return replace(piece, kind="hidden" if label in used else "text")


def table_again(references: References, used: set[str], *, piece: Piece, table: Table) -> Piece:
    head, rows = table.write(references, used)
    return replace(piece, head=head, rows=rows)
