"""What a check has found, in Chinese and in English, without secrets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from feishu_bot.settings import Settings

State = Literal["ok", "warning", "fault"]

_SIGNS = {"ok": "✓", "warning": "!", "fault": "✗"}
_HIDDEN = "***"
SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """`zh` and `en` say the same."""

    state: State
    zh: str
    en: str

    def lines(self, secrets: Iterable[str] = ()) -> str:
        """The finding as it is printed, with `secrets` masked."""
        return masked(f"{_SIGNS[self.state]} {self.zh}\n  {self.en}", secrets)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Everything that may never be printed, the longest first.

    What is shorter than any key is left out: it would take ordinary words apart.
    """
    urls = (settings.database_url, settings.http_proxy, *getproxies().values())
    passwords = (urlsplit(url).password for url in urls)
    found = {
        settings.app_secret,
        settings.app_encrypt_key,
        settings.app_verification_token,
        *settings.openai_keys,
        *(value for _, value in settings.gateway_headers),
        *(word for _, value in settings.gateway_headers for word in value.split()),
        *(form for password in passwords if password for form in (password, unquote(password))),
    }
    longest_first = sorted(found, key=len, reverse=True)
    return tuple(secret for secret in longest_first if len(secret) >= SHORTEST)


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` in place of each secret; give those that hold others first."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text
