"""Commands by their words, and what a message asks for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from feishu_bot.core.card_actions import CardClick, ClickResponse
from feishu_bot.core.cards import Card
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.messenger import File
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import Regenerate

# What may be a misspelt command; `/etc/hosts` and `/2` are part of a question.
_LIKE_A_COMMAND = re.compile(r"/[^\W\d][\w-]{0,30}\Z")
_LIKENESS = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """One use of a command. `argument` is what stands behind its name."""

    message: IncomingMessage
    key: ConversationKey
    argument: str
    language: Language
    is_admin: bool

    @property
    def is_typed(self) -> bool:
        """Whether it was written, and not pressed on a card."""
        return "chat" not in self.message.action

    @property
    def chat_type(self) -> str:
        """p2p or group; empty when a button was pressed that doesn't tell."""
        return str(self.message.action.get("chat", self.message.chat_type))


# What a command comes to. None means that it has nothing more to say.
CommandResult = Card | Notice | File | Regenerate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`name` is for logs and texts (`command_<name>`); `words` call it, the first one in help.

    A word without a slash counts only when it stands alone, or when the command takes something:
    else it is the beginning of a question. `for_admins` ones are shown to and obey admins only.

    With `targets_latest` a plain message in a private chat is about the chat's newest conversation,
    where it would open one of its own. `on_receive` is called as soon as the message comes in,
    before those it waits behind; what it returns becomes the message's `action`.
    """

    name: str
    words: tuple[str, ...]
    run: Callable[[CommandContext], CommandResult]
    takes_argument: bool = False
    for_admins: bool = False
    targets_latest: bool = False
    on_receive: Callable[[CommandContext], Mapping[str, Any]] | None = None


class CommandGroup(Protocol):
    """Commands that belong together, and what is pressed on their cards."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """In the order of help."""

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        """By the `act` of a button's value."""


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A message calls a command."""

    command: Command
    argument: str


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    """A message looks like a command and is none. `nearest` may be empty."""

    word: str
    nearest: str


@dataclass(frozen=True, slots=True)
class Question:
    """A message is for the model."""

    text: str


class Commands:
    """All commands. Raises ValueError when two have the same word, or two families the same act."""

    def __init__(self, families: Iterable[CommandGroup]) -> None:
        self._commands: list[Command] = []
        self._by_word: dict[str, Command] = {}
        self.actions: dict[str, Callable[[CardClick], ClickResponse]] = {}
        for family in families:
            self.add(family)

    def add(self, family: CommandGroup) -> None:
        for command in family.commands:
            self._commands.append(command)
            for word in command.words:
                if word.lower() in self._by_word:
                    raise ValueError(f"two commands are called {word}")
                self._by_word[word.lower()] = command
        for act, handler in family.actions.items():
            if act in self.actions:
                raise ValueError(f"two families know {act}")
            self.actions[act] = handler

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands)

    def read(self, text: str) -> CommandCall | UnknownCommand | Question:
        """What a message asks for. `//word` is a question that begins with a slash."""
        text = text.strip()
        if text.startswith("//"):
            return Question(text[1:])
        # At any blank: Chinese keyboards write a wide one.
        word, argument = (*text.split(maxsplit=1), "", "")[:2]
        command = self._by_word.get(word.lower())
        if command and (word.startswith("/") or command.takes_argument or not argument):
            return CommandCall(command, argument)
        if _LIKE_A_COMMAND.match(word):
            return UnknownCommand(word, self._nearest(word.lower()))
        return Question(text)

    def _nearest(self, word: str) -> str:
        slashed = [known for known in self._by_word if known.startswith("/")]
        return next(iter(difflib.get_close_matches(word, slashed, 1, _LIKENESS)), "")
