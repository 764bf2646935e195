"""Text elements of cards, in the reader's language or in several."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.cards import Joined, Label, Text
from feishu_bot.feishu.cards.elements import Element

# A card takes 30 KB; the longest text of a person on it is a role's prompt.
PARAGRAPH_CHARS = 3_000

_LOCALES: Mapping[str, str] = {"zh": "zh_cn", "en": "en_us"}


class Localizer:
    """Texts in the reader's language; with `others`, also in those, for a card read by many."""

    def __init__(self, texts: Catalog, others: tuple[Catalog, ...] = ()) -> None:
        self.texts = texts
        self._all = (texts, *others) if others else ()

    def __call__(self, words: Label, most: int = PARAGRAPH_CHARS) -> str:
        """The words, `most` characters of them."""
        return shortened(resolve_text(self.texts, words), most)

    def plain(self, words: Label, most: int = PARAGRAPH_CHARS, /, **style: str) -> Element:
        """A `plain_text` element: nothing in it is a tag or Markdown."""
        if isinstance(words, str):
            return {"tag": "plain_text", "content": self(words, most), **style}
        return self.put(lambda texts: shortened(resolve_text(texts, words), most), **style)

    def put(self, say: Callable[[Catalog], str], **style: str) -> Element:
        """A `plain_text` element with what `say` makes of the texts of each language."""
        return {"tag": "plain_text", **self.spread(say), **style}

    def spread(self, say: Callable[[Catalog], str]) -> Element:
        """`content`, and for many readers `i18n_content`, unless it is the same for all."""
        content = {"content": say(self.texts)}
        by_locale = {_LOCALES[texts.language]: say(texts) for texts in self._all}
        if len(set(by_locale.values())) < 2:
            return content
        return {**content, "i18n_content": by_locale}


def shortened(text: str, most: int) -> str:
    """`most` characters of a text, with an ellipsis in place of the rest."""
    return text if len(text) <= most else text[: most - 1] + "…"


def preview(text: str) -> str:
    """A text for `summary`, where nothing may look like a tag."""
    return text.replace("<", "＜")


def resolve_text(texts: Catalog, words: Label) -> str:
    """The words in one language."""
    match words:
        case Joined(parts):
            return " · ".join(resolve_text(texts, part) for part in parts)
        case Text(key, params):
            return texts(key, **params)
        case str():
            return words
