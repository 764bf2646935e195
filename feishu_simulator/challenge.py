"""The platform's check of a request URL, as the console and the configuration API do it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from feishu_simulator.credentials import Credentials
from feishu_simulator.delivery import post
from feishu_simulator.encryption import encrypt_and_sign
from feishu_simulator.events import new_event_id

# "Configure the request URL".
CHALLENGE_SECONDS = 1.0
ANSWER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Verification:
    """The developer console's check of a request URL ("Configure the request URL": within 1 s)."""

    ok: bool
    status: int
    body: str
    seconds: float


def verify(url: str, credentials: Credentials, *, encrypted: bool = True) -> Verification:
    """Send the challenge to *url*, encrypted where there is a key."""
    challenge = new_event_id()
    payload = {
        "challenge": challenge,
        "token": credentials.verification_token,
        "type": "url_verification",
    }
    body, headers = encrypt_and_sign(payload, credentials, encrypted=encrypted, signed=False)
    response = post(url, body, headers, ANSWER_SECONDS)
    try:
        answered = json.loads(response.body).get("challenge") == challenge
    except (ValueError, AttributeError):
        answered = False
    ok = answered and response.status == 200 and response.seconds <= CHALLENGE_SECONDS
    return Verification(ok, response.status, response.body, response.seconds)
