"""Messages, and who sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self

ChatType = Literal["p2p", "group"]


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the bot is in Feishu. `open_id` is empty until Feishu told it."""

    app_id: str
    open_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote a message.

    `open_id` is what they are known by everywhere: for somebody who has none here (of another
    company), the first of the ids that there are. The others come only with their scopes.
    """

    open_id: str
    user_id: str = ""
    union_id: str = ""
    is_bot: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """All that they are known by."""
        return tuple(filter(None, (self.open_id, self.union_id, self.user_id)))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `dataclasses.asdict` gave; unknown fields are left out. Raises TypeError."""
        return cls(**known_fields(cls, data))


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named in a message by `@`."""

    open_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, file, recording or video in a message, by its Feishu key.

    `cover` is the key of a video's first picture. `inner_id` is the message in a forwarded chat
    that it was sent with.

    `message_id` is set for one that came in a message of its own, before the words about it. Such
    a message may be a forwarded chat as well.
    """

    kind: Literal["image", "file", "audio", "video", "merge_forward"]
    key: str
    name: str = ""
    cover: str = ""
    inner_id: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """What a person wrote. `text` has mentions as readable names and no mention of the bot.

    `created_at` is in seconds since the epoch, by Feishu's clock. `mentions` leaves the bot out;
    `mentions_bot` says whether it was named, `mentions_all` whether everyone was. `subject` is the
    person or group whose card it is, by id. With `is_edited` it was sent before with another text.
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
    subject: str = ""
    attachments: tuple[Attachment, ...] = ()
    root_id: str = ""
    parent_id: str = ""
    thread_id: str = ""
    is_edited: bool = False

    @property
    def branch_point(self) -> str:
        """The message that this one was written in reply to on purpose; empty for none.

        In a topic every message is a reply to the one that opened it, which tells nothing.
        """
        return "" if self.thread_id else self.parent_id

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The messages without words that came before this one, and belong to it."""
        return tuple(dict.fromkeys(item.message_id for item in self.attachments if item.message_id))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `dataclasses.asdict` gave, of this version or a newer one.

        Fields that this version doesn't know are left out. Raises KeyError, TypeError or
        ValueError when it is something else.
        """
        parts = {
            "sender": Sender.from_json(data["sender"]),
            "mentions": tuple(Mention(**known_fields(Mention, item)) for item in data["mentions"]),
            "attachments": tuple(
                Attachment(**known_fields(Attachment, item)) for item in data["attachments"]
            ),
        }
        return cls(**known_fields(cls, data) | parts)


@dataclass(frozen=True, slots=True)
class SentMessages:
    """What Feishu said of the messages we sent: their ids, and the thread and chat they are in.

    `card_ids` are the ids of their cards by those of the messages, for cards that can be edited.
    """

    message_ids: tuple[str, ...]
    thread_id: str = ""
    chat_id: str = ""
    card_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatJoined:
    """Somebody added the bot to a group, or opened their private chat with it."""

    event_id: str
    chat_id: str
    chat_type: ChatType
    person: Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuClick:
    """An entry of the bot's menu was pressed; `entry` is its key in the console.

    `created_at` is in seconds since the epoch, 0 when it isn't told.
    """

    event_id: str
    person: Sender
    entry: str
    created_at: float = 0.0


def known_fields(cls: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a dict that are fields of this dataclass.

    Raises TypeError or ValueError when it isn't a dict.
    """
    names = {item.name for item in fields(cls)}
    return {name: value for name, value in dict(data).items() if name in names}
