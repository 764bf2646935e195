"""Where a button stands, and which values of buttons count.

A value goes to the client of whoever sees the card, and comes back from there with the click.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.messages import ChatType

# The kind of its chat, which is signed with a value.
CHAT = "chat"

# Version 0.1 signed nothing. Of its cards only those buttons count that name nothing but their own
# card, whose rights and place are asked for at every click anyway. For each the names that its
# value has beside `act`. It goes in version 0.3.
UNSIGNED: Mapping[str, frozenset[str]] = {
    "regenerate": frozenset(),
    "continue": frozenset(),
    "other_model": frozenset(),
    "rate": frozenset({"verdict"}),
    "stop": frozenset({"of"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPlace:
    """Where a card stands, as far as that is known before it is sent.

    An empty `root` is a conversation that the card itself opens; an empty `chat_id` the private
    chat with `person` (an open_id), who was never heard of before.
    """

    chat_id: str
    chat_type: ChatType | None = None
    root: str = ""
    person: str = ""

    @classmethod
    def of(cls, key: ConversationKey, chat_type: ChatType | None) -> ButtonPlace:
        """In this conversation."""
        return cls(chat_id=key.chat_id, chat_type=chat_type, root=key.root)


class ButtonCheck(Protocol):
    """Tells our own buttons from forged ones."""

    def is_genuine(self, value: Mapping[str, Any], key: ConversationKey, person: str = "") -> bool:
        """Whether the bot put this value on a card in this conversation.

        `person` is who presses it (by open_id), where the conversation is in their private chat:
        there some values were signed before its id was known.
        """


def is_harmless_unsigned(value: Mapping[str, Any]) -> bool:
    """Whether a value without a signature counts: one that names nothing but its own card."""
    names = UNSIGNED.get(str(value.get("act")))
    return names is not None and value.keys() == names | {"act"}
