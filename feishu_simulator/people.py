"""People and chats: private chats, groups, topic groups."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """A user with ids of all three kinds."""

    open_id: str
    union_id: str
    user_id: str
    name: str

    def ids(self) -> dict[str, str]:
        """The three ids, as events carry them."""
        return {"open_id": self.open_id, "union_id": self.union_id, "user_id": self.user_id}


@dataclass(slots=True, eq=False)
class Chat:
    """A chat; `threads` false makes it refuse reply_in_thread (230071, "Reply message").

    Of one in restricted mode nothing can be copied out, files neither.
    """

    chat_id: str
    name: str
    mode: str
    people: list[Person] = field(default_factory=list)
    threads: bool = True
    has_bot: bool = True
    is_restricted: bool = False

    @property
    def is_private(self) -> bool:
        return self.mode == "p2p"

    @property
    def is_topic(self) -> bool:
        return self.mode == "topic"

    @property
    def chat_type(self) -> str:
        """The chat_type in events, which is "group" for topic groups too ("Receive message")."""
        return "p2p" if self.is_private else "group"
