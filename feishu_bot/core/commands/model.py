"""/model: which model answers."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

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
from feishu_bot.core.choices import Choices
from feishu_bot.core.commands.mode import reach_hint
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.model_names import same_model
from feishu_bot.errors import ModelError

# An option needs a value; no model, role or mode is called so.
DEFAULT = "-"
# More than a list on a phone holds well; the others are called by name.
MAX_MODELS = 60
MAX_SUGGESTIONS = 4
_SIMILARITY = 0.4


@dataclass(frozen=True)
class ModelCommands(CommandGroup):
    """The gateway's own list is asked for by the command; a click only stores."""

    models: ModelCatalog
    choices: Choices
    settings: EffectiveSettings

    @command("model", "/model", "模型", "/模型")
    def model(self, context: CommandContext) -> Card:
        """Show the list, or take the model that is named."""
        offered = self.models.offered()
        if not context.argument:
            return self._list(context.key, context.sender.open_id, offered)
        found = find_model(context.argument, self.models)
        if not found:
            similar = similar_models(context.argument.casefold(), offered)
            return _unknown(context.argument, similar)
        return self._change(context.key, context.sender.open_id, found)

    @action("model_set")
    def set(self, click: CardClick) -> ClickResponse:
        """Take the model that was chosen, or the default again."""
        wanted = click.value("option")
        is_default = wanted == DEFAULT
        if not wanted or not (is_default or self.models.allows(wanted)):
            return toast("model_gone", "warning")
        model = "" if is_default else wanted
        card = self._change(click.key, click.action.operator.open_id, model)
        return toast("model_set", "success").with_card(card)

    def _change(self, key: ConversationKey, open_id: str, model: str) -> Card:
        self.choices.save(key, open_id, model=model)
        now = Field(Text("model_now"), self.settings.of(key).model or Text("model_default"))
        change = Buttons((Button.command(Text("button_change"), "/model"),))
        reach = reach_hint(for_chat=self.choices.reach_chat(key, open_id))
        blocks = (now, reach, change)
        return Card(title=Text("model_set"), icon="🧠", colour="green", blocks=blocks)

    def _list(self, key: ConversationKey, open_id: str, offered: tuple[str, ...]) -> Card:
        layers = self.settings.of(key)
        for_chat = self.choices.reach_chat(key, open_id)
        own = layers.model if for_chat else layers.conversation.model
        default = ("" if for_chat else layers.chat.model) or default_model(self.models)
        blocks: list[Block] = [Field(Text("model_now"), own or default or Text("model_default"))]
        if offered:
            options = model_options(offered, own, default)
            choose = Text("model_choose")
            blocks.append(Select.of(choose, "model_set", options, chosen=own or DEFAULT))
        else:
            blocks.append(Paragraph(Text("model_none")))
        if len(offered) > MAX_MODELS:
            counts = {"shown": str(MAX_MODELS), "count": str(len(offered))}
            blocks.append(Paragraph(Text("model_more", counts), is_small=True))
        blocks.append(reach_hint(for_chat=for_chat))
        return Card(title=Text("model_title"), icon="🧠", blocks=tuple(blocks))


def find_model(name: str, models: ModelCatalog) -> str:
    """The model of this name as it is offered; empty when it isn't.

    Letter case doesn't matter, nor the vendor and the date in a name. Where there is no list of
    models, the name is taken unseen. Raises ModelError as `ModelCatalog.offered`.
    """
    offered = models.offered()
    if not offered and models.allows(name):
        return name
    return same_model(name, offered)


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
    buttons = [Button.of(near, "model_set", option=near) for near in names]
    if buttons:
        blocks.append(Paragraph(Text("model_nearest"), is_small=True))
    buttons.append(Button.command(Text("model_title"), "/model"))
    blocks.append(Buttons(tuple(buttons)))
    return Card(title=Text("model_title"), icon="🧠", colour="orange", blocks=tuple(blocks))
