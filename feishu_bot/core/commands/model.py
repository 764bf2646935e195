"""/model: which model answers."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import (
    Block,
    Button,
    Buttons,
    Card,
    Field,
    Option,
    Paragraph,
    Select,
    Text,
)
from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.chats import Chats
from feishu_bot.core.commands.buttons import command_button
from feishu_bot.core.commands.registry import Command, CommandContext
from feishu_bot.core.commands.setting_options import DEFAULT, scope_hint
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.notices import Notice
from feishu_bot.errors import ModelError

# More than a list on a phone holds well; the others are called by name.
MAX_MODELS = 60
MAX_SUGGESTIONS = 4
_SIMILARITY = 0.4


class ModelCommands:
    """The gateway's own list is asked for by the command; a click only stores."""

    def __init__(self, models: ModelCatalog, conversations: Conversations, chats: Chats) -> None:
        self._models = models
        self._conversations = conversations
        self._chats = chats

    @property
    def commands(self) -> tuple[Command, ...]:
        return (Command(name="model", words=("/model", "模型", "/模型"), run=self.model),)

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {"model_set": self.set}

    def model(self, request: CommandContext) -> Card | Notice:
        """Show the list, or take the model that is named."""
        try:
            offered = self._models.offered()
        except ModelError as exc:
            return Notice(exc.kind, {"request_id": exc.request_id})
        if not request.argument:
            return self._list(request.key, offered)
        wanted = request.argument.casefold()
        exact = (name for name in offered if name == request.argument)
        found = next(exact, next((name for name in offered if name.casefold() == wanted), ""))
        if not found:
            return _unknown(request.argument, similar_models(wanted, offered))
        self._conversations.save_settings(request.key, model=found)
        return _changed(request.key, found)

    def set(self, click: CardClick) -> ClickResponse:
        assert click.key is not None
        wanted = click.value("option")
        is_default = wanted == DEFAULT
        if not wanted or not (is_default or self._models.allows(wanted)):
            return toast("model_gone", severity="warning")
        self._conversations.save_settings(click.key, model="" if is_default else wanted)
        chats = self._chats.settings(click.key.chat_id).model
        shown = toast("model_set", severity="success").toast
        return ClickResponse(toast=shown, view=_changed(click.key, chats if is_default else wanted))

    def _list(self, key: ConversationKey, offered: tuple[str, ...]) -> Card:
        default = self._chats.settings(key.chat_id).model or default_model(self._models)
        own = self._conversations.load(key).model
        blocks: list[Block] = [Field(Text("model_now"), own or default or Text("model_default"))]
        if offered:
            select = Select(
                options=model_options(offered, own, default),
                placeholder=Text("model_choose"),
                value={"act": "model_set"},
                chosen=own or DEFAULT,
            )
            blocks.append(select)
        else:
            blocks.append(Paragraph(Text("model_none")))
        if len(offered) > MAX_MODELS:
            counts = {"shown": str(MAX_MODELS), "count": str(len(offered))}
            blocks.append(Paragraph(Text("model_more", counts), is_small=True))
        return Card(title=Text("model_title"), icon="🧠", blocks=(*blocks, scope_hint(key)))


def default_model(models: ModelCatalog) -> str:
    """The bot's own model; empty when it can't be told now."""
    try:
        return models.default()
    except ModelError:
        return ""


def model_options(offered: tuple[str, ...], own: str, default: str) -> tuple[Option, ...]:
    """The default, then the first of those offered; the chosen one is among them."""
    first = Text("model_default_named", {"model": default}) if default else Text("model_default")
    shown = offered[:MAX_MODELS]
    if own and own not in shown:
        shown = (own, *shown[: MAX_MODELS - 1])
    return (Option(first, DEFAULT), *(Option(name, name) for name in shown))


def similar_models(wanted: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Up to four names that hold the word, or are like it."""
    holding = [name for name in offered if wanted in name.casefold()]
    folded = {name.casefold(): name for name in offered}
    alike = difflib.get_close_matches(wanted, folded, MAX_SUGGESTIONS, _SIMILARITY)
    names = dict.fromkeys((*holding, *(folded[name] for name in alike)))
    return tuple(names)[:MAX_SUGGESTIONS]


def _unknown(name: str, names: tuple[str, ...]) -> Card:
    blocks: list[Block] = [Paragraph(Text("model_unknown", {"name": name}))]
    buttons = [Button(label=near, value={"act": "model_set", "option": near}) for near in names]
    if buttons:
        blocks.append(Paragraph(Text("model_nearest"), is_small=True))
    buttons.append(command_button(Text("model_title"), "/model"))
    return Card(
        title=Text("model_title"),
        icon="🧠",
        colour="orange",
        blocks=(*blocks, Buttons(tuple(buttons))),
    )


def _changed(key: ConversationKey, name: str) -> Card:
    return Card(
        title=Text("model_set"),
        icon="🧠",
        colour="green",
        blocks=(
            Field(Text("model_now"), name or Text("model_default")),
            scope_hint(key),
            Buttons((command_button(Text("button_change"), "/model"),)),
        ),
    )
