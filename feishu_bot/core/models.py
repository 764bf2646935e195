"""The values the bot thinks in. Frozen, free of Feishu's and of the model's wire formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

ChatType = Literal["p2p", "group"]
EventKind = Literal["message", "continue", "command", "regenerate", "welcome"]
Language = Literal["zh", "en"]
ThreadChoice = Literal["", "always", "never"]
ToastKind = Literal["info", "success", "error", "warning"]
Verdict = Literal["up", "down"]
BalanceState = Literal["known", "unlimited", "used_up", "refused", "unknown", "failed"]
FinishReason = Literal["stop", "length", "content_filter", "cut"]
Outcome = Literal["answered", "noticed", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """The address of a conversation: the chat, and the message that opened the thread."""

    chat_id: str
    root: str

    def __str__(self) -> str:
        return f"{self.chat_id}/{self.root}"


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the bot is in Feishu. `open_id` is empty until Feishu told it."""

    app_id: str
    open_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote a message; `open_id` is always there, the others only with their scopes."""

    open_id: str
    user_id: str = ""
    union_id: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named in a message by `@`."""

    open_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, file, recording or video in a message, by its Feishu key."""

    kind: Literal["image", "file", "audio", "video"]
    key: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """What a person wrote. `text` has mentions as readable names and no mention of the bot.

    Without a `message_id` there is nothing to reply to: what is said goes to the chat, or without
    a `chat_id` to the sender.

    `created_at` is in seconds since the epoch, by Feishu's clock. `mentions` leaves the bot out;
    `mentions_bot` says whether it was named, `mentions_all` whether everyone was.
    """

    message_id: str
    chat_id: str
    chat_type: ChatType
    sender: Sender
    kind: str
    text: str = ""
    created_at: float = 0.0
    mentions: tuple[Mention, ...] = ()
    mentions_bot: bool = False
    mentions_all: bool = False
    attachments: tuple[Attachment, ...] = ()
    root_id: str = ""
    parent_id: str = ""
    thread_id: str = ""
    # What a button was built with, where pressing it is what is to be done.
    action: Mapping[str, Any] = field(default_factory=dict)

    @property
    def goes_on_from(self) -> str:
        """The message that this one was written in reply to on purpose; empty for none.

        In a topic every message is a reply to the one that opened it, which tells nothing.
        """
        return "" if self.thread_id else self.parent_id

    def as_json(self) -> dict[str, Any]:
        """A dict that `json.dumps` takes; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> IncomingMessage:
        """What `as_json` gave, by this version or a newer one, whose own fields are left out.

        Raises KeyError, TypeError or ValueError when it is something else.
        """
        return cls(
            **{
                **_known(cls, data),
                "sender": Sender(**_known(Sender, data["sender"])),
                "mentions": tuple(Mention(**_known(Mention, item)) for item in data["mentions"]),
                "attachments": tuple(
                    Attachment(**_known(Attachment, item)) for item in data["attachments"]
                ),
            }
        )


def _known(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing to do, as it goes into the inbox: once per `event_id` and per `dedupe_id`.

    `dedupe_id` is the message id for a message (Feishu may push one message under several event
    ids); a click to go on has one for each card, however often it is pressed.
    """

    event_id: str
    dedupe_id: str
    kind: EventKind
    key: ThreadKey
    message: IncomingMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An event that this process has claimed, with what an earlier process left behind.

    `attempt` counts from 1. `checkpoint` is what the last attempt saved, or an empty dict.
    """

    id: int
    event: Event
    attempt: int
    checkpoint: Mapping[str, Any] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation as one question sees it: its settings, and the turns that lead up to here.

    `turns` run from the oldest to the one the question goes on from. Empty settings mean the
    bot's own.
    """

    key: ThreadKey
    turns: tuple[Turn, ...] = ()
    role: str = ""
    model: str = ""
    mode: str = ""
    kind: Literal["chat", "picture"] = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one answer cost. `outcome` as in the log line; `seconds` from claim to end.

    Tokens are our estimate where the gateway gave no figures; `cost` is in the currency of the
    prices.
    """

    open_id: str
    chat_id: str
    model: str
    outcome: Outcome
    seconds: float
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    created_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBalance:
    """What a key of the gateway has left, in USD; the figures count only when they are "known".

    "refused": the gateway doesn't take the key; "unknown": it has no such figures; "failed": it
    could not be asked just now. `key` is masked.
    """

    key: str
    state: BalanceState
    granted: float = 0.0
    used: float = 0.0

    @property
    def left(self) -> float:
        return max(0.0, self.granted - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotal:
    """What answers have cost together; `name` is what they were summed by (model, open_id).

    `answers` leaves out notices, and what was stopped before its first word; what those took is
    in the other figures. `seconds` run from claim to end, `cost` is in the currency of the prices.
    """

    name: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    cost: float

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """What holds for every conversation of a chat; empty means the bot's own."""

    role: str = ""
    model: str = ""
    mode: str = ""
    reply_in_thread: ThreadChoice = ""
    language: Language | Literal[""] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is remembered about a person. An empty language is the bot's own.

    `private_chat` is their chat with the bot, empty as long as it isn't known.
    """

    open_id: str
    language: Language | Literal[""] = ""
    is_blocked: bool = False
    private_chat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A ready role in one language. `content` is the system prompt, `example` a first question."""

    id: str
    title: str
    content: str
    category: str
    example: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How many things about a person were deleted, by their sort."""

    turns: int = 0
    usage: int = 0
    feedback: int = 0
    settings: int = 0


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One line of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What the model is asked. `temperature` None leaves it to the model."""

    messages: tuple[ChatMessage, ...]
    model: str = ""
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class TextPiece:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPiece:
    """More of what the model thinks before it answers."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelChosen:
    """The stream has begun; the model that answers, by the gateway's name."""

    model: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The stream is over. `reason` "cut" means that the gateway never said it was complete."""

    reason: FinishReason
    prompt_tokens: int = 0
    completion_tokens: int = 0


Piece = ModelChosen | TextPiece | ReasoningPiece | StreamEnd


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a person: `kind` names the text, `params` fill it."""

    kind: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """The small print under an answer; empty and zero parts are left out."""

    model: str = ""
    seconds: float = 0.0
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an answer ends: its whole text, what to say about it, and what can be pressed."""

    text: str
    reasoning: str = ""
    notice: Notice | None = None
    footer: Footer = Footer()
    can_continue: bool = False
    can_regenerate: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """What Feishu said of the messages we sent: their ids, and the thread and chat they are in."""

    message_ids: tuple[str, ...]
    thread_id: str = ""
    chat_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """A message as Feishu keeps it. `sender` is an open_id, or an app id for the bots' own."""

    message_id: str
    text: str
    sender: str = ""
    is_own: bool = False
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Toast:
    """The short answer to a click on a card."""

    kind: ToastKind
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody added the bot to a group, or opened their private chat with it."""

    event_id: str
    chat_id: str
    chat_type: ChatType
    person: Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuPress:
    """An entry of the bot's menu was pressed; `entry` is its key in the console.

    `created_at` is in seconds since the epoch, 0 when it isn't told.
    """

    event_id: str
    person: Sender
    entry: str
    created_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAction:
    """A click on one of the bot's cards. `value` is what the button was built with."""

    event_id: str
    message_id: str
    chat_id: str
    operator: Sender
    value: Mapping[str, Any]
    form: Mapping[str, Any] = field(default_factory=dict)
