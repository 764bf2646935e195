"""Encryption and signatures of pushes ("Encrypt Key", "Verify the signature")."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
import uuid
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from feishu_simulator.credentials import Credentials


def encrypt(plain: bytes, encrypt_key: str) -> str:
    """base64(IV + AES-256-CBC), the key being the SHA-256 of the Encrypt Key."""
    vector = os.urandom(16)
    padder = PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    key = hashlib.sha256(encrypt_key.encode()).digest()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return base64.b64encode(vector + encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(encrypted: str, encrypt_key: str) -> bytes:
    """The plain bytes of what `encrypt` returned."""
    data = base64.b64decode(encrypted)
    key = hashlib.sha256(encrypt_key.encode()).digest()
    decryptor = Cipher(algorithms.AES(key), modes.CBC(data[:16])).decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(data[16:]) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def encrypt_and_sign(
    payload: Mapping[str, Any],
    credentials: Credentials,
    *,
    encrypted: bool = True,
    old_card: bool = False,
    signed: bool = True,
) -> tuple[bytes, dict[str, str]]:
    """The raw body and headers of a push.

    Events and new callbacks are signed sha256(timestamp + nonce + Encrypt Key + body); the old
    message-card callback sha1(timestamp + nonce + Verification Token + body). Without an Encrypt
    Key an event is neither encrypted nor signed.
    """
    body = json.dumps(payload, ensure_ascii=False).encode()
    return sign(body, credentials, encrypted=encrypted, old_card=old_card, signed=signed)


def sign(
    body: bytes,
    credentials: Credentials,
    *,
    encrypted: bool = False,
    old_card: bool = False,
    signed: bool = True,
) -> tuple[bytes, dict[str, str]]:
    """The same for bytes that need be no JSON."""
    if encrypted and credentials.encrypt_key:
        body = json.dumps({"encrypt": encrypt(body, credentials.encrypt_key)}).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    secret = credentials.verification_token if old_card else credentials.encrypt_key
    if signed and secret:
        timestamp, nonce = str(int(time.time())), uuid.uuid4().hex
        digest = hashlib.sha1 if old_card else hashlib.sha256
        signature = digest((timestamp + nonce + secret).encode() + body).hexdigest()
        headers["X-Lark-Request-Timestamp"] = timestamp
        headers["X-Lark-Request-Nonce"] = nonce
        headers["X-Lark-Signature"] = signature
    return body, headers
