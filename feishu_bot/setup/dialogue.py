"""How the set-up speaks with the person: in a terminal or on a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from feishu_bot.core.languages import Words
from feishu_bot.errors import BotError

State = Literal["info", "ok", "warning", "fault"]
Kind = Literal["text", "secret", "choice"]


class GivenUp(BotError):
    """The person has ended the set-up."""


class NobodyToAsk(BotError):
    """An answer is needed, and neither an option nor a default gives it; names the option."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose."""

    value: str
    text: Words


@dataclass(frozen=True, slots=True)
class Question:
    """What the person is asked; `option` is how the command line takes the answer instead.

    A `secret` is not shown while it is typed. With a `default` an empty answer means that; without
    one only a person can answer.
    """

    name: str
    text: Words
    kind: Kind = "text"
    help: Words | None = None
    choices: tuple[Choice, ...] = ()
    default: str = ""
    option: str = ""


class Dialogue(Protocol):
    """One set-up's person. Each method may raise GivenUp."""

    def step(self, name: str, title: Words) -> None:
        """A new step begins."""

    def tell(self, state: State, text: Words, link: str = "") -> None:
        """Something has come out."""

    def show_link(self, url: str) -> None:
        """The link to scan; to be written to no log."""

    def hide_link(self) -> None:
        """It is of no use any more."""

    def ask(self, question: Question) -> str:
        """The answer. Raises NobodyToAsk."""

    def wait(self, seconds: float) -> bool:
        """Sleep; true where the person has given up."""
