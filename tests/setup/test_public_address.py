"""The set-up's own check of the address that somebody has typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from feishu_bot.errors import SetupFailed
from feishu_bot.feishu.webhook.knock import Keys
from feishu_bot.setup.doorway import Doorway
from feishu_bot.setup.http_calls import HttpAnswer
from feishu_bot.setup.public_address import check_address

KEYS = Keys("cli_1", "the encrypt key", "the verification token")


class Calls:
    """Brings what is sent to a doorway, or to a stranger."""

    def __init__(self, doorway: Doorway | None) -> None:
        self._doorway = doorway
        self.sent: list[str] = []

    def send(self, method: str, url: str, *, json_body: Mapping[str, Any]) -> HttpAnswer:
        self.sent.append(str(json_body))
        if self._doorway is None:
            return HttpAnswer(200, {"msg": "hello"})
        body = str(json_body).replace("'", '"').encode()
        return HttpAnswer(200, {"challenge": self._doorway.challenge_in(body)})


def test_a_doorway_with_our_keys_passes() -> None:
    doorway = Doorway()
    doorway.accepts((KEYS.encrypt_key, KEYS.verification_token))
    calls = Calls(doorway)

    check_address(calls, "https://bot.example", KEYS)  # type: ignore[arg-type]

    assert len(calls.sent) == 2


def test_whoever_else_answers_there_learns_no_key() -> None:
    calls = Calls(None)

    with pytest.raises(SetupFailed):
        check_address(calls, "https://mistyped.example", KEYS)  # type: ignore[arg-type]

    assert calls.sent
    assert KEYS.verification_token not in "".join(calls.sent)
    assert KEYS.encrypt_key not in "".join(calls.sent)
