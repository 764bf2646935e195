"""Markdown as models write it, made safe and readable for a card's markdown element.

A parser reads it, and what it found is written in Feishu's dialect: "Rich text (Markdown)
component". Fences begin their line, lists nest by four spaces, a single line break is written as
one, pictures are image keys, a card takes few tables, and nothing that looks like a tag is one.
"""

from __future__ import annotations

from feishu_bot.feishu.cards.markdown.cut import Cut
from feishu_bot.feishu.cards.markdown.page import TABLES_PER_CARD
from feishu_bot.feishu.cards.markdown.pieces import SafeMarkdown
from feishu_bot.feishu.cards.markdown.stream import MarkdownStream
from feishu_bot.feishu.cards.markdown.summary import summary_line
from feishu_bot.feishu.cards.plain_text import split_plain_text

__all__ = [
    "TABLES_PER_CARD",
    "Cut",
    "MarkdownStream",
    "SafeMarkdown",
    "first_card",
    "safe_markdown",
    "split_plain_text",
    "summary_line",
]


def safe_markdown(
    text: str, *, streaming: bool, tables_left: int = TABLES_PER_CARD
) -> SafeMarkdown:
    """Text that Feishu takes, shows as the model meant it, and that can ping nobody.

    With `streaming`, what has only begun at the very end is held back. Tables beyond
    `tables_left` become code blocks. Text that is safe already stays as it is.
    """
    if isinstance(text, SafeMarkdown):
        return text
    stream = MarkdownStream(text, tables=tables_left)
    if not streaming:
        stream.finish()
    return stream.text()


def first_card(
    text: str, limit_bytes: int, *, streaming: bool, tables_left: int = TABLES_PER_CARD
) -> tuple[SafeMarkdown, bool]:
    """What one card can show of the text, and whether more is left."""
    # Most characters take a byte or more, so the rest needn't be read.
    stream = MarkdownStream(text[: 2 * limit_bytes], tables=tables_left)
    if not streaming:
        stream.finish()
    has_more = len(text) > 2 * limit_bytes or stream.full_card(limit_bytes) is not None
    return stream.fitting(limit_bytes), has_more
