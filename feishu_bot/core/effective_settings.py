"""Which language to speak to whom."""

from __future__ import annotations

from feishu_bot.core.chats import Chats
from feishu_bot.core.languages import Language
from feishu_bot.core.people import People


class Languages:
    """A person's own choice, then the chat's, then the bot's."""

    def __init__(self, default: Language, people: People, chats: Chats) -> None:
        self._default = default
        self._people = people
        self._chats = chats

    def of(self, open_id: str, chat_id: str) -> Language:
        """The language for a person in a chat; either may be empty."""
        own = self._people.get(open_id).language if open_id else ""
        chats = self._chats.settings(chat_id).language if chat_id else ""
        return own or chats or self._default
