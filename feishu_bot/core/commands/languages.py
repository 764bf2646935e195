"""/lang: the language that the bot speaks to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.clicks import Click, Clicked, told
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import Language
from feishu_bot.core.ports import People
from feishu_bot.core.views import Button, Buttons, Paragraph, Say, View

NAMES: Mapping[Language, str] = {"zh": "中文", "en": "English"}
_WORDS: Mapping[str, Language] = {
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


class LanguageChoice:
    """Each person has a language of their own, in every chat."""

    def __init__(self, people: People) -> None:
        self._people = people

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/lang", "语言", "/语言", "/language")
        return (Command(name="lang", words=words, run=self.lang),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"lang_set": self.set}

    def lang(self, request: Request) -> View:
        """Ask for the language, or take the one that is named."""
        wanted = _WORDS.get(request.argument.lower())
        if wanted:
            self._people.set_language(request.message.sender.open_id, wanted)
            return _card(wanted, "lang_done")
        return _card(request.language, "lang_unknown" if request.argument else "lang_ask")

    def set(self, click: Click) -> Clicked:
        wanted = _WORDS.get(click.value("language"))
        if wanted is None:
            return told("lang_unknown", gravity="warning")
        self._people.set_language(click.action.operator.open_id, wanted)
        # In a group the others choose on the same card.
        return Clicked(
            toast=told("lang_done", gravity="success").toast, view=_card(wanted, "lang_ask")
        )


def _card(language: Language, words: str) -> View:
    return View(
        title=Say("lang_title"),
        icon="🌐",
        colour="green" if words == "lang_done" else "blue",
        blocks=(Paragraph(Say(words)), Buttons(tuple(_button(one, language) for one in NAMES))),
    )


def _button(language: Language, present: Language) -> Button:
    return Button(
        label=NAMES[language],
        value={"act": "lang_set", "language": language},
        style="primary" if language == present else "default",
    )
