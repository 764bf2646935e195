"""What is remembered about a person."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, Protocol

from feishu_bot.core.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is remembered about a person. An empty language is the bot's own.

    `private_chat` is their chat with the bot, empty as long as it isn't known. `favourite` is
    the model that they like best, empty for none.
    """

    open_id: str
    language: Language | Literal[""] = ""
    is_blocked: bool = False
    private_chat: str = ""
    favourite: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReport:
    """How many things about a person were deleted, by their sort."""

    turns: int = 0
    usage: int = 0
    feedback: int = 0
    settings: int = 0


class People(Protocol):
    """What is remembered about people."""

    def get(self, open_id: str) -> Person:
        """What is known; a person with nothing set for somebody new. Cached for a few seconds."""

    def set_language(self, open_id: str, language: Language | Literal[""]) -> None:
        """Speak to this person in that language from now on."""

    def set_favourite(self, open_id: str, model: str) -> None:
        """Answer this person with that model, where nobody chose another; empty for the bot's."""

    def block(self, open_id: str, *, blocked: bool) -> None:
        """Answer this person no more, or again."""

    def meet(self, open_id: str, private_chat: str = "") -> bool:
        """Note that the person knows the bot, and their chat with it where that is given.

        True the first time, over all processes.
        """

    def forget(self, open_id: str, *, keep_usage_since: float) -> ErasureReport:
        """Delete everything stored about a person.

        What stays: that they are blocked, and until tomorrow what they used since that time
        (seconds since the epoch), which counts against today's limits.
        """


class UserDirectory(Protocol):
    """What people are called."""

    def of(self, open_id: str) -> str:
        """The person's name, empty when it isn't known; takes a second at most."""

    def learn(self, open_id: str, name: str) -> None:
        """Somebody was called so in an event; used when there is nothing better."""


def pseudonym(open_id: str) -> str:
    """A name that is always the same for a person, for what outlives them in our tables."""
    return hashlib.sha256(open_id.encode("utf-8", "replace")).hexdigest()[:16]


def note_private_chat(people: People, open_id: str, chat_id: str) -> None:
    """Remember where a person's private chat is; a person who has one needs no greeting."""
    if chat_id and people.get(open_id).private_chat != chat_id:
        people.meet(open_id, chat_id)
