"""Commands by their words, and what a text asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from feishu_bot.core.card_actions import Action
from feishu_bot.core.cards import Card
from feishu_bot.core.commands.nearest import nearest
from feishu_bot.core.commands.spelling import (
    may_be_comma,
    plain,
    readings,
    split,
    trimmed,
    without_ending,
)
from feishu_bot.core.commands.synonyms import SYNONYMS
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import IncomingMessage, Mention, Sender
from feishu_bot.core.messenger import File
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import AskQuestion, Regenerate, RunCommand, SuggestCommand

Method = TypeVar("Method", bound=Callable[..., Any])

# What may be a misspelt command; `/etc/hosts` and `/2` are part of a question.
_LIKE_A_COMMAND = re.compile(r"/[^\W\d][\w-]{0,30}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """One use of a command. `argument` is the text after its name, `commands` are all there are."""

    task: QueuedTask
    argument: str
    data: Mapping[str, str]
    language: Language
    is_admin: bool
    commands: Commands

    @property
    def key(self) -> ConversationKey:
        """The conversation that the command is about."""
        return self.task.key

    @property
    def sender(self) -> Sender:
        """Who asks."""
        return self.task.target.sender

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Who is named with the command."""
        return self.task.message.mentions if self.task.message else ()

    @property
    def chat_type(self) -> str:
        """p2p or group; empty when a button was pressed that doesn't tell."""
        return self.task.target.chat_type or ""


# What a command comes to. None means that it has nothing more to say.
CommandResult = Card | Notice | File | AskQuestion | Regenerate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`name` is for logs and texts (`command_<name>`); `words` call it, the first one in help.

    A word without a slash counts only when it stands alone, or when the command takes an argument:
    else it is the beginning of a question. One that ends in a colon (`edit:`) counts in a reply,
    or in a thread, with what follows it. `for_admins` ones are shown to and obey admins only.

    One that `is_alias` is known from other bots, and not shown in help. With `targets_latest` a
    plain message in a private chat is about the chat's newest conversation, where it would open one
    of its own. `on_receive` is called as soon as the message comes in, before those it waits for;
    what it returns becomes the context's `data`. One that `is_for_all` obeys people who may not
    ask, too.
    """

    name: str
    words: tuple[str, ...]
    run: Callable[[CommandContext], CommandResult]
    takes_argument: bool = False
    for_admins: bool = False
    targets_latest: bool = False
    is_alias: bool = False
    is_for_all: bool = False
    on_receive: Callable[[CommandContext], Mapping[str, str]] | None = None


class CommandGroup:
    """Commands that belong together, and what is pressed on their cards: the marked methods."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """In the order of help, which is that of the methods."""
        return tuple(
            Command(run=getattr(self, name), **self._bound(method.command))
            for name, method in vars(type(self)).items()
            if hasattr(method, "command")
        )

    @property
    def actions(self) -> Mapping[str, Action]:
        """By the `act` of a button's value."""
        return {
            method.action["act"]: Action(
                getattr(self, name), method.action["fills"], method.action["is_for_all"]
            )
            for name, method in vars(type(self)).items()
            if hasattr(method, "action")
        }

    def _bound(self, options: Mapping[str, Any]) -> dict[str, Any]:
        on_receive = options.get("on_receive")
        return {**options, "on_receive": on_receive and on_receive.__get__(self)}


def command(name: str, *words: str, **options: Any) -> Callable[[Method], Method]:
    """Mark the method that a command runs; `options` are those of Command."""

    def mark(method: Method) -> Method:
        vars(method)["command"] = {"name": name, "words": words, **options}
        return method

    return mark


def action(act: str, *fills: str, is_for_all: bool = False) -> Callable[[Method], Method]:
    """Mark the method that handles the clicks on buttons with this `act`.

    The other parameters are those of Action; a choice outside a form is filled in as `option`.
    """

    def mark(method: Method) -> Method:
        vars(method)["action"] = {"act": act, "fills": frozenset(fills), "is_for_all": is_for_all}
        return method

    return mark


class Commands:
    """All commands. Raises ValueError when two have the same word, or two groups the same act."""

    def __init__(self, groups: Iterable[CommandGroup]) -> None:
        self._by_name: dict[str, Command] = {}
        self._by_word: dict[str, Command] = {}
        self.actions: dict[str, Action] = {}
        for group in groups:
            for command in group.commands:
                self._by_name[command.name] = command
                for word in command.words:
                    if self.called(word):
                        raise ValueError(f"two commands are called {word}")
                    self._by_word[plain(word).lower()] = command
            for act, action in group.actions.items():
                if act in self.actions:
                    raise ValueError(f"two groups handle {act}")
                self.actions[act] = action
        self._suggestions = self._words_and_synonyms()

    def __iter__(self) -> Iterator[Command]:
        return iter(self._by_name.values())

    def find(self, name: str) -> Command | None:
        """The command of this name."""
        return self._by_name.get(name)

    def called(self, word: str) -> Command | None:
        """The command that this word calls, slash and all."""
        return self._by_word.get(plain(word).lower())

    def of_menu(self, entry: str) -> str:
        """The command of an entry of the bot's menu, by name or word, or else help."""
        wanted = entry.strip().lower().lstrip("/")
        for command in self:
            if wanted in (command.name, *(word.lstrip("/") for word in command.words)):
                return command.name
        return "help"

    def parse(
        self,
        text: str,
        message: IncomingMessage | None = None,
        data: Mapping[str, str] | None = None,
    ) -> AskQuestion | RunCommand | SuggestCommand:
        """What a text asks for. `//word` is a question that begins with a slash."""
        text = trimmed(text)
        if text.startswith(("//", "／／")):
            return AskQuestion(text=f"/{text[2:]}", message=message)
        is_reply = bool(message and (message.parent_id or message.thread_id))
        for word, argument, has_slash in readings(text):
            command = self.called(word)
            ends_in_colon = word.endswith(":")
            if command is None or (ends_in_colon and not is_reply):
                continue
            if has_slash or ends_in_colon or command.takes_argument or not argument:
                return RunCommand(
                    name=command.name, argument=argument, message=message, data=data or {}
                )
        word, argument = split(text)
        typed = plain(word) if argument else without_ending(plain(word))
        # After what may be a comma comes a word that nobody has heard of: a question.
        if _LIKE_A_COMMAND.match(typed) and not may_be_comma(word):
            return SuggestCommand(
                word=typed, nearest=self._nearest(typed), argument=argument, message=message
            )
        return AskQuestion(text=text, message=message)

    def _nearest(self, word: str) -> str:
        """The word to suggest in place of this one, slash and all; empty when none is like it."""
        return nearest(word[1:].lower(), self._suggestions)

    def _words_and_synonyms(self) -> dict[str, str]:
        known = {word[1:]: word for word in self._by_word if word[0] == "/" and len(word) > 2}
        for name, synonyms in SYNONYMS.items():
            slashed = [word for word in self._words_of(name) if word.startswith("/")]
            for synonym in synonyms.split() if slashed else ():
                alike = (word for word in slashed if word.isascii() == synonym.isascii())
                known.setdefault(synonym, next(alike, slashed[0]))
        return known

    def _words_of(self, name: str) -> tuple[str, ...]:
        command = self.find(name)
        return command.words if command else ()
