"""Checks that a request comes from Feishu, and decrypts it.

Order matters. The signature is checked before anything is decrypted or parsed, and the padding of
what is decrypted is never looked at, so a stranger can't learn anything by asking.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, Protocol

from Crypto.Cipher import AES

from feishu_bot.errors import Refused, Unreadable
from feishu_bot.feishu.events.payload import app_id_of, read_json

MAX_BODY = 1024 * 1024
# An address check carries a challenge and a token; only that may come unsigned.
MAX_UNSIGNED_BODY = 4096
# How far Feishu's clock may be ahead of ours. One that is further would refuse its own requests,
# and a captured one would stay good for as long as it is ahead.
CLOCK_SKEW = 300.0

Address = Literal["event", "card"]
Signature = Literal["event", "card", "none"]


class Undecryptable(Unreadable):
    """What came encrypted is no JSON under our key."""


class Headers(Protocol):
    """Request headers by name, in any letter case."""

    def get(self, name: str, /) -> str | None: ...


class SignatureVerifier:
    """Checks and decrypts the requests to one app. Its methods raise Refused.

    `max_age` is how long, in seconds, the inbox knows an event it has seen: an older request could
    be a replay that nothing else would stop. With `legacy_cards` what is signed with the token
    alone, as the old card callbacks are, passes at the cards' address.
    """

    def __init__(
        self,
        *,
        app_id: str,
        encrypt_key: str,
        verification_token: str,
        max_age: float,
        legacy_cards: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app_id = app_id
        self._encrypt_key = encrypt_key.encode()
        self._aes_key = hashlib.sha256(self._encrypt_key).digest()
        self._token = verification_token.encode()
        self._max_age = max_age
        self._legacy_cards = legacy_cards
        self._clock = clock

    def verify(self, address: Address, headers: Headers, body: bytes) -> Signature:
        """Tell which of Feishu's two signatures the body has. A small body may have none."""
        if len(body) > MAX_BODY:
            raise Refused("body too large")
        timestamp = headers.get("X-Lark-Request-Timestamp") or ""
        salt = _bytes(timestamp) + _bytes(headers.get("X-Lark-Request-Nonce") or "")
        given = _bytes(headers.get("X-Lark-Signature") or "")
        event = hashlib.sha256(salt + self._encrypt_key + body).hexdigest().encode()
        card = hashlib.sha1(salt + self._token + body).hexdigest().encode()
        # Both are always compared, so that the time taken tells nothing.
        is_event = hmac.compare_digest(given, event)
        is_card = hmac.compare_digest(given, card) and address == "card"
        if is_card and not is_event and not self._legacy_cards:
            raise Refused("old card callback")
        if not (is_event or is_card):
            if len(body) > MAX_UNSIGNED_BODY:
                raise Refused("no valid signature")
            return "none"
        self.check_age(timestamp, self._max_age)
        return "event" if is_event else "card"

    def check_age(self, timestamp: str, max_age: float) -> None:
        """Refuse what was sent longer ago than `max_age` seconds, or from a clock ahead of ours."""
        try:
            age = self._clock() - float(timestamp)
        except ValueError:
            raise Refused("timestamp is not a number") from None
        if not age >= -CLOCK_SKEW:
            raise Refused("timestamp ahead of our clock")
        if not age <= max_age:
            raise Refused("timestamp too old")

    def read_unsigned(self, body: bytes, *, has_signature: bool = False) -> dict[str, Any]:
        """The address check in the body, which must be encrypted: else nobody has shown a key.

        `has_signature` is whether it came with one, which was wrong.
        """
        try:
            data, is_encrypted = self._read(body)
        except Undecryptable:
            if self._is_under_token(body):
                raise Refused("encrypted with the Verification Token") from None
            raise Refused("encrypted with another key") from None
        except Unreadable:
            raise Refused("neither an event nor an address check") from None
        if data.get("type") != "url_verification":
            self._refuse_unsigned(data, is_encrypted, has_signature)
        self.challenge(data)
        if not is_encrypted:
            raise Refused("address check without encryption")
        return data

    def _refuse_unsigned(
        self, data: Mapping[str, Any], is_encrypted: bool, has_signature: bool
    ) -> NoReturn:
        """Say what became of the signature of an event, as far as its content tells."""
        if is_encrypted:
            # Whoever made it has the Encrypt Key, and Feishu signs everything.
            if has_signature:
                raise Refused("altered on the way")
            raise Refused("signature lost on the way")
        header = data.get("header")
        token = header.get("token") if isinstance(header, Mapping) else data.get("token")
        if self._is_token(token):
            raise Refused("event without encryption")
        raise Refused("no valid signature")

    def read(self, body: bytes) -> dict[str, Any]:
        """The JSON object in a signed body, decrypted where it is encrypted. Raises Unreadable."""
        return self._read(body)[0]

    def _read(self, body: bytes) -> tuple[dict[str, Any], bool]:
        data, rest = read_json(body)
        if rest.strip():
            raise Unreadable("not JSON")
        encrypted = data.get("encrypt")
        if encrypted is None:
            return data, False
        # Anything after the object is unverified padding.
        try:
            return read_json(self._decrypt(encrypted, self._aes_key))[0], True
        except Unreadable:
            raise Undecryptable("encrypted with another key") from None

    def challenge(self, data: Mapping[str, Any]) -> str:
        """The challenge of an address check with the right token."""
        challenge = data.get("challenge")
        if not self._is_token(data.get("token")) or not isinstance(challenge, str):
            raise Refused("address check with a wrong token")
        return challenge

    def check_recipient(self, data: Mapping[str, Any]) -> None:
        """Make sure that an event of either generation is for this app. Raises Unreadable, too."""
        app_id = app_id_of(data, default=self._app_id)
        if "header" in data:
            token = data["header"].get("token")
            is_trusted = token is None or self._is_token(token)
        else:
            is_trusted = self._is_token(data.get("token"))
        if not is_trusted:
            raise Refused("wrong token")
        if app_id != self._app_id:
            raise Refused("another app's event")

    def _is_under_token(self, body: bytes) -> bool:
        """Whether the two were swapped, in the console or in our settings."""
        try:
            sealed = read_json(body)[0].get("encrypt")
            opened = read_json(self._decrypt(sealed, hashlib.sha256(self._token).digest()))[0]
        except Unreadable:
            return False
        return opened.get("type") == "url_verification"

    def _decrypt(self, encrypted: object, key: bytes) -> bytes:
        """AES-256-CBC without a look at the padding, so that there is no padding to ask about."""
        try:
            sealed = base64.b64decode(encrypted if isinstance(encrypted, str) else b"")
            cipher = AES.new(key, AES.MODE_CBC, sealed[: AES.block_size])
            return bytes(cipher.decrypt(sealed[AES.block_size :]))
        except (ValueError, binascii.Error):
            raise Unreadable("not decryptable") from None

    def _is_token(self, token: object) -> bool:
        return isinstance(token, str) and hmac.compare_digest(_bytes(token), self._token)


def _bytes(text: str) -> bytes:
    # A stranger may send halves of characters, which no encoding takes.
    return text.encode("utf-8", "replace")
