"""Signs the buttons of cards that are sent, and checks those that come back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from feishu_bot.core.button_values import CHAT, ButtonPlace
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.text import storable

# The name under which a value carries its signature.
MAC = "mac"
# 128 bits: more than anybody can guess by clicking, in 22 characters of a card's 30 KB.
MAC_BYTES = 16
# The key for buttons is derived from the secret, so that a MAC tells nothing about it.
_PURPOSE = b"feishu_bot: values of buttons, 1"


class ButtonSigner:
    """Implements `core.button_values.ButtonCheck`, with a key derived from `secret`. Pure."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)

    def sign_buttons(self, part: Any, place: ButtonPlace) -> Any:
        """The same card, or part of one, with the value of every callback signed."""
        if isinstance(part, list):
            return [self.sign_buttons(item, place) for item in part]
        if not isinstance(part, dict):
            return part
        if part.get("type") == "callback":
            return {**part, "value": self.sign(part["value"], place)}
        return {name: self.sign_buttons(item, place) for name, item in part.items()}

    def sign(self, value: Mapping[str, Any], place: ButtonPlace) -> dict[str, Any]:
        """The value with the kind of its chat, where that is known, and with its MAC."""
        signed: dict[str, Any] = _storable(value)
        if place.chat_type:
            signed[CHAT] = place.chat_type
        return {**signed, MAC: self._mac(signed, place).decode()}

    def is_genuine(self, value: Mapping[str, Any], key: ConversationKey, person: str = "") -> bool:
        given = value.get(MAC)
        if not isinstance(given, str):
            return False
        content = {name: item for name, item in value.items() if name != MAC}
        places = [ButtonPlace(chat_id=key.chat_id, root=root) for root in (key.root, "")]
        if person:
            places.append(ButtonPlace(chat_id="", person=person))
        try:
            macs = [self._mac(content, place) for place in places]
        except RecursionError:
            return False
        mac = given.encode("utf-8", "replace")
        return any(hmac.compare_digest(mac, right) for right in macs)

    def _mac(self, content: Mapping[str, Any], place: ButtonPlace) -> bytes:
        # JSON with its names in order is the same however the value travelled.
        text = json.dumps([_scope(place), content], sort_keys=True, separators=(",", ":"))
        digest = hmac.digest(self._key, text.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:MAC_BYTES]).rstrip(b"=")


def _scope(place: ButtonPlace) -> tuple[str, ...]:
    """What a signature holds for; the first part tells one kind from the others."""
    if not place.chat_id:
        return ("person", place.person)
    return ("conversation", place.chat_id, place.root) if place.root else ("chat", place.chat_id)


def _storable(item: Any) -> Any:
    """The item as it comes back: at the webhook's edge its strings are made fit to be stored."""
    if isinstance(item, str):
        return item if item.isascii() and "\0" not in item else storable(item)
    if isinstance(item, Mapping):
        return {_storable(name): _storable(inner) for name, inner in item.items()}
    return item
