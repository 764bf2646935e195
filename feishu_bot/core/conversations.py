"""Conversations: an address, settings, a tree of turns, and the messages that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypedDict, Unpack

from typing_extensions import override

from feishu_bot.core.chat_model import FinishReason
from feishu_bot.core.drawings import ConversationKind, Drawing
from feishu_bot.core.messages import ChatType, IncomingMessage, SentMessages
from feishu_bot.core.notices import Notice

# The root of a private chat's one running conversation.
RUNNING = "chat"


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """The address of a conversation: the chat, and the message that opened the thread."""

    chat_id: str
    root: str

    @override
    def __str__(self) -> str:
        return f"{self.chat_id}/{self.root}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and its answer. `parent` is the turn it goes on from, None at the start.

    `question_id` is the message that asked, `answer_ids` are the bot's messages, first to last.
    `prompt_tokens` and `completion_tokens` are the gateway's figures, 0 when it gave none;
    `estimated_tokens` is our own estimate of the same prompt.
    """

    question: str
    answer: str
    question_id: str
    answer_ids: tuple[str, ...] = ()
    parent: int | None = None
    id: int | None = None
    # Who asked, by open_id, and the name to call them by where several talk; may be empty.
    asker: str = ""
    speaker: str = ""
    model: str = ""
    finish_reason: FinishReason = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated_tokens: int = 0
    created_at: float = 0.0
    # The messages without words that came before the question, and belong to it.
    part_ids: tuple[str, ...] = ()
    # What came with the question and wasn't read: said again when it is answered again.
    unread: tuple[Notice, ...] = ()
    # Set where a picture was asked for; then the answer only names it.
    drawing: Drawing | None = None
    # The keys of the answer's pictures, by what its text calls them.
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The message that names this turn; answers may share a question, not the reverse."""
        return (*self.answer_ids, self.question_id)[0]

    @property
    def rated_id(self) -> str:
        """The message that verdicts on the answer are kept under, whichever card was pressed."""
        return (self.question_id, *self.answer_ids)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation as one question sees it: its settings, and the turns that lead up to here.

    `turns` run from the oldest to the one the question goes on from. With `is_resumed` they are
    from before it last began afresh, and the question resumes those. `expired_turn` is the last
    one with an answer from before the conversation expired, set until there is an answer again.
    Empty settings mean the bot's own. With `uses_favourite` the model is the favourite of who
    asks: nobody chose it here.
    """

    key: ConversationKey
    turns: tuple[Turn, ...] = ()
    expired_turn: Turn | None = None
    is_resumed: bool = False
    role: str = ""
    model: str = ""
    mode: str = ""
    kind: ConversationKind = "chat"
    uses_favourite: bool = False


class SettingsChanges(TypedDict, total=False):
    """The settings that are to change; an empty one goes back to the bot's own."""

    role: str
    model: str
    mode: str


class Conversations(Protocol):
    """Conversations, their turns, and which message belongs to which."""

    def resolve(self, message: IncomingMessage) -> ConversationKey:
        """The conversation a message belongs to, whether or not it exists yet."""

    def exists(self, key: ConversationKey) -> bool:
        """Whether the bot has answered in this conversation."""

    def key_of(self, message_id: str) -> ConversationKey | None:
        """The conversation that one of the bot's own messages belongs to."""

    def load(self, key: ConversationKey, parent_id: str = "") -> Conversation:
        """The conversation up to the turn that `parent_id` ends, or up to its newest turn.

        The turn of `parent_id` may be from before the conversation expired; where a
        private chat is one running conversation also from before it was begun afresh.
        """

    def turn_of(self, message_id: str) -> Turn | None:
        """The turn that one of the bot's own messages, or a question, is part of."""

    def answers_to(self, question_id: str) -> tuple[str, ...]:
        """The last message of each answer to a question, of forgotten ones too; oldest first."""

    def card_of(self, message_id: str) -> str:
        """The id of the card that one of the bot's messages shows; empty where it isn't known."""

    def tree(self, key: ConversationKey, *, whole: bool = False) -> tuple[Turn, ...]:
        """All turns of a conversation in all its branches, oldest first.

        Without `whole` only those since it last began afresh; never forgotten ones.
        """

    def newest(self, chat_id: str) -> ConversationKey | None:
        """The conversation of a chat in which the newest turn stands; None without any turn."""

    def go_on_from(self, key: ConversationKey, turn_id: int) -> bool:
        """What is said next goes on from this turn, also where the conversation began afresh since.

        False when it isn't one of the conversation's turns, or is forgotten.
        """

    def save_settings(self, key: ConversationKey, **changes: Unpack[SettingsChanges]) -> None:
        """Change those settings that are given."""

    def set_kind(self, key: ConversationKey, kind: ConversationKind) -> None:
        """What the conversation is for, until it begins afresh."""

    def clear(self, key: ConversationKey) -> None:
        """Begin the conversation afresh, as a chat: what was said isn't loaded again.

        Its other settings stay.
        """

    def bind(self, key: ConversationKey, sent: SentMessages, turn: int | None = None) -> None:
        """Remember that these messages, and their thread, belong to the conversation.

        With `turn` they show more of the answer of that turn.
        """

    def sweep(self, before: float) -> int:
        """Delete conversations without a message since that time; how many they were.

        Those that go on keep their turns since that time.
        """


@dataclass(frozen=True)
class KeyResolver:
    """One running conversation for a private chat, where that is wanted; else one per thread."""

    conversations: Conversations
    p2p_context: Literal["thread", "chat"]

    def of(self, message: IncomingMessage) -> ConversationKey:
        """The conversation of a message, whether or not it exists yet."""
        if not self._is_running(message.chat_type) or message.thread_id:
            return self.conversations.resolve(message)
        # Answers from before the chat was a running one have conversations of their own.
        replied_to = message.parent_id and self.conversations.key_of(message.parent_id)
        if replied_to and replied_to.chat_id == message.chat_id:
            return replied_to
        return ConversationKey(message.chat_id, RUNNING)

    def opened_by(self, root: str, chat_id: str, chat_type: ChatType | None) -> ConversationKey:
        """The conversation of something that the bot sends without being written to."""
        is_running = chat_id and self._is_running(chat_type)
        return ConversationKey(chat_id, RUNNING if is_running else root)

    def newest(self, chat_id: str) -> ConversationKey | None:
        """The conversation of a chat that has the newest turn."""
        return self.conversations.newest(chat_id)

    def _is_running(self, chat_type: ChatType | None) -> bool:
        return chat_type == "p2p" and self.p2p_context == "chat"
