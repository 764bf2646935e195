"""Checks that a request comes from Feishu, and decrypts it.

Order matters. The signature is checked before anything is decrypted or parsed, and the padding of
what is decrypted is never looked at, so a stranger can't learn anything by asking.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from Crypto.Cipher import AES

from feishu_bot.errors import Refused

MAX_BODY = 1024 * 1024
# An address check carries a challenge and a token; only that may come unsigned.
MAX_UNSIGNED_BODY = 4096
# A clock that is off by more than this would refuse Feishu's own requests.
CLOCK_SKEW = 24 * 3600.0

Address = Literal["event", "card"]
Signature = Literal["event", "card", "none"]


class Headers(Protocol):
    """Request headers by name, in any letter case."""

    def get(self, name: str, /) -> str | None: ...


class SignatureVerifier:
    """Checks and decrypts the requests to one app. Its methods raise Refused.

    `max_age` is how long, in seconds, the inbox knows an event it has seen: an older request could
    be a replay that nothing else would stop.
    """

    def __init__(
        self,
        *,
        app_id: str,
        encrypt_key: str,
        verification_token: str,
        max_age: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app_id = app_id
        self._encrypt_key = encrypt_key.encode()
        self._aes_key = hashlib.sha256(self._encrypt_key).digest()
        self._token = verification_token.encode()
        self._max_age = max_age
        self._clock = clock

    def verify(self, address: Address, headers: Headers, body: bytes) -> Signature:
        """Tell which of Feishu's two signatures the body has. A small body may have none."""
        if len(body) > MAX_BODY:
            raise Refused("body too large")
        timestamp = headers.get("X-Lark-Request-Timestamp") or ""
        salt = timestamp.encode() + (headers.get("X-Lark-Request-Nonce") or "").encode()
        given = (headers.get("X-Lark-Signature") or "").encode()
        event = hashlib.sha256(salt + self._encrypt_key + body).hexdigest().encode()
        card = hashlib.sha1(salt + self._token + body).hexdigest().encode()
        # Both are always compared, so that the time taken tells nothing.
        is_event = hmac.compare_digest(given, event)
        is_card = hmac.compare_digest(given, card) and address == "card"
        if not (is_event or is_card):
            if len(body) > MAX_UNSIGNED_BODY:
                raise Refused("no valid signature")
            return "none"
        self._check_age(timestamp)
        return "event" if is_event else "card"

    def read(self, body: bytes) -> dict[str, Any]:
        """The JSON object in the body, decrypted where it is encrypted."""
        data, rest = _json_object(body)
        if rest.strip():
            raise Refused("not JSON")
        encrypted = data.get("encrypt")
        if encrypted is None:
            return data
        # Anything after the object is unverified padding.
        return _json_object(self._decrypt(encrypted))[0]

    def challenge(self, data: Mapping[str, Any]) -> str:
        """The challenge of an address check with the right token."""
        challenge = data.get("challenge")
        if not self._is_token(data.get("token")) or not isinstance(challenge, str):
            raise Refused("address check with a wrong token")
        return challenge

    def check_recipient(self, data: Mapping[str, Any]) -> None:
        """Make sure that an event of either generation is for this app."""
        header = data.get("header")
        if isinstance(header, Mapping):
            token = header.get("token")
            if token is not None and not self._is_token(token):
                raise Refused("wrong token")
            app_id = header.get("app_id")
        else:
            event = data.get("event")
            if not isinstance(event, Mapping) or not self._is_token(data.get("token")):
                raise Refused("neither an event nor an address check")
            app_id = event.get("app_id", self._app_id)
        if app_id != self._app_id:
            raise Refused("another app's event")

    def _check_age(self, timestamp: str) -> None:
        try:
            age = self._clock() - float(timestamp)
        except ValueError:
            raise Refused("timestamp is not a number") from None
        if not -CLOCK_SKEW <= age <= self._max_age:
            raise Refused("timestamp out of range")

    def _decrypt(self, encrypted: object) -> bytes:
        """AES-256-CBC without a look at the padding, so that there is no padding to ask about."""
        try:
            sealed = base64.b64decode(encrypted if isinstance(encrypted, str) else b"")
            cipher = AES.new(self._aes_key, AES.MODE_CBC, sealed[: AES.block_size])
            return bytes(cipher.decrypt(sealed[AES.block_size :]))
        except (ValueError, binascii.Error):
            raise Refused("not decryptable") from None

    def _is_token(self, token: object) -> bool:
        return isinstance(token, str) and hmac.compare_digest(token.encode(), self._token)


def _json_object(text: bytes) -> tuple[dict[str, Any], str]:
    """The JSON object that the bytes begin with, and the text after it."""
    characters = text.decode("utf-8", "replace").lstrip()
    try:
        data, end = json.JSONDecoder().raw_decode(characters)
    except (ValueError, RecursionError):
        raise Refused("not JSON") from None
    if not isinstance(data, dict):
        raise Refused("not a JSON object")
    return data, characters[end:]
