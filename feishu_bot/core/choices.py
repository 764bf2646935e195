"""What people choose, and how far a choice reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from feishu_bot.core.chats import Chats
from feishu_bot.core.conversations import (
    RUNNING,
    ConversationKey,
    Conversations,
    SettingsChanges,
)
from feishu_bot.core.people import People


@dataclass(frozen=True)
class Choices:
    """Stores model, role and mode: in a private chat for all of it, in a group for the thread.

    They hold until they are changed.
    """

    conversations: Conversations
    chats: Chats
    people: People

    def reach_chat(self, key: ConversationKey, open_id: str) -> bool:
        """Whether this person's choices in this conversation hold for its whole chat.

        A click doesn't tell where it comes from, and what a button says could be forged.
        """
        is_private = self.people.get(open_id).private_chat == key.chat_id
        return bool(key.chat_id) and (key.root == RUNNING or is_private)

    def save(self, key: ConversationKey, open_id: str, **changes: Unpack[SettingsChanges]) -> None:
        """Change what is given; an empty value goes back to what holds without a choice."""
        if not self.reach_chat(key, open_id):
            self.conversations.save_settings(key, **changes)
            return
        self.chats.save(key.chat_id, **changes)
        # Version 0.1 stored choices with the conversation, where they come first.
        before = self.conversations.load(key)
        older: SettingsChanges = {}
        if "role" in changes and before.role:
            older["role"] = ""
        if "model" in changes and before.model:
            older["model"] = ""
        if "mode" in changes and before.mode:
            older["mode"] = ""
        if older:
            self.conversations.save_settings(key, **older)
