"""/lang: the language that the bot speaks to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Buttons, Card, Colour, Paragraph, Style, Text
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.languages import Language
from feishu_bot.core.people import People

LANGUAGE_NAMES: Mapping[Language, str] = {"zh": "中文", "en": "English"}
_WORDS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("zh", "zh-cn", "中文", "chinese"),
    "en": ("en", "en-us", "英文", "英语", "english"),
}
_LANGUAGE_BY_WORD = {word: language for language, words in _WORDS.items() for word in words}


@dataclass(frozen=True)
class LangCommands(CommandGroup):
    """Each person has a language of their own, in every chat."""

    people: People

    @command("lang", "/lang", "语言", "/语言", "/language")
    def lang(self, context: CommandContext) -> Card:
        """Ask for the language, or take the one that is named."""
        wanted = _LANGUAGE_BY_WORD.get(context.argument.lower())
        if wanted:
            self.people.set_language(context.sender.open_id, wanted)
            return replace(_card(wanted, "lang_done"), language=wanted)
        return _card(context.language, "lang_unknown" if context.argument else "lang_ask")

    @action("lang_set")
    def set(self, click: CardClick) -> ClickResponse:
        """Take the language that was chosen."""
        wanted = _LANGUAGE_BY_WORD.get(click.value("language"))
        if wanted is None:
            return toast("lang_unknown", "warning")
        self.people.set_language(click.action.operator.open_id, wanted)
        # In a group the others choose on the same card.
        return toast("lang_done", "success").with_card(_card(wanted, "lang_ask"))


def _card(language: Language, words: str) -> Card:
    styles: dict[Language, Style] = {language: "primary"}
    buttons = tuple(
        Button.of(name, "lang_set", style=styles.get(one, "default"), language=one)
        for one, name in LANGUAGE_NAMES.items()
    )
    colour: Colour = "green" if words == "lang_done" else "blue"
    blocks = (Paragraph(Text(words)), Buttons(buttons))
    return Card(title=Text("lang_title"), icon="🌐", colour=colour, blocks=blocks)
