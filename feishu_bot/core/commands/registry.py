"""Commands by their words, and what a text asks for."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from feishu_bot.core.card_actions import CardClick, ClickResponse
from feishu_bot.core.cards import Card
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import IncomingMessage, Mention, Sender
from feishu_bot.core.messenger import File
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import (
    AskQuestion,
    QueuedTask,
    Regenerate,
    RunCommand,
    SuggestCommand,
)

Method = TypeVar("Method", bound=Callable[..., Any])

# What may be a misspelt command; `/etc/hosts` and `/2` are part of a question.
_LIKE_A_COMMAND = re.compile(r"/[^\W\d][\w-]{0,30}\Z")
_SIMILARITY = 0.6
# What a Chinese keyboard writes for a slash, and signs that look like one.
_SLASHES = ("/", "／", "、", "⁄", "∕")
# Clients and copied texts leave characters behind that nobody sees: zero-width ones, marks of
# direction and of byte order, variation selectors, fillers.
_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\x00-\x08\x0e-\x1b\x7f"
)
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_UNSEEN_BEFORE = re.compile(rf"\A[\s{_INVISIBLE}]+")
# Behind a word; the end of an emoji may be a joiner or a selector.
_UNSEEN_AFTER = re.compile(
    rf"(?:[\s\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff]+|\A[\s{_INVISIBLE}]+)\Z"
)


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
CommandResult = Card | Notice | File | Regenerate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`name` is for logs and texts (`command_<name>`); `words` call it, the first one in help.

    A word without a slash counts only when it stands alone, or when the command takes an argument:
    else it is the beginning of a question. `for_admins` ones are shown to and obey admins only.

    With `targets_latest` a plain message in a private chat is about the chat's newest conversation,
    where it would open one of its own. `on_receive` is called as soon as the message comes in,
    before those it waits for; what it returns becomes the context's `data`.
    """

    name: str
    words: tuple[str, ...]
    run: Callable[[CommandContext], CommandResult]
    takes_argument: bool = False
    for_admins: bool = False
    targets_latest: bool = False
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
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        """By the `act` of a button's value."""
        return {
            method.act: getattr(self, name)
            for name, method in vars(type(self)).items()
            if hasattr(method, "act")
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


def action(act: str) -> Callable[[Method], Method]:
    """Mark the method that handles the clicks on buttons with this `act`."""

    def mark(method: Method) -> Method:
        vars(method)["act"] = act
        return method

    return mark


class Commands:
    """All commands. Raises ValueError when two have the same word, or two groups the same act."""

    def __init__(self, groups: Iterable[CommandGroup]) -> None:
        self._by_name: dict[str, Command] = {}
        self._by_word: dict[str, Command] = {}
        self.actions: dict[str, Callable[[CardClick], ClickResponse]] = {}
        for group in groups:
            for command in group.commands:
                self._by_name[command.name] = command
                for word in command.words:
                    if word.lower() in self._by_word:
                        raise ValueError(f"two commands are called {word}")
                    self._by_word[word.lower()] = command
            for act, handler in group.actions.items():
                if act in self.actions:
                    raise ValueError(f"two groups handle {act}")
                self.actions[act] = handler

    def __iter__(self) -> Iterator[Command]:
        return iter(self._by_name.values())

    def find(self, name: str) -> Command | None:
        """The command of this name."""
        return self._by_name.get(name)

    def called(self, word: str) -> Command | None:
        """The command that this word calls, slash and all."""
        return self._by_word.get(word.lower())

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
        text = _UNSEEN_BEFORE.sub("", text).rstrip()
        if text.startswith(("//", "／／")):
            return AskQuestion(text=f"/{text[2:]}", message=message)
        # At any space: Chinese keyboards write a wide one.
        word, argument = (*text.split(maxsplit=1), "", "")[:2]
        word = self._typed(_UNSEEN.sub("", word))
        argument = _UNSEEN_AFTER.sub("", argument)
        command = self.called(word)
        if command and (word.startswith("/") or command.takes_argument or not argument):
            return RunCommand(
                name=command.name, argument=argument, message=message, data=data or {}
            )
        if _LIKE_A_COMMAND.match(word):
            return SuggestCommand(word=word, nearest=self._nearest(word.lower()), message=message)
        return AskQuestion(text=text, message=message)

    def _typed(self, word: str) -> str:
        """The word as it would be typed on an English keyboard, where that calls a command."""
        if word[:1] not in _SLASHES:
            return word
        plain = f"/{unicodedata.normalize('NFKC', word[1:])}"
        # `、` is also a comma: it counts only in front of a command that there is.
        return plain if word[0] != "、" or self.called(plain) else word

    def _nearest(self, word: str) -> str:
        slashed = [known for known in self._by_word if known.startswith("/")]
        return next(iter(difflib.get_close_matches(word, slashed, 1, _SIMILARITY)), "")
