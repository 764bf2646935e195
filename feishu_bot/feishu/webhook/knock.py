"""A request of our own to our own address, which proves that what Feishu sends would arrive.

It is encrypted and signed as Feishu's events are, so whoever sends one has both keys. It is
answered with a proof of which installation has taken it in, and does nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

# No event of Feishu is called so.
KNOCK = "feishu_bot.knock"
NONCE_CHARS = 64


@dataclass(frozen=True, slots=True)
class Keys:
    """What an app and its bot share."""

    app_id: str
    encrypt_key: str = field(repr=False)
    verification_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it goes over the wire."""

    headers: Mapping[str, str]
    body: bytes


def challenge(keys: Keys, nonce: str) -> Delivery:
    """The check that the developer console makes of an address: encrypted, without a signature."""
    said = {"challenge": nonce, "token": keys.verification_token, "type": "url_verification"}
    return Delivery(_HEADERS, _sealed(keys, said, compact=False))


def knock(keys: Keys, nonce: str, *, compact: bool = False) -> Delivery:
    """An event that the bot knows as its own. `compact` JSON survives being written anew."""
    said = {
        "schema": "2.0",
        "header": {
            "event_id": uuid.uuid4().hex,
            "event_type": KNOCK,
            "token": keys.verification_token,
            "app_id": keys.app_id,
            "create_time": str(int(time.time() * 1000)),
        },
        "event": {"nonce": nonce},
    }
    body = _sealed(keys, said, compact=compact)
    timestamp, salt = str(int(time.time())), uuid.uuid4().hex
    signed = (timestamp + salt + keys.encrypt_key).encode() + body
    signature = hashlib.sha256(signed).hexdigest()
    headers = {
        **_HEADERS,
        "X-Lark-Request-Timestamp": timestamp,
        "X-Lark-Request-Nonce": salt,
        "X-Lark-Signature": signature,
    }
    return Delivery(headers, body)


class KnockAnswers:
    """Answers knocks. `installation` gives the id of the database that all processes share."""

    def __init__(self, encrypt_key: str, installation: Callable[[], str]) -> None:
        self._encrypt_key = encrypt_key
        self._installation = installation

    def answer(self, data: Mapping[str, Any]) -> dict[str, str] | None:
        """What a knock is answered; None for anything else. Raises StoreUnavailable."""
        header, event = data.get("header"), data.get("event")
        if not isinstance(header, Mapping) or header.get("event_type") != KNOCK:
            return None
        nonce = str(event.get("nonce") if isinstance(event, Mapping) else "")[:NONCE_CHARS]
        return {"msg": "success", "proof": proof(self._encrypt_key, nonce, self._installation())}


def proof(encrypt_key: str, nonce: str, installation: str) -> str:
    """What only this installation answers to this nonce."""
    said = f"{nonce}:{installation}".encode()
    return hmac.new(encrypt_key.encode(), said, hashlib.sha256).hexdigest()


_HEADERS: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8"}


def _sealed(keys: Keys, said: Mapping[str, Any], *, compact: bool) -> bytes:
    """base64(IV + AES-256-CBC), the key being the SHA-256 of the Encrypt Key ("Encrypt Key")."""
    vector = os.urandom(AES.block_size)
    key = hashlib.sha256(keys.encrypt_key.encode()).digest()
    cipher = AES.new(key, AES.MODE_CBC, vector)
    sealed = vector + cipher.encrypt(pad(json.dumps(said).encode(), AES.block_size))
    encrypted = {"encrypt": base64.b64encode(sealed).decode()}
    return json.dumps(encrypted, separators=(",", ":") if compact else None).encode()
