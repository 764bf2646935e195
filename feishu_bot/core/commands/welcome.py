"""The first words: to a group that the bot was added to, and to a person who opens its chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Block, Button, Buttons, Card, Paragraph, Text
from feishu_bot.core.commands.buttons import command_button
from feishu_bot.core.commands.registry import Command, Commands
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import ChatJoined, IncomingMessage
from feishu_bot.core.people import People
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import QueuedTask


class Welcome:
    """The card with the three most useful things to try, and what is pressed on it.

    `example` is a first question in each language; `misses_messages` says whether the bot was to
    answer everything in groups, but isn't given it.
    """

    def __init__(
        self,
        all_commands: Commands,
        enqueuer: Enqueuer,
        people: People,
        *,
        example: Mapping[Language, str],
        answers_all: bool,
        misses_messages: Callable[[], bool] = lambda: False,
    ) -> None:
        self._all = all_commands
        self._enqueuer = enqueuer
        self._people = people
        self._example = example
        self._answers_all = answers_all
        self._misses_messages = misses_messages

    @property
    def commands(self) -> tuple[Command, ...]:
        return ()

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {"example": self.ask_example}

    def arrive(self, arrival: ChatJoined) -> None:
        """The bot came to a group, or a person to the bot, who is greeted once."""
        person = arrival.person.open_id
        is_private = arrival.chat_type == "p2p"
        if is_private and self._people.get(person).private_chat:
            return
        once = f"welcome:{person if is_private else arrival.event_id}"
        message = IncomingMessage(
            message_id="",
            chat_id=arrival.chat_id,
            chat_type=arrival.chat_type,
            sender=arrival.person,
            kind="text",
        )
        event = QueuedTask(
            event_id=arrival.event_id,
            dedupe_id=once,
            kind="welcome",
            key=ConversationKey(arrival.chat_id, once),
            message=message,
        )
        self._enqueuer.put_event(event)
        if is_private:
            # Last, so that a greeting that could not be stored is made at the next opening.
            self._people.meet(person, arrival.chat_id)

    def card(self, message: IncomingMessage) -> Card:
        """The greeting for the chat of this message."""
        is_group = message.chat_type == "group"
        blocks: list[Block] = [
            Paragraph(Text(self._how_to_ask(is_group))),
            Buttons(self._buttons()),
        ]
        if is_group and self._answers_all and self._misses_messages():
            blocks.append(Paragraph(Text("welcome_scope_missing"), is_small=True))
        return Card(
            title=Text("welcome_group_title" if is_group else "welcome_title"),
            icon="👋",
            blocks=tuple(blocks),
        )

    def ask_example(self, click: CardClick) -> ClickResponse:
        """Ask the question that stands on the button, in the language of who pressed it."""
        question = self._example[click.language]
        self._enqueuer.put(click, "command", question)
        return toast("command_started", command=question)

    def _how_to_ask(self, is_group: bool) -> str:
        if not is_group:
            return "welcome_private"
        hears_all = self._answers_all and not self._misses_messages()
        return "welcome_group_all" if hears_all else "welcome_group"

    def _buttons(self) -> tuple[Button, ...]:
        ask = Button(label=Text("welcome_example"), value={"act": "example"}, style="primary")
        words = {command.name: command.words[0] for command in self._all}
        others = (
            command_button(Text(label), words[name])
            for name, label in (("roles", "welcome_roles"), ("help", "welcome_help"))
            if name in words
        )
        return (ask, *others)


def menu_command(all_commands: Commands, entry: str) -> str:
    """What an entry of the bot's menu says: its command, by name or word, or else /help."""
    wanted = entry.strip().lower().lstrip("/")
    for command in all_commands:
        if wanted == command.name or wanted in (word.lstrip("/") for word in command.words):
            return command.words[0]
    return "/help"
