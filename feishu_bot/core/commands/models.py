"""/model: which model answers."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from feishu_bot.core.clicks import Click, Clicked, told
from feishu_bot.core.commands.buttons import command_button
from feishu_bot.core.commands.choices import DEFAULT, reach
from feishu_bot.core.commands.registry import Command, Request
from feishu_bot.core.models import Notice, ThreadKey
from feishu_bot.core.ports import Chats, Conversations, Models
from feishu_bot.core.views import Block, Button, Buttons, Option, Paragraph, Row, Say, Select, View
from feishu_bot.errors import ModelError

# More than a list on a phone holds well; the others are called by name.
MOST_SHOWN = 60
MOST_NEAREST = 4
_LIKENESS = 0.4


class ModelChoice:
    """The gateway's own list is asked for by the command; a click only stores."""

    def __init__(self, models: Models, conversations: Conversations, chats: Chats) -> None:
        self._models = models
        self._conversations = conversations
        self._chats = chats

    @property
    def commands(self) -> tuple[Command, ...]:
        return (Command(name="model", words=("/model", "模型", "/模型"), run=self.model),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {"model_set": self.set}

    def model(self, request: Request) -> View | Notice:
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
            return _unknown(request.argument, nearest(wanted, offered))
        self._conversations.save_settings(request.key, model=found)
        return _changed(request.key, found)

    def set(self, click: Click) -> Clicked:
        assert click.key is not None
        wanted = click.value("option")
        is_default = wanted == DEFAULT
        if not wanted or not (is_default or self._models.allows(wanted)):
            return told("model_gone", gravity="warning")
        self._conversations.save_settings(click.key, model="" if is_default else wanted)
        chats = self._chats.settings(click.key.chat_id).model
        toast = told("model_set", gravity="success").toast
        return Clicked(toast=toast, view=_changed(click.key, chats if is_default else wanted))

    def _list(self, key: ThreadKey, offered: tuple[str, ...]) -> View:
        default = self._chats.settings(key.chat_id).model or own_choice(self._models)
        own = self._conversations.load(key).model
        blocks: list[Block] = [Row(Say("model_now"), own or default or Say("model_default"))]
        if offered:
            select = Select(
                options=model_options(offered, own, default),
                placeholder=Say("model_choose"),
                value={"act": "model_set"},
                chosen=own or DEFAULT,
            )
            blocks.append(select)
        else:
            blocks.append(Paragraph(Say("model_none")))
        if len(offered) > MOST_SHOWN:
            counts = {"shown": str(MOST_SHOWN), "count": str(len(offered))}
            blocks.append(Paragraph(Say("model_more", counts), is_small=True))
        return View(title=Say("model_title"), icon="🧠", blocks=(*blocks, reach(key)))


def own_choice(models: Models) -> str:
    """The bot's own model; empty when it can't be told now."""
    try:
        return models.default()
    except ModelError:
        return ""


def model_options(offered: tuple[str, ...], own: str, default: str) -> tuple[Option, ...]:
    """The default, then the first of those offered; the chosen one is among them."""
    first = Say("model_default_named", {"model": default}) if default else Say("model_default")
    shown = offered[:MOST_SHOWN]
    if own and own not in shown:
        shown = (own, *shown[: MOST_SHOWN - 1])
    return (Option(first, DEFAULT), *(Option(name, name) for name in shown))


def nearest(wanted: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Up to four names that hold the word, or are like it."""
    holding = [name for name in offered if wanted in name.casefold()]
    folded = {name.casefold(): name for name in offered}
    alike = difflib.get_close_matches(wanted, folded, MOST_NEAREST, _LIKENESS)
    names = dict.fromkeys((*holding, *(folded[name] for name in alike)))
    return tuple(names)[:MOST_NEAREST]


def _unknown(name: str, names: tuple[str, ...]) -> View:
    blocks: list[Block] = [Paragraph(Say("model_unknown", {"name": name}))]
    buttons = [Button(label=near, value={"act": "model_set", "option": near}) for near in names]
    if buttons:
        blocks.append(Paragraph(Say("model_nearest"), is_small=True))
    buttons.append(command_button(Say("model_title"), "/model"))
    return View(
        title=Say("model_title"),
        icon="🧠",
        colour="orange",
        blocks=(*blocks, Buttons(tuple(buttons))),
    )


def _changed(key: ThreadKey, name: str) -> View:
    return View(
        title=Say("model_set"),
        icon="🧠",
        colour="green",
        blocks=(
            Row(Say("model_now"), name or Say("model_default")),
            reach(key),
            Buttons((command_button(Say("button_change"), "/model"),)),
        ),
    )
