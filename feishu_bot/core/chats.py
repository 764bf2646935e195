"""What is remembered about a chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, Unpack

from feishu_bot.core.conversations import SettingsChanges
from feishu_bot.core.languages import Language

ThreadChoice = Literal["", "always", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """What holds for every conversation of a chat; empty means the bot's own."""

    role: str = ""
    model: str = ""
    mode: str = ""
    reply_in_thread: ThreadChoice = ""
    language: Language | Literal[""] = ""


class ChatChanges(SettingsChanges, total=False):
    """The settings of a chat that are to change; an empty one goes back to the bot's own."""

    reply_in_thread: ThreadChoice
    language: Language | Literal[""]


class Chats(Protocol):
    """What is remembered about chats."""

    def settings(self, chat_id: str) -> ChatSettings:
        """The settings of a chat; empty ones for a chat that has none. Cached for a moment."""

    def save(self, chat_id: str, **changes: Unpack[ChatChanges]) -> None:
        """Change those settings that are given."""
