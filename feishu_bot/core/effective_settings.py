"""The settings in force: the conversation's, else the chat's, else the person's, else the bot's."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from feishu_bot.core.chats import Chats, ChatSettings, ThreadChoice
from feishu_bot.core.conversations import Conversation, ConversationKey, Conversations
from feishu_bot.core.languages import Language
from feishu_bot.core.people import People


@dataclass(frozen=True, slots=True)
class LayeredSettings:
    """A conversation with the settings of its chat, and those in force.

    `role` is the system prompt. Empty means the bot's own. `favourite` is the model that who asks
    likes best, whether it is in force or not.
    """

    conversation: Conversation
    chat: ChatSettings
    role: str
    model: str
    mode: str
    favourite: str = ""


@dataclass(frozen=True)
class EffectiveSettings:
    """Looks the settings up, layer by layer."""

    bots_language: Language
    _: KW_ONLY
    conversations: Conversations
    chats: Chats
    people: People

    def of(self, key: ConversationKey, parent_id: str = "", *, asker: str = "") -> LayeredSettings:
        """The conversation up to the turn that `parent_id` ends, with all its settings.

        `asker` is the open_id of who asks in it.
        """
        own, chat = self.conversations.load(key, parent_id), self.chats.settings(key.chat_id)
        favourite = self.people.get(asker).favourite if asker else ""
        return LayeredSettings(
            conversation=own,
            chat=chat,
            role=own.role or chat.role,
            model=own.model or chat.model or favourite,
            mode=own.mode or chat.mode,
            favourite=favourite,
        )

    def thread_choice(self, chat_id: str) -> ThreadChoice:
        """Whether the bot replies in threads in this chat; empty where nothing is chosen for it."""
        return self.chats.settings(chat_id).reply_in_thread

    def load(self, key: ConversationKey, parent_id: str = "", *, asker: str = "") -> Conversation:
        """The conversation up to the turn that `parent_id` ends, with the settings in force."""
        layers = self.of(key, parent_id, asker=asker)
        chosen = layers.conversation.model or layers.chat.model
        return replace(
            layers.conversation,
            role=layers.role,
            model=layers.model,
            mode=layers.mode,
            uses_favourite=bool(layers.favourite) and not chosen,
        )

    def language(self, open_id: str, chat_id: str) -> Language:
        """A person's own language, else the chat's, else the bot's; either id may be empty."""
        own = self.people.get(open_id).language if open_id else ""
        chat = self.chats.settings(chat_id).language if chat_id else ""
        return own or chat or self.bots_language
