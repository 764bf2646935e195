"""Which conversation something belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.messages import ChatType, IncomingMessage

# The root of a private chat's one running conversation.
RUNNING = "chat"


@dataclass(frozen=True)
class KeyResolver:
    """One running conversation for a private chat, where that is wanted; else one per thread."""

    conversations: Conversations
    p2p_context: Literal["thread", "chat"]

    def of(self, message: IncomingMessage) -> ConversationKey:
        """The conversation of a message, whether or not it exists yet."""
        if self._is_running(message.chat_type) and not message.thread_id:
            return ConversationKey(message.chat_id, RUNNING)
        return self.conversations.resolve(message)

    def opened_by(self, root: str, chat_id: str, chat_type: ChatType | None) -> ConversationKey:
        """The conversation of something that the bot sends without being written to."""
        is_running = chat_id and self._is_running(chat_type)
        return ConversationKey(chat_id, RUNNING if is_running else root)

    def newest(self, chat_id: str) -> ConversationKey | None:
        """The conversation of a chat that has the newest turn."""
        return self.conversations.newest(chat_id)

    def _is_running(self, chat_type: ChatType | None) -> bool:
        return chat_type == "p2p" and self.p2p_context == "chat"
