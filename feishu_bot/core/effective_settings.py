"""The settings in force: the conversation's, else the chat's, else the bot's."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from feishu_bot.core.chats import Chats, ChatSettings
from feishu_bot.core.conversations import Conversation, ConversationKey, Conversations
from feishu_bot.core.languages import Language
from feishu_bot.core.people import People


@dataclass(frozen=True, slots=True)
class LayeredSettings:
    """A conversation with the settings of its chat. Empty means the bot's own."""

    conversation: Conversation
    chat: ChatSettings

    @property
    def role(self) -> str:
        """The system prompt."""
        return self.conversation.role or self.chat.role

    @property
    def model(self) -> str:
        """The model's name."""
        return self.conversation.model or self.chat.model

    @property
    def mode(self) -> str:
        """The mode's name."""
        return self.conversation.mode or self.chat.mode


@dataclass(frozen=True)
class EffectiveSettings:
    """Looks the settings up, layer by layer."""

    bots_language: Language
    _: KW_ONLY
    conversations: Conversations
    chats: Chats
    people: People

    def of(self, key: ConversationKey) -> LayeredSettings:
        """What is chosen for a conversation, and for its chat."""
        return LayeredSettings(self.conversations.load(key), self.chats.settings(key.chat_id))

    def load(self, key: ConversationKey, parent_id: str = "") -> Conversation:
        """The conversation up to the turn that `parent_id` ends, with the settings in force."""
        conversation = self.conversations.load(key, parent_id)
        layers = LayeredSettings(conversation, self.chats.settings(key.chat_id))
        return replace(conversation, role=layers.role, model=layers.model, mode=layers.mode)

    def language(self, open_id: str, chat_id: str) -> Language:
        """A person's own language, else the chat's, else the bot's; either id may be empty."""
        own = self.people.get(open_id).language if open_id else ""
        chat = self.chats.settings(chat_id).language if chat_id else ""
        return own or chat or self.bots_language
