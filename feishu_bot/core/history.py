"""Conversations as people remember them: whatever begins afresh is another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from feishu_bot.core.conversations import ConversationKey, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class PastConversation:
    """What one person remembers as a conversation: a turn without a parent, and all after it.

    `origin` is that turn's id, and `count` the number of turns in all branches, by whomever.
    `asked` is the person's own first turn, `asked_at` when they asked last, and `last` the newest
    turn, with an answer if any has one. `title` is the model's, empty where it made none. `found`
    is the newest turn of the person that a search was about.
    """

    origin: int
    key: ConversationKey
    asked: Turn
    asked_at: float
    last: Turn
    count: int
    title: str = ""
    found: Turn | None = None


class History(Protocol):
    """What a person has asked, by conversation. With a `chat_id` only what they asked there."""

    def newest(
        self, open_id: str, *, chat_id: str = "", limit: int, skip: int = 0
    ) -> list[PastConversation]:
        """Those that the person asked something in, the one they asked in last first."""

    def search(
        self, open_id: str, words: Sequence[str], *, chat_id: str = "", limit: int, skip: int = 0
    ) -> list[PastConversation]:
        """The same for those in which one of the person's own turns has all these words."""

    def find(self, open_id: str, origin: int, *, chat_id: str = "") -> PastConversation | None:
        """The one that began with this turn, if the person asked something in it."""

    def set_title(self, turn_id: int, title: str) -> None:
        """Name the conversation that began with this turn, unless it is forgotten."""
