"""The cards of /settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Field,
    Form,
    Label,
    Option,
    Paragraph,
    Select,
    Text,
)
from feishu_bot.core.chats import ThreadChoice
from feishu_bot.core.commands.lang import LANGUAGE_NAMES
from feishu_bot.core.commands.mode import mode_options, reach_hint
from feishu_bot.core.commands.model import DEFAULT, model_options
from feishu_bot.core.commands.role_cards import TITLE_CHARS
from feishu_bot.core.languages import Language
from feishu_bot.core.roles import Role
from feishu_bot.core.text import shorten

# Besides as many models, what a card of 30 KB holds in any language.
MAX_ROLES = 60
# The prompt of a conversation that is no role of the list: to be kept, not to be chosen.
CUSTOM_ROLE = "="
THREADS: Mapping[str, ThreadChoice] = {"always": "always", "never": "never"}
LANGUAGES: Mapping[str, Language] = {"zh": "zh", "en": "en"}

# By scope: one private chat, one conversation, or all of a group.
_TITLES = {
    "private": "settings_private_title",
    "talk": "settings_conversation_title",
    "chat": "settings_chat_title",
}
_REACH = {
    "private": "settings_reaches_private",
    "talk": "settings_reaches_conversation",
    "chat": "settings_reaches_chat",
}
_DEFAULT = Option(Text("settings_default"), DEFAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsForm:
    """What a form is built from; `was` is what is chosen now, by field.

    `default_model` answers where nothing is chosen, `bots_model` where nothing is anywhere.
    """

    scope: str
    chat_type: str
    was: Mapping[str, str]
    offered: tuple[str, ...]
    bots_model: str
    default_model: str
    roles: tuple[Role, ...]


def form_card(card: SettingsForm, *, offers_chat: bool) -> Card:
    """The form of a scope; `offers_chat` adds the way to the chat's own."""
    was = dict(card.was)
    if not card.offered:
        was.pop("model")
    options = _options(card)
    own = {} if card.scope == "chat" else {"language": "settings_own_language"}
    value = {
        "act": "settings_save",
        "scope": card.scope,
        "chat": card.chat_type,
        "was": was,
        "bots_model": card.bots_model,
    }
    fields = tuple(
        Select(
            name=name,
            label=Text(own.get(name, f"settings_{name}")),
            options=options[name],
            placeholder=Text("settings_choose"),
            chosen=chosen,
        )
        for name, chosen in was.items()
    )
    submit = Button(label=Text("settings_save"), value=value, style="primary")
    hint = Text(_REACH[card.scope])
    blocks: list[Block] = [Paragraph(hint, is_small=True)]
    if not card.offered:
        blocks.append(Paragraph(Text("settings_no_models"), is_small=True))
    blocks.append(Form(name="settings", fields=fields, submit=submit))
    if offers_chat:
        blocks.append(Buttons((_again("button_settings_chat", "chat", card.chat_type),)))
    return Card(title=_title(card.scope), icon="⚙️", blocks=tuple(blocks))


def summary_card(active: Mapping[str, Label], *, scope: str, chat_type: str) -> Card:
    """The settings in force, each with its name, and the way back to the form."""
    blocks: list[Block] = [Field(Text(name), value) for name, value in active.items()]
    if scope != "chat":
        blocks.append(reach_hint(for_chat=scope == "private"))
    blocks.append(Buttons((_again("button_change", scope, chat_type),)))
    return Card(title=_title(scope), icon="⚙️", colour="green", blocks=tuple(blocks))


def thread_label(choice: str) -> Label:
    """Whether replies go into a thread."""
    return Text(f"thread_{choice}") if choice in THREADS else Text("settings_default")


def language_label(language: str) -> Label:
    """A language in its own words."""
    name = LANGUAGE_NAMES[LANGUAGES[language]] if language in LANGUAGES else ""
    return name or Text("settings_default")


def _options(card: SettingsForm) -> dict[str, tuple[Option, ...]]:
    chosen = card.was["model"] if card.was["model"] != DEFAULT else ""
    return {
        "model": model_options(card.offered, chosen, card.default_model),
        "role": _role_options(card.roles, card.was["role"]),
        "mode": (_DEFAULT, *mode_options()),
        "thread": (_DEFAULT, *(Option(thread_label(choice), choice) for choice in THREADS)),
        "language": (_DEFAULT, *(Option(language_label(one), one) for one in LANGUAGES)),
    }


def _role_options(roles: tuple[Role, ...], chosen: str) -> tuple[Option, ...]:
    # A role with two tags is in two categories.
    titles = {role.id: role.title for role in roles}
    shown = list(titles)[:MAX_ROLES]
    if chosen in titles and chosen not in shown:
        shown[-1] = chosen
    own = (Option(Text("role_own"), CUSTOM_ROLE),) if chosen == CUSTOM_ROLE else ()
    return (_DEFAULT, *own, *(Option(shorten(titles[one], TITLE_CHARS), one) for one in shown))


def _title(scope: str) -> Text:
    return Text(_TITLES[scope])


def _again(label: str, scope: str, chat_type: str) -> Button:
    text = "/settings chat" if scope == "chat" else "/settings"
    return Button.command(Text(label), text, chat=chat_type)
