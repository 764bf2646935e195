"""/lang: the language that the bot speaks to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Buttons, Card, Paragraph, Text
from feishu_bot.core.commands.registry import Command, CommandContext
from feishu_bot.core.languages import Language
from feishu_bot.core.people import People

LANGUAGE_NAMES: Mapping[Language, str] = {"zh": "中文", "en": "English"}
_LANGUAGE_WORDS: Mapping[str, Language] = {
    "zh": "zh",
    "zh-cn": "zh",
    "中文": "zh",
    "chinese": "zh",
    "en": "en",
    "en-us": "en",
    "英文": "en",
    "英语": "en",
    "english": "en",
}


class LangCommands:
    """Each person has a language of their own, in every chat."""

    def __init__(self, people: People) -> None:
        self._people = people

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/lang", "语言", "/语言", "/language")
        return (Command(name="lang", words=words, run=self.lang),)

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {"lang_set": self.set}

    def lang(self, request: CommandContext) -> Card:
        """Ask for the language, or take the one that is named."""
        wanted = _LANGUAGE_WORDS.get(request.argument.lower())
        if wanted:
            self._people.set_language(request.message.sender.open_id, wanted)
            return _card(wanted, "lang_done")
        return _card(request.language, "lang_unknown" if request.argument else "lang_ask")

    def set(self, click: CardClick) -> ClickResponse:
        wanted = _LANGUAGE_WORDS.get(click.value("language"))
        if wanted is None:
            return toast("lang_unknown", severity="warning")
        self._people.set_language(click.action.operator.open_id, wanted)
        # In a group the others choose on the same card.
        return ClickResponse(
            toast=toast("lang_done", severity="success").toast, view=_card(wanted, "lang_ask")
        )


def _card(language: Language, words: str) -> Card:
    return Card(
        title=Text("lang_title"),
        icon="🌐",
        colour="green" if words == "lang_done" else "blue",
        blocks=(
            Paragraph(Text(words)),
            Buttons(tuple(_button(one, language) for one in LANGUAGE_NAMES)),
        ),
    )


def _button(language: Language, present: Language) -> Button:
    return Button(
        label=LANGUAGE_NAMES[language],
        value={"act": "lang_set", "language": language},
        style="primary" if language == present else "default",
    )
