"""The model that a person likes best: `/model 常用 …`, and buttons on the cards of /model."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Block, Button, Buttons, Card, Field, Paragraph, Text
from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.commands.model_search import find_model
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.model_names import similar_models
from feishu_bot.core.people import People

WORDS = frozenset(
    {"常用", "我的", "我的常用", "favourite", "favorite", "fav", "mine", "常用模型", "我的常用模型"}
)
_NONE = frozenset({"默认", "无", "取消", "不要", "default", "none", "off", "no", "-"})
# A model's name is shorter; what is longer was made up.
MAX_CHARS = 200


@dataclass(frozen=True)
class FavouriteModel(CommandGroup):
    """It answers wherever its person asks, unless the conversation or the chat has chosen one."""

    models: ModelCatalog
    people: People
    settings: EffectiveSettings

    def named(self, context: CommandContext, name: str) -> Card:
        """Take the model that is named; without a name, show the favourite."""
        person, is_private = context.sender.open_id, context.chat_type == "p2p"
        if not name:
            present = self.settings.of(context.key, asker=person).model
            return self._card(person, present, is_private=is_private)
        if name.casefold() in _NONE:
            self.people.set_favourite(person, "")
            return self._card(person, "", is_private=is_private)
        found = find_model(name, self.models)
        if not found:
            return _unknown(name, similar_models(name.casefold(), self.models.offered()))
        self.people.set_favourite(person, found)
        # It was named in front of all who read this.
        return _card([Field(Text("favourite_now"), found), *_drop(is_private)])

    @action("favourite_set", "option")
    def set(self, click: CardClick) -> ClickResponse:
        """Take the button's model as the favourite of who pressed it."""
        wanted = click.value("option")
        if not wanted or len(wanted) > MAX_CHARS or not self.models.allows(wanted):
            return toast("model_gone", "warning")
        self.people.set_favourite(click.action.operator.open_id, wanted)
        return self._done(click, "favourite_set", wanted)

    @action("favourite_drop")
    def drop(self, click: CardClick) -> ClickResponse:
        """Have no favourite any more."""
        self.people.set_favourite(click.action.operator.open_id, "")
        return self._done(click, "favourite_dropped", "")

    def blocks(self, person: str, present: str, *, is_private: bool) -> list[Block]:
        """What a card of /model says of the favourite, where `present` is the model in force.

        In a group everyone reads the card: there it offers, and tells nothing of anybody.
        """
        favourite = self.people.get(person).favourite if is_private else ""
        if favourite and favourite == present:
            return [Field(Text("favourite_now"), favourite), *_drop(is_private)]
        blocks: list[Block] = [Field(Text("favourite_now"), favourite)] if favourite else []
        if present:
            label = Text("button_favourite_set")
            blocks.append(Buttons((Button.of(label, "favourite_set", option=present),)))
        return blocks

    def _done(self, click: CardClick, kind: str, model: str) -> ClickResponse:
        done = toast(kind, "success", model=model)
        if click.chat_type != "p2p":
            return done
        return done.with_card(self._card(click.action.operator.open_id, model, is_private=True))

    def _card(self, person: str, present: str, *, is_private: bool) -> Card:
        blocks = self.blocks(person, present, is_private=is_private)
        if not self.people.get(person).favourite:
            blocks.insert(0, Field(Text("favourite_now"), Text("favourite_none")))
        return _card(blocks)


def _card(blocks: list[Block]) -> Card:
    means = Paragraph(Text("favourite_means"), is_small=True)
    blocks = [*blocks, means]
    return Card(title=Text("favourite_title"), icon="⭐", colour="green", blocks=tuple(blocks))


def _drop(is_private: bool) -> list[Block]:
    button = Button.of(Text("button_favourite_drop"), "favourite_drop")
    return [Buttons((button,))] if is_private else []


def _unknown(name: str, names: tuple[str, ...]) -> Card:
    blocks: list[Block] = [Paragraph(Text("model_unknown", {"name": name}))]
    if names:
        buttons = tuple(Button.of(near, "favourite_set", option=near) for near in names)
        blocks += [Paragraph(Text("model_nearest"), is_small=True), Buttons(buttons)]
    return Card(title=Text("favourite_title"), icon="⭐", colour="orange", blocks=tuple(blocks))
