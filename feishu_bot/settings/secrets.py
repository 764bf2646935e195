"""The values of a bot that may be printed nowhere."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from feishu_bot.settings import Settings

SHORTEST = 4


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
        settings.monitoring_token,
        settings.admin_password,
        *settings.openai_keys,
        *(value for _, value in settings.gateway_headers),
        *(word for _, value in settings.gateway_headers for word in value.split()),
        *(form for password in passwords if password for form in (password, unquote(password))),
    }
    longest_first = sorted(found, key=len, reverse=True)
    return tuple(secret for secret in longest_first if len(secret) >= SHORTEST)
