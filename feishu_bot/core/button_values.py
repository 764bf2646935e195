"""The values of buttons, signed, so that a click does what the bot put on the button.

A value goes to the client of whoever sees the card, and comes back from there with the click.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.messages import ChatType
from feishu_bot.core.text import storable

# The names that the signature adds to a value.
MAC, CHAT = "mac", "chat"
# 128 bits: more than anybody can guess by clicking, in 22 characters of a card's 30 KB.
MAC_BYTES = 16
# The key for buttons is derived from the secret, so that a MAC tells nothing about it.
_PURPOSE = b"feishu_bot: values of buttons, 1"

# Version 0.1 signed nothing. Of its cards only those buttons count that name nothing but their own
# card, whose rights and place are asked for at every click anyway. For each the names that its
# value may have beside `act`. It goes in version 0.3.
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
        """A conversation; one without a chat is nowhere yet."""
        return cls(chat_id=key.chat_id, chat_type=chat_type, root=key.root)

    @property
    def scope(self) -> tuple[str, ...]:
        """What the signature holds for, told apart by its first part."""
        if not self.chat_id:
            return ("person", self.person)
        return ("conversation", self.chat_id, self.root) if self.root else ("chat", self.chat_id)


class ButtonSigner:
    """Signs values with a key derived from `secret`, and checks them. Thread safe."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)

    def sign(self, value: Mapping[str, Any], place: ButtonPlace) -> dict[str, Any]:
        """The value with the kind of its chat, where that is known, and with its MAC."""
        signed: dict[str, Any] = _storable(value)
        if place.chat_type:
            signed[CHAT] = place.chat_type
        return {**signed, MAC: self._mac(signed, place.scope).decode()}

    def is_genuine(self, value: Mapping[str, Any], key: ConversationKey, person: str = "") -> bool:
        """Whether the bot put this value on a card in this conversation.

        `person` is who presses it (by open_id), where the conversation is in their private chat:
        there some values were signed before its id was known.
        """
        given = value.get(MAC)
        if not isinstance(given, str):
            return False
        content = {name: item for name, item in value.items() if name != MAC}
        places = [ButtonPlace(chat_id=key.chat_id, root=root) for root in (key.root, "")]
        if person:
            places.append(ButtonPlace(chat_id="", person=person))
        try:
            macs = [self._mac(content, place.scope) for place in places]
        except RecursionError:
            return False
        mac = given.encode("utf-8", "replace")
        return any(hmac.compare_digest(mac, right) for right in macs)

    def _mac(self, content: Mapping[str, Any], scope: tuple[str, ...]) -> bytes:
        # JSON with its names in order is the same however the value travelled.
        text = json.dumps([scope, content], sort_keys=True, separators=(",", ":"))
        digest = hmac.digest(self._key, text.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:MAC_BYTES]).rstrip(b"=")


def is_harmless_unsigned(value: Mapping[str, Any]) -> bool:
    """Whether a value without a MAC may count: one that names nothing but its own card."""
    names = UNSIGNED.get(str(value.get("act")))
    return names is not None and value.keys() == names | {"act"}


def _storable(item: Any) -> Any:
    """The item as it comes back: at the webhook's edge its strings are made fit to be stored."""
    if isinstance(item, str):
        return storable(item)
    if isinstance(item, Mapping):
        return {storable(name): _storable(inner) for name, inner in item.items()}
    return item
