"""/model: which model answers."""

from __future__ import annotations

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
from feishu_bot.core.commands import favourite
from feishu_bot.core.commands.favourite import FavouriteModel
from feishu_bot.core.commands.mode import reach_hint
from feishu_bot.core.commands.model_search import find_model
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.model_names import similar_models
from feishu_bot.errors import ModelError

# An option needs a value; no model, role or mode is called so.
DEFAULT = "-"
# More than a list on a phone holds well; the others are called by name.
MAX_MODELS = 60


@dataclass(frozen=True)
class ModelCommands(CommandGroup):
    """The gateway's own list is asked for by the command; a click only stores."""

    models: ModelCatalog
    choices: Choices
    settings: EffectiveSettings
    favourite: FavouriteModel

    @command("model", "/model", "模型", "/模型")
    def model(self, context: CommandContext) -> Card:
        """Show the list, or take the model that is named, here or as a favourite."""
        person, is_private = context.sender.open_id, context.chat_type == "p2p"
        word, name = (*context.argument.split(maxsplit=1), "", "")[:2]
        if word.casefold() in favourite.WORDS:
            return self.favourite.named(context, name)
        offered = self.models.offered()
        if not context.argument:
            return self._list(context.key, person, offered, is_private=is_private)
        found = find_model(context.argument, self.models)
        if not found:
            similar = similar_models(context.argument.casefold(), offered)
            return _unknown(context.argument, similar)
        return self._change(context.key, person, found, is_private=is_private)

    @action("model_set", "option")
    def set(self, click: CardClick) -> ClickResponse:
        """Take the model that was chosen, or the default again."""
        wanted = click.value("option")
        is_default = wanted == DEFAULT
        if not wanted or not (is_default or self.models.allows(wanted)):
            return toast("model_gone", "warning")
        model, is_private = "" if is_default else wanted, click.chat_type == "p2p"
        person = click.action.operator.open_id
        card = self._change(click.key, person, model, is_private=is_private)
        return toast("model_set", "success").with_card(card)

    def _change(self, key: ConversationKey, open_id: str, model: str, *, is_private: bool) -> Card:
        self.choices.save(key, open_id, model=model)
        in_force = self.settings.of(key, asker=open_id).model
        now = Field(Text("model_now"), in_force or Text("model_default"))
        change = Buttons((Button.command(Text("button_change"), "/model"),))
        reach = reach_hint(for_chat=self.choices.reach_chat(key, open_id))
        more = self.favourite.blocks(open_id, in_force, is_private=is_private)
        blocks = (now, reach, change, *more)
        return Card(title=Text("model_set"), icon="🧠", colour="green", blocks=blocks)

    def _list(
        self, key: ConversationKey, open_id: str, offered: tuple[str, ...], *, is_private: bool
    ) -> Card:
        layers = self.settings.of(key, asker=open_id)
        for_chat = self.choices.reach_chat(key, open_id)
        chats = layers.chat.model
        own = layers.conversation.model or (chats if for_chat else "")
        default = ("" if for_chat else chats) or layers.favourite or default_model(self.models)
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
        blocks += self.favourite.blocks(open_id, own or default, is_private=is_private)
        return Card(title=Text("model_title"), icon="🧠", blocks=tuple(blocks))


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


def _unknown(name: str, names: tuple[str, ...]) -> Card:
    blocks: list[Block] = [Paragraph(Text("model_unknown", {"name": name}))]
    buttons = [Button.of(near, "model_set", option=near) for near in names]
    if buttons:
        blocks.append(Paragraph(Text("model_nearest"), is_small=True))
    buttons.append(Button.command(Text("model_title"), "/model"))
    blocks.append(Buttons(tuple(buttons)))
    return Card(title=Text("model_title"), icon="🧠", colour="orange", blocks=tuple(blocks))
