"""Parts of cards, for assertions."""

from __future__ import annotations

from typing import TypeVar

from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Collapsible,
    Field,
    Label,
    Paragraph,
    Person,
    Text,
)

T = TypeVar("T", bound=Block)


def first(card: Card, kind: type[T]) -> T:
    """The first block of this kind."""
    return next(block for block in card.blocks if isinstance(block, kind))


def all_buttons(card: Card) -> list[Button]:
    """All buttons outside forms."""
    return [
        button for block in card.blocks if isinstance(block, Buttons) for button in block.buttons
    ]


def paragraphs(card: Card) -> list[str]:
    """The kind of each paragraph, or its words where they are somebody's own."""
    return [kind_of(block.words) for block in card.blocks if isinstance(block, Paragraph)]


def field_rows(card: Card) -> list[tuple[str, str, dict[str, str]]]:
    """Name, kind of the value and its params of each field, in collapsible parts too."""
    found = []
    for block in card.blocks:
        for part in block.blocks if isinstance(block, Collapsible) else (block,):
            if isinstance(part, Field):
                params = part.value.params if isinstance(part.value, Text) else {}
                found.append((kind_of(part.name), kind_of(part.value), dict(params)))
    return found


def kind_of(words: Label | Person) -> str:
    """The kind of a text, words as they are, or the id of a person."""
    if isinstance(words, Person):
        return words.open_id
    return words.key if isinstance(words, Text) else words
