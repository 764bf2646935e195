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
    command_button,
)
from feishu_bot.core.chats import ThreadChoice
from feishu_bot.core.commands.lang import LANGUAGE_NAMES
from feishu_bot.core.commands.mode import mode_label, mode_options, scope_hint
from feishu_bot.core.commands.model import DEFAULT, model_options
from feishu_bot.core.commands.role_cards import TITLE_CHARS, role_label
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.languages import Language
from feishu_bot.core.roles import Role
from feishu_bot.core.text import shorten

# Besides as many models, what a card of 30 KB holds in any language.
MAX_ROLES = 60
# The prompt of a conversation that is no role of the list: to be kept, not to be chosen.
CUSTOM_ROLE = "="
THREADS: Mapping[str, ThreadChoice] = {"always": "always", "never": "never"}
LANGUAGES: Mapping[str, Language] = {"zh": "zh", "en": "en"}

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSettings:
    """What holds after all; empty means the bot's own."""

    model: str
    prompt: str
    role_title: str
    mode: str
    thread: str
    language: str


def form_card(card: SettingsForm, *, offers_chat: bool) -> Card:
    """The form of a scope; `offers_chat` adds the way to the chat's own."""
    is_chat = card.scope == "chat"
    was = dict(card.was)
    if not card.offered:
        was.pop("model")
    options = _options(card)
    labels = {
        "model": "settings_model",
        "role": "settings_role",
        "mode": "settings_mode",
        "thread": "settings_thread",
        "language": "settings_language" if is_chat else "settings_own_language",
    }
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
            label=Text(labels[name]),
            options=options[name],
            placeholder=Text("settings_choose"),
            chosen=chosen,
        )
        for name, chosen in was.items()
    )
    submit = Button(label=Text("settings_save"), value=value, style="primary")
    hint = Text("settings_reaches_chat" if is_chat else "settings_reaches_talk")
    blocks: list[Block] = [Paragraph(hint, is_small=True)]
    if not card.offered:
        blocks.append(Paragraph(Text("settings_no_models"), is_small=True))
    blocks.append(Form(name="settings", fields=fields, submit=submit))
    if offers_chat:
        button = _again("button_settings_chat", "chat", card.chat_type)
        blocks.append(Buttons((button,)))
    title = Text("settings_chat_title" if is_chat else "settings_title")
    return Card(title=title, icon="⚙️", blocks=tuple(blocks))


def summary_card(
    key: ConversationKey, holding: ActiveSettings, *, scope: str, chat_type: str
) -> Card:
    """What holds now, with the way back to the form."""
    is_chat = scope == "chat"
    blocks: list[Block] = [
        Field(Text("settings_model"), holding.model or Text("model_default")),
        Field(Text("settings_role"), role_label(holding.prompt, holding.role_title)),
        Field(Text("settings_mode"), mode_label(holding.mode)),
        Field(Text("settings_thread"), _thread(holding.thread)),
        Field(Text("settings_language"), _language(holding.language)),
    ]
    if not is_chat:
        blocks.append(scope_hint(key))
    blocks.append(Buttons((_again("button_change", scope, chat_type),)))
    title = Text("settings_chat_title" if is_chat else "settings_title")
    return Card(title=title, icon="⚙️", colour="green", blocks=tuple(blocks))


def _options(card: SettingsForm) -> dict[str, tuple[Option, ...]]:
    chosen = card.was["model"] if card.was["model"] != DEFAULT else ""
    return {
        "model": model_options(card.offered, chosen, card.default_model),
        "role": _role_options(card.roles, card.was["role"]),
        "mode": (_DEFAULT, *mode_options()),
        "thread": (_DEFAULT, *(Option(_thread(choice), choice) for choice in THREADS)),
        "language": (_DEFAULT, *(Option(_language(one), one) for one in LANGUAGES)),
    }


def _role_options(roles: tuple[Role, ...], chosen: str) -> tuple[Option, ...]:
    # A role with two tags is in two categories.
    titles = {role.id: role.title for role in roles}
    shown = list(titles)[:MAX_ROLES]
    if chosen in titles and chosen not in shown:
        shown[-1] = chosen
    own = (Option(Text("role_own"), CUSTOM_ROLE),) if chosen == CUSTOM_ROLE else ()
    return (_DEFAULT, *own, *(Option(shorten(titles[one], TITLE_CHARS), one) for one in shown))


def _thread(choice: str) -> Label:
    return Text(f"thread_{choice}") if choice in THREADS else Text("settings_default")


def _language(language: str) -> Label:
    return (
        LANGUAGE_NAMES[LANGUAGES[language]] if language in LANGUAGES else Text("settings_default")
    )


def _again(label: str, scope: str, chat_type: str) -> Button:
    text = "/settings chat" if scope == "chat" else "/settings"
    return command_button(Text(label), text, chat=chat_type)
