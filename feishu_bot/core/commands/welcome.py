"""The first words: to a group that the bot was added to, and to a person who opens its chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Block, Button, Buttons, Card, Paragraph, Text
from feishu_bot.core.commands.help import how_to_go_on
from feishu_bot.core.commands.registry import CommandGroup, Commands, action
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import ChatJoined
from feishu_bot.core.people import People, pseudonym
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import AskQuestion, Greet


@dataclass(frozen=True)
class Welcome(CommandGroup):
    """The card with the three most useful things to try, and what is pressed on it.

    With `is_running` a private chat is one running conversation.
    `example` is a first question in each language; `misses_messages` says whether the bot was to
    answer everything in groups, but isn't given it.
    """

    enqueuer: Enqueuer
    people: People
    _: KW_ONLY
    example: Mapping[Language, str]
    is_running: bool
    answers_all: bool
    misses_messages: Callable[[], bool] = lambda: False

    def join(self, joined: ChatJoined) -> None:
        """Greet a group, or a person, who is greeted once."""
        person, is_private = joined.person.open_id, joined.chat_type == "p2p"
        if is_private and self.people.get(person).private_chat:
            return
        once = f"welcome:{pseudonym(person) if is_private else joined.event_id}"
        self.enqueuer.enqueue(
            QueuedTask(
                event_id=joined.event_id,
                dedupe_id=once,
                key=ConversationKey(joined.chat_id, once),
                target=ReplyTarget(
                    message_id="",
                    chat_id=joined.chat_id,
                    chat_type=joined.chat_type,
                    sender=joined.person,
                ),
                task=Greet(),
            )
        )
        if is_private:
            # Last, so that a greeting that could not be stored is made at the next opening.
            self.people.meet(person, joined.chat_id)

    def card(self, target: ReplyTarget, commands: Commands) -> Card:
        """The greeting for a chat."""
        is_group = not target.is_private
        misses_messages = is_group and self.answers_all and self.misses_messages()
        hears_all = is_group and self.answers_all and not misses_messages
        ask = "welcome_group_all" if hears_all else "welcome_group"
        go_on = how_to_go_on(
            target.chat_type or "", is_running=self.is_running, hears_all=hears_all
        )
        blocks: list[Block] = [
            Paragraph(Text(ask if is_group else "welcome_private")),
            Paragraph(Text(go_on)),
            Paragraph(Text("welcome_try")),
            _buttons(commands, is_private=not is_group),
        ]
        if misses_messages:
            blocks.append(Paragraph(Text("welcome_scope_missing"), is_small=True))
        title = Text("welcome_group_title" if is_group else "welcome_title")
        return Card(title=title, icon="👋", blocks=tuple(blocks))

    @action("example")
    def ask_example(self, click: CardClick) -> ClickResponse:
        """Ask the question that stands on the button, in the language of who pressed it."""
        question = self.example[click.language]
        self.enqueuer.enqueue_click(click, AskQuestion(text=question))
        return toast("command_started", command=question)


def _buttons(commands: Commands, *, is_private: bool) -> Buttons:
    ask = Button.of(Text("welcome_example"), "example", style="primary")
    words = {command.name: command.words[0] for command in commands}
    labels = {"roles": "welcome_roles", "help": "welcome_help"}
    if is_private:
        # A group's cards are in the language of each reader's Feishu.
        labels["lang"] = "button_lang"
    others = (
        Button.command(Text(label), words[name]) for name, label in labels.items() if name in words
    )
    return Buttons((ask, *others))
