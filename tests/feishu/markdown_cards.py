"""A whole text as the cards that show it."""

from __future__ import annotations

from feishu_bot.feishu.cards.markdown import TABLES_PER_CARD, MarkdownStream, SafeMarkdown


def card_texts(
    text: str, limit_bytes: int, *, tables_left: int = TABLES_PER_CARD
) -> list[SafeMarkdown]:
    """The whole text, for as many cards as it needs.

    Bytes are those of the card's text as a JSON string in UTF-8.
    """
    stream = MarkdownStream(text, tables=tables_left)
    stream.finish()
    texts: list[SafeMarkdown] = []
    while card := stream.full_card(limit_bytes):
        texts.append(card.text)
        stream.drop(card)
    return [*texts, stream.text()]
